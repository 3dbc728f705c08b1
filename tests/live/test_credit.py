"""From the live room to the order: whose sale it was, and what a made-up address is worth."""

import pytest

from shanhuo.live.models import Session
from shanhuo.live.queries import credit_of
from shanhuo.live.services import showcase
from shanhuo.orders import queries as orders
from shanhuo.orders import services
from shanhuo.orders.models import BasketLine, OrderLine
from shanhuo.people.models import Membership

pytestmark = pytest.mark.django_db


@pytest.fixture
def plums(make_sku, noon):
    return make_sku(stock_count=10, commission_fen=400)


@pytest.fixture
def orchard(zhao):
    return Membership.objects.get(user=zhao).organisation


@pytest.fixture
def session(make_session, plums, lin, zhao, noon):
    session = make_session("on_air", cohosts=(zhao,), share=6000)
    showcase.add_item(
        session_id=session.pk, product_id=plums.product_id, by=lin, now=session.submitted_at
    )
    return session


def test_a_buyer_from_the_room_pays_its_creator_the_agreed_part(
    session, plums, orchard, client, mei, make_county, noon
):
    services.keep_address(
        owner=mei,
        county_id=make_county("渝中区", "500103").pk,
        recipient="梅女士",
        phone="13900139000",
        street="解放碑 1 号",
        is_default=True,
        now=noon,
    )
    client.force_login(mei)
    page = client.get(f"/g/{plums.product.public_id}?session={session.public_id}")
    field = f'name="via_session" value="{session.public_id}"'
    assert field in page.content.decode()
    way = {"via_session": session.public_id}
    client.post("/basket/add", {"sku": plums.public_id, "quantity": "2", **way})
    seen = client.get("/checkout").context["checkout"]
    form = {
        "key": "0123456789",
        "address": seen.address.public_id,
        "total_seen_fen": seen.total_fen,
        "sku": [wish.sku for wish in seen.wishes],
        "quantity": [wish.quantity for wish in seen.wishes],
        "unit_seen_fen": [wish.unit_paid_fen for wish in seen.wishes],
    }
    client.post("/checkout/place", form)
    line = OrderLine.objects.get()
    assert (line.via_session, line.creator) == (session.public_id, orchard)
    # 40 % of the credit is Zhao's; Lin sells her own and is paid no commission.
    assert line.unit_commission_fen == 160
    assert orders.sales_of_sessions([session.public_id]) == []


@pytest.mark.parametrize("lie", ["unknown", "never on air", "other goods", "not looked at"])
def test_a_made_up_session_pays_nobody(lie, session, plums, make_sku, lin, client, mei, noon):
    sku, named = plums, session.public_id
    if lie == "unknown":
        named = "0000000000000000"
    elif lie == "never on air":
        Session.objects.update(status="scheduled", on_air_at=None)
    else:
        sku = make_sku()
        if lie == "not looked at":
            showcase.add_item(session_id=session.pk, product_id=sku.product_id, by=lin, now=noon)
    client.force_login(mei)
    way = {"via_session": named}
    client.post("/basket/add", {"sku": sku.public_id, "quantity": "1", **way})
    line = BasketLine.objects.get()
    assert (line.via_session, line.creator, line.credit) == ("", None, [])


def test_the_credit_is_the_creators_of_the_stage(session, plums, orchard):
    credit = credit_of(session.public_id, product=plums.product.public_id)
    assert (credit.creators, credit.lead_id) == (((orchard.pk, 4000),), orchard.pk)
