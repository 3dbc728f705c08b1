"""Who may open the public shelves: everybody."""

from shanhuo.people.access import Access

TABLE: dict[str, Access] = {
    "shop:goods": Access.ANYONE,
    "shop:product": Access.ANYONE,
    "shop:certificate": Access.ANYONE,
    "shop:storefront": Access.ANYONE,
    "shop:pool": Access.ANYONE,
    "shop:pool_export": Access.ANYONE,
}
