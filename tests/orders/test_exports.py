"""One walk over every file that the platform hands out, found by asking every address for one.

A new export is walked the day its address stands in the access table; one that the walk cannot
reach is named, so that it is brought within reach and not forgotten.
"""

import csv
import inspect
import re
from datetime import timedelta
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models
from django.http import HttpResponseNotFound
from django.test import Client
from openpyxl import load_workbook

import shanhuo
from shanhuo import urls
from shanhuo.goods import services as goods
from shanhuo.goods.models import PoolEntry, Product, ProductStandard
from shanhuo.impact import services as impact
from shanhuo.kernel import clock, sheets
from shanhuo.orders import services as orders
from shanhuo.orders.models import OrderLine
from shanhuo.people import queries as people
from shanhuo.people import services as people_services
from shanhuo.people.access import Access, may_enter
from shanhuo.people.models import Household, HouseholdImport
from shanhuo.regions.models import Village
from shanhuo.traffic import queries as traffic
from shanhuo.traffic.models import Grant
from shanhuo.traffic.trials import services as trials
from shanhuo.web.access import whole_table
from tests.traffic import grants_kit
from tests.web.test_access import pages

pytestmark = pytest.mark.django_db
SOURCES = Path(shanhuo.__file__).parent
FORMULA = "=HYPERLINK(0)"
OURS, OTHERS = "自家", "别家"
# The platform looks after every county and shop; nobody else does.
SEE_ALL = Access.OPERATOR | Access.AUDITOR
STARTS_A_FORMULA = re.compile(r"\s*[=+\-@\t\r＝＋－＠]")
# Who asks: the first of these whom the table lets in, and everybody else it lets in too.
ASKERS = ["lin", "wang", "op", "audit_person", "mei"]
# Columns that are chosen from a list, counted, or made by us: nobody types a formula there.
NOT_TYPED = re.compile(
    "digest|status|kind|key|public_id|secret|password|_id$|code|means|unit|cells|values|before"
)


@pytest.fixture
def seasons(
    make_county, make_organisation, make_user, make_product, make_sku, make_household, paid_order
):
    """A function that gives an organisation a season: goods, an order settled, a family paid."""

    def have(merchant, seller, officer, name: str, now) -> None:
        product = make_product(name, merchant=merchant)
        standard = {"grade": name, "size": name, "packing": name, "inspection": name}
        ProductStandard.objects.create(product=product, **standard)
        sku = make_sku(product, name=name, stock_count=50)
        family = make_household(county=merchant.county, head_name=name, phone="13900139000")
        family.village = Village.objects.create(county=merchant.county, name=name)
        family.save()
        line = sell(sku, seller, paid_order, make_user(name), now)
        orders.settle_order(order_id=line.order_id, now=now)
        orders.pay_household(
            actor=seller,
            household=people.payable_household(seller, family.public_id),
            lot=product.lots.get(),
            grams=12_500,
            price_fen_per_kg=800,
            baseline_fen_per_kg=650,
            means="cash",
            bought_on=clock.day_of(now),
            key=f"0123456789{name}",
            now=now,
        )
        entry = goods.nominate_product(
            product_id=product.pk, actor_id=seller.pk, reason=name, now=now
        )
        PoolEntry.objects.filter(pk=entry.pk).update(
            status=PoolEntry.Status.ADMITTED,
            checked_by=officer,
            checked_at=now,
            licence_ok=True,
            certificate_ok=True,
            stock_ok=True,
            price_ok=True,
        )
        typed = FORMULA if name == OURS else name
        headings = ["户编号", "户主姓名", "户类型", "同意日期"]
        people_services.preview_import(
            county_id=merchant.county.pk,
            raw=sheets.write_workbook("名单", headings, [[typed, typed, typed, ""]]),
            officer=officer,
            now=now,
        )

    return have


def sell(sku, seller, paid_order, buyer, now) -> OrderLine:
    order = paid_order(buyer, {sku: 2}, now=now)
    line = OrderLine.objects.get(order=order)
    sent = {"carrier": "sf", "tracking_number": "SF100200300", "actor": seller, "now": now}
    orders.ship(order_id=order.pk, quantities={line.pk: 2}, **sent)
    orders.receive(order_id=order.pk, actor=buyer, now=now)
    return line


@pytest.fixture
def full_house(
    seasons, cooperative, op, lin, wang, make_county, make_user, make_organisation, make_post, noon
):
    """Two counties in full season: ours, where everybody types formulas, and another's."""
    there = make_county("奉节县", "500236")
    seller, officer = make_user(OTHERS), make_user(OTHERS)
    shop = make_organisation("merchant", name=OTHERS, county=there, members=(seller,))
    make_organisation("county_office", name=OTHERS, county=there, members=(officer,))
    seasons(cooperative, lin, wang, OURS, noon)
    write_formulas()
    seasons(shop, seller, officer, OTHERS, noon)
    make_post()
    try_a_grant(op, wang, cooperative.county, now=noon)
    impact.fill_everything(now=noon)


def try_a_grant(operator, officer, county, *, now) -> None:
    """A grant with formulas for words, and a trial registered before it starts."""
    first, last = clock.day_of(now) + timedelta(days=1), clock.day_of(now) + timedelta(days=9)
    programme = grants_kit.open_programme(operator, now=now, starts_on=first, ends_on=last)
    asked = grants_kit.terms(
        grants_kit.county_wish(1_000), title=FORMULA, reason=FORMULA, starts_on=first, ends_on=last
    )
    grant = grants_kit.approved(operator, officer, county, asked, now=now, programme=programme)
    trials.register_trial(
        traffic.signal_log(), operator=operator, grant_id=grant.pk, metric="plays", now=now
    )


def write_formulas() -> None:
    """Into every text of every table that somebody may have typed."""
    for model in apps.get_models():
        if not model.__module__.startswith("shanhuo.") or "kernel" in model.__module__:
            continue
        typed = [
            field.name
            for field in model._meta.concrete_fields
            if isinstance(field, models.CharField | models.TextField)
            and not field.choices
            and not NOT_TYPED.search(field.name)
            and (field.max_length or 99) >= len(FORMULA)
        ]
        for row in model._base_manager.all():
            for name in typed:
                if getattr(row, name):
                    setattr(row, name, FORMULA)
            row.save()


class Spy:
    """Which of our sources asked for a workbook or a CSV."""

    def __init__(self, monkeypatch) -> None:
        self.seen: set[str] = set()
        for name in ("write_workbook", "write_csv"):
            monkeypatch.setattr(sheets, name, self._watched(getattr(sheets, name)))

    def _watched(self, write):
        def watched(*args):
            frames = (Path(frame.filename) for frame in inspect.stack(context=0))
            self.seen |= {
                str(path.relative_to(SOURCES)) for path in frames if path.is_relative_to(SOURCES)
            }
            return write(*args)

        return watched


def writers() -> set[str]:
    """Sources of rooms and faces that hand out a workbook or a CSV."""
    asks = re.compile(r"(?<!def )\b(workbook|write_workbook|write_csv)\(")
    return {
        str(path.relative_to(SOURCES))
        for path in SOURCES.rglob("*.py")
        if asks.search(path.read_text()) and "console" not in path.parts
    }


def addresses(route: str) -> list[str]:
    """The address, or what it is with every id there is where it wants one."""
    plain = "/" + route.lstrip("/")
    ids = {
        value
        for model in (Product, Household, HouseholdImport, Grant)
        for value in model.objects.values_list("public_id", flat=True)
    }
    found = {re.sub(r"<[^>]+>", value, plain) for value in ids | {"500237", "500236"}}
    return sorted(found) if "<" in plain else [plain]


def files_for(person):
    """(name of the route, file) for everything that a person can take home."""
    browser = Client()
    if person is not None:
        browser.force_login(person)
    table = whole_table()
    for name, route in pages():
        # What is open to all is asked for once, by nobody in particular.
        if may_enter(person, table[name]) and (Access.ANYONE in table[name]) == (person is None):
            yield from ((name, file) for file in files_at(browser, name, addresses(route)))


def files_at(browser, name: str, places: list[str]):
    for address in places:
        yield from filter(is_file, asked(browser, name, address))


def asked(browser, name: str, address: str):
    """As a workbook, which a page knows or ignores; who hands one out is asked for a CSV too."""
    answer = browser.get(address + "?format=xlsx")
    yield answer
    if is_file(answer):
        yield browser.get(address + "?format=csv")
    if "export" in name:
        yield browser.post(address)
        yield browser.post(address, {"open": "1", "reason": "年度核对"})


def is_file(answer) -> bool:
    return "attachment" in answer.headers.get("Content-Disposition", "")


def cells(answer) -> list[tuple[str, str]]:
    """(type, text) of every cell of a workbook or a CSV; a download of another kind has none."""
    if answer.content.startswith(b"PK"):
        rows = [row for page in load_workbook(BytesIO(answer.content)) for row in page]
        return [(cell.data_type, str(cell.value)) for row in rows for cell in row if cell.value]
    if "csv" in answer["Content-Type"]:
        text = StringIO(answer.content.decode("utf-8-sig"))
        return [("s", cell) for row in csv.reader(text) for cell in row]
    return []


@pytest.fixture
def walked(full_house, request, monkeypatch):
    """Every file of every asker, with the sources that wrote them."""
    spy = Spy(monkeypatch)
    # Most ids are tried at pages of another kind; nobody looks at their nine hundred refusals.
    monkeypatch.setattr(urls, "handler404", lambda request, exception: HttpResponseNotFound())
    askers = [*(request.getfixturevalue(name) for name in ASKERS), None]
    found = [(who, name, cells(file)) for who in askers for name, file in files_for(who)]
    return spy, found


def test_attack_28_and_16_every_export_runs_nothing_and_keeps_to_ones_own(walked):
    spy, found = walked
    assert writers() - spy.seen == set()
    live = [
        (name, text)
        for _who, name, inside in found
        for kind, text in inside
        if kind == "f" or (kind == "s" and STARTS_A_FORMULA.match(text))
    ]
    assert live == []
    disarmed = {name for _who, name, inside in found for _kind, text in inside if FORMULA in text}
    assert disarmed >= {
        "seller:products_export",
        "seller:lots_export",
        "trade:statement",
        "county:household_export",
        "county:household_import_errors",
        "county:pool_export",
        "shop:pool_export",
    }
    closed = {name for name, access in whole_table().items() if Access.ANYONE not in access}
    leaked = {
        name
        for who, name, inside in found
        for _kind, text in inside
        if name in closed and OTHERS in text and not may_enter(who, SEE_ALL)
    }
    assert leaked == set()
