"""Who may open each seller page."""

from shanhuo.people.access import Access

TABLE: dict[str, Access] = {
    "seller:home": Access.SELLER,
}
