"""Addresses of the trade pages; each also stands in `access.py`."""

from django.urls import URLPattern, URLResolver, path

from shanhuo.web.trade import addresses, basket, books, checkout, orders, selling, slips

app_name = "trade"
urlpatterns: list[URLPattern | URLResolver] = [
    path("basket", basket.basket, name="basket"),
    path("basket/add", basket.add, name="basket_add"),
    path("basket/change", basket.change, name="basket_change"),
    path("addresses", addresses.addresses, name="addresses"),
    path("addresses/new", addresses.edit, name="address_new"),
    path("addresses/places", addresses.places, name="address_places"),
    path("addresses/<slug:public_id>", addresses.edit, name="address_edit"),
    path("addresses/<slug:public_id>/remove", addresses.remove, name="address_remove"),
    path("checkout", checkout.checkout, name="checkout"),
    path("checkout/place", checkout.place, name="place"),
    path("checkout/<slug:public_id>", checkout.payment, name="payment"),
    path("checkout/<slug:public_id>/pay", checkout.pay, name="pay"),
    path("checkout/<slug:public_id>/cancel", checkout.cancel, name="cancel"),
    path("notices/<slug:company>", checkout.notice, name="notice"),
    path("orders", orders.orders, name="orders"),
    path("orders/<slug:public_id>", orders.order, name="order"),
    path("orders/<slug:public_id>/receipt", orders.receipt, name="receipt"),
    path("orders/<slug:public_id>/receive", orders.receive, name="receive"),
    path("orders/<slug:public_id>/take-back", orders.take_back, name="take_back"),
    path("sell/orders", selling.orders, name="sell_orders"),
    path("sell/orders/<slug:public_id>", selling.order, name="sell_order"),
    path("sell/orders/<slug:public_id>/ship", selling.ship, name="ship"),
    path("sell/orders/<slug:public_id>/refund", selling.refund, name="sell_refund"),
    path("sell/statement", selling.statement, name="statement"),
    path("sell/freight", selling.freight, name="freight"),
    path("sell/price-cuts", selling.price_cuts, name="price_cuts"),
    path("sell/slips", slips.slips, name="slips"),
    path("sell/slips/new", slips.slip_new, name="slip_new"),
    path("sell/slips/households", slips.household_sheet, name="household_sheet"),
    path("sell/slips/balance", slips.balance, name="slip_balance"),
    path("sell/slips/<slug:public_id>", slips.slip, name="slip"),
    path("sell/slips/<slug:public_id>/reverse", slips.reverse, name="slip_reverse"),
    path("ops/books", books.books, name="books"),
    path("ops/suspense", books.suspense, name="suspense"),
    path("ops/suspense/<slug:public_id>/send-back", books.send_back, name="send_back"),
    path("ops/notices", books.notices, name="notices"),
]
