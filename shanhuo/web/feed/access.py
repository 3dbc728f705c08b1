"""Who may open the feed: everybody, signed in or not."""

from shanhuo.people.access import Access

TABLE: dict[str, Access] = {
    "feed:watch": Access.ANYONE,
    "feed:why": Access.ANYONE,
    "feed:settings": Access.ANYONE,
    "feed:interests": Access.ANYONE,
}
