"""Who may open each seller page."""

from shanhuo.people.access import Access

TABLE: dict[str, Access] = {
    "seller:home": Access.SELLER,
    "seller:products": Access.SELLER,
    "seller:products_export": Access.SELLER,
    "seller:product_new": Access.SELLER,
    "seller:product": Access.SELLER,
    "seller:product_edit": Access.SELLER,
    "seller:product_list": Access.SELLER,
    "seller:product_unlist": Access.SELLER,
    "seller:product_nominate": Access.SELLER,
    "seller:product_leave_pool": Access.SELLER,
    "seller:photo_add": Access.SELLER,
    "seller:photo_change": Access.SELLER,
    "seller:sku_new": Access.SELLER,
    "seller:sku": Access.SELLER,
    "seller:lot_new": Access.SELLER,
    "seller:lots": Access.SELLER,
    "seller:lots_export": Access.SELLER,
    "seller:lot_edit": Access.SELLER,
    "seller:certificate": Access.SELLER,
    "seller:lot_withdraw": Access.SELLER,
    # A county office keeps the brands that all its merchants share.
    "seller:brands": Access.SELLER | Access.OFFICER,
    "seller:brand_new": Access.SELLER | Access.OFFICER,
    "seller:brand": Access.SELLER | Access.OFFICER,
}
