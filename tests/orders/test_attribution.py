"""From a clip to an order: its creator is paid, and nobody is paid by a made-up address."""

import re
from datetime import timedelta
from html import unescape

import pytest

from shanhuo.kernel import clock
from shanhuo.orders import ledger, services
from shanhuo.orders.models import BasketLine, OrderLine, Payment
from shanhuo.people.models import Membership
from shanhuo.traffic import serving, viewers
from shanhuo.traffic.kinds import ObjectKind, Source, Surface
from shanhuo.traffic.moments import to_ms
from shanhuo.traffic.sheets import Slot, seal, unseal
from tests.orders.conftest import money_for

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_platform(settings, tmp_path):
    settings.SIGNALS_DIR = tmp_path / "signals"
    serving.forget()
    yield
    serving.forget()


@pytest.fixture
def plums(make_sku, noon):
    return make_sku(stock_count=10, platform_fee_fen=200, commission_fen=300)


@pytest.fixture
def clip(make_post, plums):
    return make_post("巫山脆李熟了", product=plums.product)


@pytest.fixture
def orchard(zhao):
    """Zhao's organisation, which made the clip."""
    return Membership.objects.get(user=zhao).organisation


@pytest.fixture
def browser(client, mei):
    client.force_login(mei)
    return client


def goods_link(page) -> str:
    """The first link of a page that leads from a clip to its product."""
    return unescape(re.findall(r'href="(/g/[^"]+post=[^"]+)"', page.content.decode())[0])


def came_from(product_page) -> dict[str, str]:
    """What the buying form of a product page says of the way to it."""
    hidden = re.findall(r'name="(via_\w+)" value="([^"]*)"', product_page.content.decode())
    return {name: unescape(value) for name, value in hidden}


def sheet_for(user, *slots: tuple[ObjectKind, int]) -> str:
    """A genuine sheet of things that were shown to a user."""
    _, token = seal(
        [Slot(kind, pk, 500237, Source.CHOSEN) for kind, pk in slots],
        viewer=viewers.viewer_of(user.viewer_secret).key,
        surface=Surface.OTHER,
        now_ms=to_ms(clock.now()),
    )
    return token


@pytest.mark.parametrize("start", ["/watch", "/p/{clip}"])
def test_a_buyer_who_comes_from_a_clip_pays_its_creator(
    start, clip, plums, orchard, browser, mei, lin, make_address, noon
):
    make_address(mei)
    page = browser.get(start.format(clip=clip.public_id))
    fields = came_from(browser.get(goods_link(page)))
    browser.post("/basket/add", {"sku": plums.public_id, "quantity": "2", **fields})
    seen = browser.get("/checkout").context["checkout"]
    form = {
        "key": "0123456789",
        "address": seen.address.public_id,
        "total_seen_fen": seen.total_fen,
        "sku": [wish.sku for wish in seen.wishes],
        "quantity": [wish.quantity for wish in seen.wishes],
        "unit_seen_fen": [wish.unit_paid_fen for wish in seen.wishes],
    }
    browser.post("/checkout/place", form)
    line = OrderLine.objects.get()
    shown = f"{unseal(fields['via_sheet']).id:x}.0"
    assert (line.via_post, line.via_exposure) == (clip.public_id, shown)
    assert (line.creator, line.unit_commission_fen) == (orchard, 300)
    services.take_payment(arrived=money_for(Payment.objects.get()), now=noon)
    sent = {"carrier": "sf", "tracking_number": "SF100200300", "actor": lin, "now": noon}
    services.ship(order_id=line.order_id, quantities={line.pk: 2}, **sent)
    services.receive(order_id=line.order_id, actor=mei, now=noon)
    services.settle_order(order_id=line.order_id, now=noon)
    assert ledger.balances()[ledger.creator(orchard.public_id)] == 600
    assert ledger.check() == []


@pytest.fixture
def sale(plums, lin, noon):
    with clock.at(noon):
        yield services.open_hot_sale(
            sku_id=plums.pk,
            usual_fen=plums.price_fen,
            price_fen=plums.price_fen - 100,
            stock_count=3,
            per_person=1,
            opens_at=noon,
            closes_at=noon + timedelta(hours=1),
            actor=lin,
            now=noon,
        )


def test_a_share_of_a_hot_sale_remembers_the_clip_that_brought_its_buyer(
    clip, sale, orchard, browser, mei, make_address
):
    make_address(mei)
    page = browser.get(goods_link(browser.get(f"/p/{clip.public_id}")))
    (claim,) = re.findall(r'action="(/sales/[^"]+/claim[^"]*)"', page.content.decode())
    kept = browser.post(unescape(claim), {"quantity": "1"})
    checkout = browser.get(kept["Location"])
    fields = came_from(checkout)
    form = {
        "key": "0123456789",
        "address": checkout.context["checkout"].address.public_id,
        "total_seen_fen": checkout.context["checkout"].total_fen,
    }
    browser.post(f"/sales/{sale.public_id}/place", {**form, **fields})
    line = OrderLine.objects.get()
    shown = f"{unseal(fields['via_sheet']).id:x}.0"
    assert (line.via_post, line.via_exposure) == (clip.public_id, shown)
    assert (line.creator, line.unit_commission_fen) == (orchard, 300)


def test_a_share_ordered_by_a_program_earns_its_creator_the_same(
    clip, sale, orchard, mei, make_address, client, noon
):
    services.claim(sale=sale, buyer=mei, quantity=1, now=noon)
    address = make_address(mei)
    client.force_login(mei)
    seen = client.get(f"/api/sales/{sale.public_id}/checkout", {"address": address.public_id})
    body = {
        "address": address.public_id,
        "total_seen_fen": seen.json()["total_fen"],
        "via_post": clip.public_id,
    }
    answer = client.post(
        f"/api/sales/{sale.public_id}/order",
        body,
        content_type="application/json",
        headers={"Idempotency-Key": "0123456789"},
    )
    assert answer.status_code == 201, answer.content
    line = OrderLine.objects.get()
    assert (line.via_post, line.creator, line.unit_commission_fen) == (clip.public_id, orchard, 300)


@pytest.mark.parametrize("what", ["made up", "other product", "not published", "no product"])
def test_a_forged_post_is_nobodys_merit(what, plums, make_product, make_post, browser, mei):
    post = {
        "made up": lambda: "0123456789abcdef",
        "other product": lambda: make_post(product=make_product("核桃")).public_id,
        "not published": lambda: make_post(product=plums.product, published=False).public_id,
        "no product": lambda: make_post().public_id,
    }[what]()
    fields = {"sku": plums.public_id, "quantity": "1", "via_post": post}
    assert browser.post("/basket/add", fields).status_code == 302
    line = BasketLine.objects.get()
    assert (line.creator, line.via_post, line.via_exposure) == (None, "", "")


@pytest.mark.parametrize("what", ["made up", "a stranger's", "no such slot", "not a slot", "else"])
def test_a_forged_exposure_is_left_out_and_the_post_still_counts(
    what, clip, plums, orchard, browser, mei, stranger
):
    this = (ObjectKind.POST, clip.pk)
    sheet, slot = {
        "made up": ("forged", "0"),
        "a stranger's": (sheet_for(stranger, this), "0"),
        "no such slot": (sheet_for(mei, this), "1"),
        "not a slot": (sheet_for(mei, this), "-1"),
        "else": (sheet_for(mei, (ObjectKind.POST, clip.pk + 1)), "0"),
    }[what]
    fields = {"via_post": clip.public_id, "via_sheet": sheet, "via_slot": slot}
    browser.post("/basket/add", {"sku": plums.public_id, "quantity": "1", **fields})
    line = BasketLine.objects.get()
    assert (line.creator, line.via_post, line.via_exposure) == (orchard, clip.public_id, "")


@pytest.mark.parametrize("start", ["/goods", "/c/500237", "/g/{}"])
def test_an_order_says_from_which_list_it_came(start, plums, browser):
    listed = browser.get(start.format(plums.product.public_id)).context["showing"]
    slot = listed.slots[ObjectKind.PRODUCT, plums.product_id]
    address = f"/g/{plums.product.public_id}"
    fields = came_from(browser.get(address, {"sheet": listed.sheet, "slot": slot}))
    browser.post("/basket/add", {"sku": plums.public_id, "quantity": "1", **fields})
    line = BasketLine.objects.get()
    shown = f"{unseal(listed.sheet).id:x}.{slot}"
    assert (line.creator, line.via_post, line.via_exposure) == (None, "", shown)


def test_who_comes_by_an_address_has_the_showing_of_the_product_page(plums, browser):
    page = browser.get(f"/g/{plums.product.public_id}")
    browser.post("/basket/add", {"sku": plums.public_id, "quantity": "1", **came_from(page)})
    own = unseal(page.context["showing"].sheet)
    assert BasketLine.objects.get().via_exposure == f"{own.id:x}.0"
    assert (own.surface, own.slots["object"].tolist()) == (Surface.PRODUCT, [plums.product_id])


def test_the_showing_of_another_product_is_no_merit(plums, make_product, browser, mei):
    sheet = sheet_for(mei, (ObjectKind.PRODUCT, make_product("核桃").pk))
    fields = {"via_sheet": sheet, "via_slot": "0"}
    browser.post("/basket/add", {"sku": plums.public_id, "quantity": "1", **fields})
    assert BasketLine.objects.get().via_exposure == ""
