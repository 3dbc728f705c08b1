"""The front page of the desk: what waits, in the order in which it matters."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from shanhuo.goods.queries import seller_work
from shanhuo.kernel import clock
from shanhuo.orders import queries as orders
from shanhuo.web.desks import Deed, Todo, waiting


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(
        request, "web/seller/home.html", {"todos": waiting(*_todos(request)), "deeds": _deeds()}
    )


def _deeds() -> list[Deed]:
    return [
        Deed(_("Bring a new product"), reverse("seller:product_new"), "box"),
        Deed(_("Write a purchase slip"), reverse("trade:slip_new"), "yuan"),
        Deed(_("Read the statement"), reverse("trade:statement"), "receipt"),
    ]


def _todos(request: HttpRequest) -> list[Todo]:
    return [*_orders(request), *_goods(request)]


def _orders(request: HttpRequest) -> list[Todo]:
    to_send = orders.to_send_count(request.user)
    return [Todo(to_send, _("Orders to send"), reverse("trade:sell_orders"), "truck")]


def _goods(request: HttpRequest) -> list[Todo]:
    work = seller_work(request.user, day=clock.today())
    products, lots = reverse("seller:products"), reverse("seller:lots")
    return [
        Todo(
            work.unsellable_products,
            _("On sale, but no lot can be sold today"),
            f"{products}?status=listed",
            "alert",
        ),
        Todo(work.low_skus, _("Sizes with at most 5 units left"), products, "box"),
        Todo(work.ending_lots, _("Lots whose sale ends within a week"), lots, "clock"),
        Todo(work.draft_lots, _("Lots without a certificate"), lots, "seal"),
        Todo(work.draft_products, _("Drafts"), f"{products}?status=draft", "edit"),
    ]
