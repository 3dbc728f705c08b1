"""Who may open each account page."""

from shanhuo.people.access import Access

TABLE: dict[str, Access] = {
    "account:sign_in": Access.ANYONE,
    "account:code": Access.ANYONE,
    "account:challenge": Access.ANYONE,
    "account:sign_out": Access.ANYONE,
}
