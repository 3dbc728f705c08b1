"""Coupons in a room: put out and taken back by its hosts, taken by its viewers, and kept as
evidence."""

from datetime import timedelta

import pytest

from shanhuo.live import queries, room_state
from shanhuo.live.evidence.records import RECORDS
from shanhuo.live.models import CouponOut, Session
from shanhuo.live.services import airing, coupons, showcase
from shanhuo.live.transitions import WrongStatus
from shanhuo.orders import queries as orders
from shanhuo.orders import services
from shanhuo.orders.models import Coupon, CouponBatch

MINUTE = timedelta(minutes=1)


@pytest.fixture
def session(make_session, noon):
    return make_session("on_air")


def offered(actor, merchant_id, noon, **others):
    """Ten yuan off fifty, two of them, one for each person, if nothing else is said."""
    terms = {"threshold_fen": 5000, "off_fen": 1000, "stock_count": 2, "per_person": 1, **others}
    return services.offer_coupons(
        merchant_id=merchant_id,
        opens_at=noon - MINUTE,
        closes_at=noon + timedelta(days=1),
        use_by=noon + timedelta(days=2),
        actor=actor,
        now=noon - MINUTE,
        **terms,
    )


@pytest.fixture
def batch(session, cooperative, lin, noon):
    return offered(lin, cooperative.pk, noon, session=session.public_id)


def act(verb, session, batch, by, now):
    return verb(session_id=session.pk, batch=batch.public_id, by=by, now=now)


def test_a_room_shows_and_gives_out_what_its_host_put_out(session, batch, lin, mei, noon):
    with pytest.raises(coupons.NotGivenOut):
        act(coupons.take, session, batch, mei, noon)
    before = Session.objects.get(pk=session.pk).room_version
    for _ in range(2):
        act(coupons.put_out, session, batch, lin, noon)
    assert CouponOut.objects.count() == 1
    assert Session.objects.get(pk=session.pk).room_version == before + 2
    assert act(coupons.take, session, batch, mei, noon).via_session == session.public_id
    state = room_state.read(session.pk, now=noon)
    assert state.coupons == [
        room_state.CouponsOut(
            id=batch.public_id,
            merchant=batch.merchant.name,
            off_fen=1000,
            threshold_fen=5000,
            left=1,
            use_by=batch.use_by,
            address=f"/live/{session.public_id}/coupons/{batch.public_id}",
            only_here=True,
        )
    ]
    assert room_state.showcase_of(session.pk, now=noon).runs_out


def test_what_was_taken_back_is_neither_shown_nor_given_out(session, batch, lin, mei, noon):
    act(coupons.put_out, session, batch, lin, noon)
    for _ in range(2):
        act(coupons.take_back, session, batch, lin, noon)
    assert room_state.read(session.pk, now=noon).coupons == []
    with pytest.raises(coupons.NotGivenOut):
        act(coupons.take, session, batch, mei, noon)
    act(coupons.put_out, session, batch, lin, noon)
    assert act(coupons.take, session, batch, mei, noon).number == 1


def test_only_hosts_put_out_and_only_what_a_merchant_on_stage_offers(
    session, batch, make_organisation, lin, mei, op, noon
):
    theirs = offered(op, make_organisation("merchant", name="别家").pk, noon)
    with pytest.raises(coupons.NotForThisRoom):
        act(coupons.put_out, session, theirs, lin, noon)
    with pytest.raises(showcase.NotYourShowcase):
        act(coupons.put_out, session, batch, mei, noon)
    assert CouponOut.objects.count() == 0


def test_coupons_of_another_room_are_not_put_out_here(make_session, batch, lin, noon):
    other = make_session("on_air")
    with pytest.raises(coupons.NotForThisRoom):
        act(coupons.put_out, other, batch, lin, noon)


def test_an_ended_session_gives_out_nothing(session, batch, lin, mei, noon):
    act(coupons.put_out, session, batch, lin, noon)
    airing.end_session(session_id=session.pk, by=lin, now=noon)
    with pytest.raises(coupons.NotGivenOut):
        act(coupons.take, session, batch, mei, noon)
    with pytest.raises(WrongStatus):
        act(coupons.put_out, session, batch, lin, noon)
    showcase.end_showcase(session_id=session.pk, now=noon)
    assert CouponOut.objects.get().taken_back_at == noon


def test_results_and_evidence_tell_what_was_given_out_and_by_whom_it_is_paid(
    session, batch, lin, mei, noon
):
    act(coupons.put_out, session, batch, lin, noon)
    act(coupons.take, session, batch, mei, noon)
    [result] = orders.coupons_of_sessions([session.public_id])
    assert (result.off_fen, result.taken_count, result.used_count) == (1000, 1, 0)
    [out] = RECORDS["coupons_out"](session)
    assert (out["batch"], out["put_out_by"]) == (batch.public_id, lin.public_id)
    [kept] = RECORDS["coupons"](session)
    assert (kept["merchant_basis_points"], kept["taken_in_session"]) == (10_000, 1)


def test_viewers_take_one_without_script_and_hosts_hand_out_from_the_desk(
    session, batch, lin, mei, noon, client
):
    room, take = (
        f"/live/{session.public_id}",
        f"/live/{session.public_id}/coupons/{batch.public_id}",
    )
    desk = f"/studio/live/{session.public_id}"
    client.force_login(mei)
    assert client.post(
        f"{desk}/coupons", {"batch": batch.public_id, "deed": "out"}
    ).status_code in (
        403,
        404,
    )
    client.force_login(lin)
    assert batch.public_id in client.get(f"{desk}/air").content.decode()
    client.post(f"{desk}/coupons", {"batch": batch.public_id, "deed": "out"})
    assert queries.batches_out(session.pk) == {batch.pk}
    client.force_login(mei)
    assert f'action="{take}"' in client.get(room).content.decode()
    assert client.post(take)["Location"] == room
    assert Coupon.objects.get().holder == mei
    page = client.get(room).content.decode()
    assert (f'action="{take}"' in page, "已领取" in page) == (False, True)


def test_the_room_knows_of_which_coupons_a_viewer_can_take_no_more(
    session, batch, lin, mei, noon, client
):
    """They are put out again while the page is open: its script has nobody to ask."""
    room = f"/live/{session.public_id}"
    other = offered(lin, batch.merchant_id, noon, off_fen=900, stock_count=4, per_person=2)
    client.force_login(mei)
    assert 'data-had=""' in client.get(room).content.decode()
    for one in (batch, other):
        act(coupons.put_out, session, one, lin, noon)
        act(coupons.take, session, one, mei, noon)
        act(coupons.take_back, session, one, lin, noon)
    assert f'data-had="{batch.public_id}"' in client.get(room).content.decode()
    client.logout()
    assert 'data-had=""' in client.get(room).content.decode()


def test_a_coupon_of_one_session_says_that_it_is_used_anywhere(session, batch, lin, noon, client):
    act(coupons.put_out, session, batch, lin, noon)
    room = f"/live/{session.public_id}"
    [card] = client.get(room).content.decode().split('<li class="coupon')[1:2]
    assert "只在这里领，在哪里下单都能用" in card
    CouponBatch.objects.update(session="")
    [card] = client.get(room).content.decode().split('<li class="coupon')[1:2]
    assert "只在这里领" not in card
