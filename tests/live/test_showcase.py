"""The goods of a session: whose they may be, what stood on the screen at which price, and why it
left."""

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from shanhuo.goods import services as goods
from shanhuo.goods.choices import ExitReason
from shanhuo.goods.models import PoolEntry, Product
from shanhuo.goods.prices import PriceChain
from shanhuo.kernel import facts, jobs
from shanhuo.live import queries
from shanhuo.live.events import SessionEnded
from shanhuo.live.models import Explanation, Session, ShowcaseItem
from shanhuo.live.services import showcase
from shanhuo.live.states import ItemProblem
from shanhuo.live.transitions import WrongStatus
from shanhuo.orders import services
from shanhuo.orders.choices import SaleState
from shanhuo.people.models import Organisation

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def plums(make_sku, noon):
    return make_sku(stock_count=10)


@pytest.fixture
def session(make_session, noon):
    return make_session("on_air")


@pytest.fixture
def put_in(session, lin, noon):
    """Put a product in before the check."""

    def put(sku, *, session=session, by=lin):
        before = session.submitted_at
        item = showcase.add_item(
            session_id=session.pk, product_id=sku.product_id, by=by, now=before
        )
        return item.pk

    return put


def version_of(session) -> int:
    return Session.objects.get(pk=session.pk).room_version


def admit(product: Product, *, by, checker) -> PoolEntry:
    return PoolEntry.objects.create(
        product=product,
        county=product.county,
        status="admitted",
        nominated_by=by,
        nominated_at=product.created_at,
        checked_by=checker,
        **dict.fromkeys(["licence_ok", "certificate_ok", "stock_ok", "price_ok"], True),
    )


def shown(session, now) -> list[tuple[str, int, int, bool]]:
    items = queries.shown_items(session, now=now)
    return [(item.title, item.price_fen, item.left_count, item.is_pinned) for item in items]


def test_the_room_hears_of_every_change_and_an_item_is_in_once(session, plums, put_in, lin, noon):
    item = put_in(plums)
    assert put_in(plums) == item
    assert version_of(session) == 1
    showcase.pin(item_id=item, by=lin, now=noon)
    showcase.start_explaining(item_id=item, by=lin, now=noon)
    assert version_of(session) == 3
    assert shown(session, noon) == [("巫山脆李", 3980, 10, True)]
    showcase.stop_explaining(session_id=session.pk, by=lin, now=noon + MINUTE)
    showcase.remove_item(item_id=item, by=lin, now=noon + MINUTE)
    assert (version_of(session), shown(session, noon)) == (5, [])
    with pytest.raises(showcase.NoSuchItem):
        showcase.pin(item_id=item, by=lin, now=noon + MINUTE)
    # What was in the showcase stays in the record.
    assert ShowcaseItem.objects.get(pk=item).state == "explained"
    assert [(pin.price_fen, pin.ended_why) for pin in queries.pins_of(session)] == [
        (3980, "removed")
    ]


def test_one_product_is_talked_about_and_one_is_pinned(session, make_sku, put_in, lin, noon):
    first, second = (put_in(make_sku(price_fen=fen, product=None)) for fen in (1000, 2000))
    for number, item in enumerate([first, second, first]):
        showcase.start_explaining(item_id=item, by=lin, now=noon + number * MINUTE)
        showcase.pin(item_id=item, by=lin, now=noon + number * MINUTE)
    states = [(item.state, item.is_pinned) for item in queries.desk_items(session, now=noon)]
    assert states == [("explaining", True), ("explained", False)]
    chapters = Explanation.objects.order_by("started_at").values_list("item", "ended_at")
    assert list(chapters) == [(first, noon + MINUTE), (second, noon + 2 * MINUTE), (first, None)]
    assert [pin.ended_why for pin in queries.pins_of(session)] == ["replaced", "replaced", ""]
    with transaction.atomic():
        ended = SessionEnded(session.pk, session.public_id, "selling", "500237", lin.pk, "host", 60)
        facts.record(ended, now=noon + 3 * MINUTE)
    jobs.run_due()
    assert queries.pins_of(session)[-1].ended_why == "ended"
    assert not Explanation.objects.filter(ended_at=None).exists()


def test_the_order_is_the_hosts_and_only_of_what_is_there(session, make_sku, put_in, lin, noon):
    items = [put_in(make_sku()) for _ in range(3)]
    showcase.reorder(session_id=session.pk, item_ids=items[::-1], by=lin)
    assert [item.id for item in queries.desk_items(session, now=noon)] == items[::-1]
    with pytest.raises(showcase.ShowcaseMoved):
        showcase.reorder(session_id=session.pk, item_ids=items[:2], by=lin)


@pytest.mark.parametrize("word", ["pool", "commission"])
def test_goods_of_others_need_their_merchants_word(
    word, session, make_sku, make_product, make_organisation, lin, wang, noon
):
    other = make_organisation(Organisation.Kind.MERCHANT, name="奉节脐橙合作社")
    product = make_product("奉节脐橙", merchant=other)
    sku = make_sku(product)

    def add():
        return showcase.add_item(session_id=session.pk, product_id=product.pk, by=lin, now=noon)

    with pytest.raises(showcase.NotForThisShowcase):
        add()
    if word == "pool":
        admit(product, by=lin, checker=wang)
    else:
        type(sku).objects.filter(pk=sku.pk).update(commission_fen=80, farm_gate_fen=3900)
    assert add().product == product


def test_what_comes_after_the_check_needs_the_look_of_somebody_else(
    session, plums, lin, mei, wang, noon
):
    item = showcase.add_item(
        session_id=session.pk, product_id=plums.product_id, by=lin, now=noon
    ).pk
    assert shown(session, noon) == []
    assert [one.pk for one in queries.late_items_for(wang)] == [item]
    assert [*queries.late_items_for(lin), *queries.late_items_for(mei)] == []
    with pytest.raises(showcase.NotToBePinned) as refusal:
        showcase.pin(item_id=item, by=lin, now=noon)
    assert refusal.value.details["problem"] == ItemProblem.UNCHECKED
    for person in (lin, mei):
        with pytest.raises(showcase.OwnLook):
            showcase.pass_item(item_id=item, by=person, now=noon)
    showcase.pass_item(item_id=item, by=wang, now=noon)
    showcase.pin(item_id=item, by=lin, now=noon)
    assert shown(session, noon) == [("巫山脆李", 3980, 10, True)]
    assert not queries.late_items_for(wang)


def test_nobody_else_changes_the_showcase_and_not_after_the_end(
    make_session, plums, put_in, lin, mei, stranger, noon
):
    item = put_in(plums)
    for person in (mei, stranger):
        with pytest.raises(showcase.NotYourShowcase):
            showcase.pin(item_id=item, by=person, now=noon)
    Session.objects.update(status="ended", ended_at=noon, keep_until=noon)
    with pytest.raises(WrongStatus):
        showcase.remove_item(item_id=item, by=lin, now=noon)
    assert not queries.pins_of(Session.objects.get())


def test_a_product_that_is_withdrawn_leaves_the_screen(session, plums, put_in, lin, noon):
    item = put_in(plums)
    showcase.pin(item_id=item, by=lin, now=noon)
    goods.unlist_product(product_id=plums.product_id, actor=lin, now=noon)
    # Viewers do not wait for the worker that writes the record.
    assert shown(session, noon) == []
    jobs.run_due()
    assert [pin.ended_why for pin in queries.pins_of(session)] == ["withdrawn"]
    with pytest.raises(showcase.NotToBePinned):
        showcase.pin(item_id=item, by=lin, now=noon)


def test_the_last_unit_takes_a_product_off_the_screen(session, plums, put_in, lin, noon):
    item = put_in(plums)
    showcase.pin(item_id=item, by=lin, now=noon)
    goods.hold_stock(quantities={plums.pk: 9}, reference="one", now=noon)
    jobs.run_due()
    assert shown(session, noon) == [("巫山脆李", 3980, 1, True)]
    goods.hold_stock(quantities={plums.pk: 1}, reference="two", now=noon)
    jobs.run_due()
    assert shown(session, noon) == [("巫山脆李", 3980, 0, False)]
    assert [pin.ended_why for pin in queries.pins_of(session)] == ["stock"]
    # What came back may be shown again.
    goods.return_held_stock(reference="two")
    showcase.pin(item_id=item, by=lin, now=noon)


def test_what_left_the_pool_leaves_the_screen_for_good(session, plums, put_in, lin, wang, noon):
    entry = admit(plums.product, by=lin, checker=wang)
    item = put_in(plums)
    showcase.pin(item_id=item, by=lin, now=noon)
    goods.exit_pool(entry_id=entry.pk, actor=wang, reason=ExitReason.QUALITY, note="", now=noon)
    jobs.run_due()
    assert [pin.ended_why for pin in queries.pins_of(session)] == ["pool"]
    with pytest.raises(showcase.NotToBePinned):
        showcase.pin(item_id=item, by=lin, now=noon)


def test_every_price_that_stood_on_the_screen_is_remembered(session, plums, put_in, lin, noon):
    item = put_in(plums)
    showcase.pin(item_id=item, by=lin, now=noon)
    goods.set_price(
        sku_id=plums.pk, chain=PriceChain(3500, 0, 0, 0, 0), actor_id=lin.pk, now=noon + MINUTE
    )
    jobs.run_due()
    offer(item, plums, by=lin, now=noon + 2 * MINUTE)
    assert [(pin.price_fen, pin.ended_at, pin.ended_why) for pin in queries.pins_of(session)] == [
        (3980, noon + MINUTE, "replaced"),
        (3500, noon + 2 * MINUTE, "replaced"),
        (990, None, ""),
    ]


def offer(item, sku, *, by, now, **fields):
    values = {"price_fen": 990, "stock_count": 5, "per_person": 1}
    return showcase.attach_offer(
        item_id=item,
        sku=sku.public_id,
        opens_at=now + MINUTE,
        closes_at=now + 10 * MINUTE,
        by=by,
        now=now,
        **{**values, **fields},
    )


def test_a_limited_offer_takes_its_units_off_the_shelf(session, plums, put_in, lin, noon):
    item = put_in(plums)
    sale = offer(item, plums, by=lin, now=noon)
    assert sale.session == session.public_id
    [seen] = queries.shown_items(session, now=noon)
    assert (seen.left_count, seen.price_fen) == (5, 990)
    assert (seen.offer.public_id, seen.offer.usual_fen, seen.offer.left_count) == (
        sale.public_id,
        3980,
        5,
    )
    assert (seen.offer.state, seen.offer.opens_at) == (SaleState.COMING, noon + MINUTE)
    with pytest.raises(showcase.OfferRunning):
        offer(item, plums, by=lin, now=noon)
    # Over: the usual price again, and there may be another one.
    [later] = queries.shown_items(session, now=noon + 11 * MINUTE)
    assert (later.price_fen, later.offer.state) == (3980, SaleState.OVER)
    offer(item, plums, by=lin, now=noon + 11 * MINUTE)


def test_only_the_merchant_of_a_product_offers_it(make_session, plums, zhao, lin, noon):
    session = make_session("on_air", cohosts=(zhao,), share=5000)
    item = showcase.add_item(
        session_id=session.pk, product_id=plums.product_id, by=zhao, now=session.submitted_at
    )
    assert item.brought_by.user == zhao
    with pytest.raises(showcase.NotYourGoods):
        offer(item.pk, plums, by=zhao, now=noon)
    offer(item.pk, plums, by=lin, now=noon)


@pytest.mark.parametrize("count", [1, 3])
def test_a_showcase_of_any_size_costs_the_same_statements(count, session, make_sku, put_in, noon):
    for _ in range(count):
        put_in(make_sku())
    with CaptureQueriesContext(connection) as asked:
        assert len(queries.shown_items(session, now=noon)) == count
    assert len(asked) == 5


def test_attack_14_the_price_of_an_offer_is_the_one_that_was_shown(
    session, plums, put_in, lin, mei, make_county, noon
):
    """Between the view and the order the shop's price changes: the offer stands, or says so."""
    sale = offer(put_in(plums), plums, by=lin, now=noon)
    opened = noon + MINUTE
    address = services.keep_address(
        owner=mei,
        county_id=make_county("渝中区", "500103").pk,
        recipient="梅女士",
        phone="13900139000",
        street="解放碑 1 号",
        is_default=True,
        now=noon,
    )
    with pytest.raises(services.SaleNotOpen):
        services.claim(sale=sale, buyer=mei, quantity=1, now=opened - timedelta(milliseconds=1))
    services.claim(sale=sale, buyer=mei, quantity=1, now=opened)
    order = {"buyer": mei, "sale_id": sale.pk, "address": address.public_id, "now": opened}
    goods.set_price(
        sku_id=plums.pk, chain=PriceChain(4500, 0, 0, 0, 0), actor_id=lin.pk, now=opened
    )
    placed = services.order_claim(**order, total_seen_fen=990, key="0123456789")
    assert placed.amount_fen == 990


def test_an_officer_passes_late_goods_on_a_page(session, plums, client, lin, mei, wang, noon):
    item = showcase.add_item(
        session_id=session.pk, product_id=plums.product_id, by=lin, now=noon
    ).pk
    client.force_login(wang)
    page = client.get("/county/live/goods").content.decode()
    assert (f'name="item" value="{item}"' in page, "巫山脆李" in page) == (True, True)
    assert client.post("/county/live/goods/pass", {"item": "x"}).status_code == 404
    assert client.post("/county/live/goods/pass", {"item": item}).status_code == 302
    assert [one.id for one in queries.shown_items(session, now=noon)] == [item]
    assert "没有" in client.get("/county/live/goods").content.decode()
    client.force_login(mei)
    assert client.get("/county/live/goods").status_code in (403, 404)
