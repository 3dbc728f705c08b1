"""A co-stream's credit: every fen of a commission goes to one of its creators, and comes back."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shanhuo.kernel import clock
from shanhuo.orders import ledger, queries, services
from shanhuo.orders.choices import Funder, RefundReason
from shanhuo.orders.models import CommissionShare, LineCredit, Order, OrderLine
from shanhuo.orders.services.settling import Division
from shanhuo.people.models import Organisation
from tests.orders.conftest import money_for, seen_by

SHARES = st.lists(st.integers(1, 10_000), min_size=1, max_size=5)


@given(
    weights=SHARES,
    fen=st.integers(0, 9_999),
    off=st.integers(0, 500),
    returned=st.lists(st.integers(1, 20), max_size=6),
)
def test_whatever_is_returned_the_creators_parts_sum_to_the_commission(weights, fen, off, returned):
    creators = [SimpleNamespace(public_id=str(number)) for number in range(len(weights))]
    line = SimpleNamespace(
        creator=creators[0],
        unit_commission_fen=fen,
        unit_discount_fen=off,
        discount_funder=Funder.CREATOR,
    )
    credits = [
        SimpleNamespace(creator=creator, basis_points=weight)
        for creator, weight in zip(creators, weights, strict=True)
    ]
    kept = sum(returned) + 1
    divisions = [Division(line, kept, 0, 0, credits)]
    for quantity in returned:
        divisions.append(Division(line, -quantity, 0, kept, credits))
        kept -= quantity
    for division in divisions:
        assert sum(part.commission_fen for part in division.parts()) == division.commission_fen
        assert sum(part.discount_fen for part in division.parts()) == division.discount_fen
    # What each has in the end is what one settlement of the kept units would have given.
    whole = Division(line, kept, 0, 0, credits).parts()
    for number, part in enumerate(whole):
        parts = [division.parts()[number] for division in divisions]
        assert sum(one.commission_fen for one in parts) == part.commission_fen
        assert sum(one.discount_fen for one in parts) == part.discount_fen


@pytest.fixture
def plums(make_sku, noon):
    return make_sku(stock_count=10, platform_fee_fen=200, commission_fen=333)


@pytest.fixture
def creators(make_organisation, zhao, make_user):
    """Zhao's orchard has 5,000 basis points, a singer 2,500, and an official the rest, unpaid."""
    orchard = Organisation.objects.get(name="赵大姐的果园")
    singer = make_organisation(Organisation.Kind.CREATOR, name="山歌王")
    return orchard, singer


@pytest.fixture
def sold(plums, creators, mei, lin, make_address, noon):
    """Mei bought three boxes in a session, has them, and the money was divided."""
    orchard, singer = creators
    source = services.Source(
        creator_id=orchard.pk,
        session="SESSION000000001",
        credit=((orchard.pk, 5000), (singer.pk, 2500)),
    )
    services.add_to_basket(buyer=mei, sku_id=plums.pk, quantity=3, now=noon, source=source)
    address = make_address(mei)
    wanted, total = seen_by(mei, address, now=noon)
    services.place_order(
        buyer=mei,
        address=address.public_id,
        wanted=wanted,
        total_seen_fen=total,
        key="0123456789",
        now=noon,
    )
    order = Order.objects.get()
    line = order.lines.get()
    services.take_payment(arrived=money_for(order.payment), now=noon)
    sent = {"carrier": "sf", "tracking_number": "SF100200300", "actor": lin, "now": noon}
    services.ship(order_id=order.pk, quantities={line.pk: 3}, **sent)
    services.receive(order_id=order.pk, actor=mei, now=noon)
    services.settle_order(order_id=order.pk, now=noon)
    return line


def test_creators_share_what_is_theirs_and_officials_take_nothing_from_the_merchant(
    sold, creators, cooperative
):
    orchard, singer = creators
    # Three quarters of 333 fen a box: the rest of the credit is an official's, and stays.
    assert (sold.unit_commission_fen, sold.via_session) == (250, "SESSION000000001")
    credits = LineCredit.objects.values_list("creator", "basis_points")
    assert sorted(credits) == sorted([(orchard.pk, 5000), (singer.pk, 2500)])
    assert ledger.balances()[ledger.creator(orchard.public_id)] == 500
    assert ledger.balances()[ledger.creator(singer.public_id)] == 250
    assert ledger.balances()[ledger.merchant(cooperative.public_id)] == 3 * (3980 - 200 - 250)
    assert ledger.check() == []
    today = clock.today()
    for organisation, earned in ((orchard, 500), (singer, 250)):
        statement = queries.statement_of(
            [organisation.pk], since=today, until=today, as_creator=True
        )
        assert [(row.commission_fen, row.net_fen) for row in statement.rows] == [(earned, earned)]
    both = queries.statement_of([orchard.pk, singer.pk], since=today, until=today, as_creator=True)
    assert (both.net_fen, len(both.rows)) == (750, 1)


def test_a_refund_takes_back_what_each_creator_got(sold, creators, mei, noon):
    orchard, singer = creators
    for number in range(3):
        services.refund_shipped(
            order_id=sold.order_id,
            quantities={sold.pk: 1},
            reason=RefundReason.DAMAGED,
            actor=mei,
            now=noon + timedelta(hours=number),
        )
        assert ledger.check() == []
    assert CommissionShare.objects.count() == 8
    for creator in (orchard, singer):
        assert ledger.balances()[ledger.creator(creator.public_id)] == 0


def test_what_a_session_sold(sold, mei, plums, noon):
    [row] = queries.sales_of_sessions(["SESSION000000001", "SESSION000000002"])
    assert (row.session, row.product_id, row.county) == (
        "SESSION000000001",
        plums.product_id,
        "500237",
    )
    assert (row.order_count, row.buyer_count, row.unit_count) == (1, 1, 3)
    assert (row.paid_fen, row.net_fen) == (3 * 3980, 3 * 3980)
    assert OrderLine.objects.get().via_post == ""
