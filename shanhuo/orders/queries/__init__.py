"""Everything that can be asked about orders and their money."""

from shanhuo.orders.queries.basket import (
    CheckoutView,
    ParcelView,
    WishView,
    address_book,
    addresses_of,
    basket_count,
    checkout_view,
)
from shanhuo.orders.queries.books import (
    AccountLine,
    accounts,
    entries,
    notices,
    suspense,
    suspense_count,
)
from shanhuo.orders.queries.hot import (
    SaleView,
    claim_checkout,
    find_sales,
    sale_views,
    sales_in_public,
    sales_of_merchants,
    sales_visible_to,
    still_to_come,
)
from shanhuo.orders.queries.orders import (
    orders_of_buyer,
    orders_of_merchants,
    orders_visible_to,
    payments_of_buyer,
    refundable_lines,
    to_send_count,
)
from shanhuo.orders.queries.receipt import Receipt, ReceiptLine, receipt_of
from shanhuo.orders.queries.slips import (
    HouseholdLine,
    LotBalance,
    household_sheet,
    households_paid_for,
    lot_balances,
    slips_of_merchants,
)
from shanhuo.orders.queries.statement import (
    Statement,
    StatementRow,
    statement_of,
    statement_workbook,
)
from shanhuo.orders.queries.terms import freight_rule, price_cuts_of

__all__ = [
    "AccountLine",
    "CheckoutView",
    "HouseholdLine",
    "LotBalance",
    "ParcelView",
    "Receipt",
    "ReceiptLine",
    "SaleView",
    "Statement",
    "StatementRow",
    "WishView",
    "accounts",
    "address_book",
    "addresses_of",
    "basket_count",
    "checkout_view",
    "claim_checkout",
    "entries",
    "find_sales",
    "freight_rule",
    "household_sheet",
    "households_paid_for",
    "lot_balances",
    "notices",
    "orders_of_buyer",
    "orders_of_merchants",
    "orders_visible_to",
    "payments_of_buyer",
    "price_cuts_of",
    "receipt_of",
    "refundable_lines",
    "sale_views",
    "sales_in_public",
    "sales_of_merchants",
    "sales_visible_to",
    "slips_of_merchants",
    "statement_of",
    "statement_workbook",
    "still_to_come",
    "suspense",
    "suspense_count",
    "to_send_count",
]
