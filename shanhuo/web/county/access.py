"""Who may open each county page."""

from shanhuo.people.access import Access

TABLE: dict[str, Access] = {
    "county:home": Access.OFFICER,
    "county:pool": Access.OFFICER,
    "county:pool_export": Access.OFFICER,
    "county:pool_candidates": Access.OFFICER,
    "county:pool_nominate": Access.OFFICER,
    "county:pool_entry": Access.OFFICER,
}
