"""Who may open each account page."""

from shanhuo.people.access import Access

TABLE: dict[str, Access] = {}
