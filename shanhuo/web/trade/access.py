"""Who may open each trade page."""

from shanhuo.people.access import Access

TABLE: dict[str, Access] = {}
