"""Who may open each content page."""

from shanhuo.people.access import Access

TABLE: dict[str, Access] = {}
