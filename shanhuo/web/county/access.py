"""Who may open each county page."""

from shanhuo.people.access import Access

TABLE: dict[str, Access] = {
    "county:home": Access.OFFICER,
}
