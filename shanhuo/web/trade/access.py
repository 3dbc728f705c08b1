"""Who may open each trade page."""

from shanhuo.people.access import Access

BOOKS = Access.OPERATOR | Access.AUDITOR

TABLE: dict[str, Access] = {
    "trade:basket": Access.SIGNED_IN,
    "trade:basket_add": Access.SIGNED_IN,
    "trade:basket_change": Access.SIGNED_IN,
    "trade:addresses": Access.SIGNED_IN,
    "trade:address_new": Access.SIGNED_IN,
    "trade:address_places": Access.SIGNED_IN,
    "trade:address_edit": Access.SIGNED_IN,
    "trade:address_remove": Access.SIGNED_IN,
    "trade:checkout": Access.SIGNED_IN,
    "trade:place": Access.SIGNED_IN,
    "trade:payment": Access.SIGNED_IN,
    "trade:pay": Access.SIGNED_IN,
    "trade:cancel": Access.SIGNED_IN,
    # A payment company proves itself by its signature.
    "trade:notice": Access.ANYONE,
    "trade:orders": Access.SIGNED_IN,
    "trade:order": Access.SIGNED_IN,
    "trade:receipt": Access.SIGNED_IN,
    "trade:receive": Access.SIGNED_IN,
    "trade:take_back": Access.SIGNED_IN,
    "trade:sell_orders": Access.SELLER,
    "trade:sell_order": Access.SELLER,
    "trade:ship": Access.SELLER,
    "trade:sell_refund": Access.SELLER,
    "trade:statement": Access.SELLER | Access.CREATOR,
    "trade:freight": Access.SELLER,
    "trade:price_cuts": Access.SELLER,
    "trade:slips": Access.SELLER,
    "trade:slip_new": Access.SELLER,
    "trade:household_sheet": Access.SELLER,
    "trade:slip_balance": Access.SELLER,
    "trade:slip": Access.SELLER,
    "trade:slip_reverse": Access.SELLER,
    "trade:books": BOOKS,
    "trade:suspense": BOOKS,
    "trade:send_back": Access.OPERATOR,
    "trade:notices": BOOKS,
}
