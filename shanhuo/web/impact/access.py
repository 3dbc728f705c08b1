"""Who may open each impact page."""

from shanhuo.people.access import Access

TABLE: dict[str, Access] = {}
