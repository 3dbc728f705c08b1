"""Who may open each public page."""

from shanhuo.people.access import Access

TABLE: dict[str, Access] = {
    "site:home": Access.ANYONE,
    "site:counties": Access.ANYONE,
    "site:about": Access.ANYONE,
    "site:rules": Access.ANYONE,
    "site:me": Access.ANYONE,
    "site:mode": Access.ANYONE,
    "site:youth": Access.ANYONE,
    "site:token": Access.SIGNED_IN,
    "site:language": Access.ANYONE,
}
