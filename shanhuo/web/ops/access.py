"""Who may open each ops page."""

from shanhuo.people.access import Access

TABLE: dict[str, Access] = {}
