"""Grants for villages and for live sessions: asked for, delivered, and over with their object."""

from datetime import timedelta

import pytest

from shanhuo.kernel import clock, jobs
from shanhuo.live.models import Session, ShowcaseItem
from shanhuo.live.services import airing, planning
from shanhuo.people.services import accounts
from shanhuo.regions import services as regions
from shanhuo.traffic import sheets, viewers
from shanhuo.traffic.grants import booking, services
from shanhuo.traffic.grants.recount import recount
from shanhuo.traffic.grants.targets import NothingToShow, ObjectUnknown
from shanhuo.traffic.grants.terms import Wish
from shanhuo.traffic.kinds import ObjectKind
from shanhuo.traffic.log import SignalLog
from shanhuo.traffic.models import Contract
from shanhuo.traffic.models.grants import Means, Placement
from shanhuo.traffic.trials.services import TrialOfSession, register_trial
from tests.traffic import grants_kit as kit

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def root(tmp_path):
    return tmp_path / "signals"


@pytest.fixture
def support(op, wang, make_county, noon):
    """Get these wishes of Wushan granted; returns the contracts by kind."""

    def support(*wishes, at=noon, **differently):
        asked = kit.terms(*wishes, means=Means.LIVE, caps={Placement.FEED: 2}, **differently)
        grant = kit.approved(op, wang, make_county(), asked, now=at)
        return {one.kind: one for one in grant.contracts.all()}

    return support


def session_wish(session, quota=60):
    return Wish(Contract.Kind.SESSION, session.public_id, quota)


def reason_of(contract):
    jobs.run_due()
    contract.refresh_from_db()
    return contract.end_reason


@pytest.fixture
def others(make_user, make_organisation, make_post, noon):
    """Three newer clips of other people, each better placed than what is supported."""
    for number in range(3):
        other = make_user(f"别人{number}")
        make_organisation("creator", name=f"别人{number}", members=(other,))
        with clock.at(noon + (number + 1) * HOUR):
            make_post(f"别的 {number}", author=other)


# ---- villages ----


@pytest.fixture
def make_village(make_county, wang, noon):
    def make(name, county=None):
        place = county or make_county()
        return regions.add_village(
            county=place,
            township="大昌镇",
            name=name,
            actor=wang,
            office_county_ids=frozenset({place.pk}),
            now=noon,
        )

    return make


def test_a_clip_is_of_the_village_that_its_place_names(make_village, make_post):
    village = make_village("下庄村")
    assert make_post(place_name="下庄村").village_id == village.pk
    assert make_post(place_name="下庄村后山").village_id is None


def test_a_grant_for_a_village_shows_clips_of_the_village_alone(
    root, support, make_village, make_post, others, noon
):
    make_village("下庄村")
    village = make_village("当阳村")
    post = make_post("当阳的茶", place_name="当阳村")
    make_post("下庄的茶", place_name="下庄村")
    contract = support(Wish(Contract.Kind.VILLAGE, village.public_id, 100))["village"]
    house = kit.house_of(root)
    house.live.step(now=noon + 8 * HOUR)
    answer = house.answer(viewers.new_viewer(), now=noon + 8 * HOUR, length=2)
    slots = kit.supported_slots(answer)
    assert [answer.as_data()[slot]["id"] for slot in slots] == [post.public_id]
    logged = sheets.unseal(answer.sheet).slots[slots[0]]
    assert int(logged["grant"]) == contract.pk


def test_a_village_without_a_clip_and_one_of_another_county_are_refused(
    support, make_village, make_county, make_post
):
    village = make_village("下庄村")
    with pytest.raises(NothingToShow):
        support(Wish(Contract.Kind.VILLAGE, village.public_id, 100))
    far = make_village("三角坝村", make_county("奉节县", "500236"))
    with pytest.raises(ObjectUnknown):
        support(Wish(Contract.Kind.VILLAGE, far.public_id, 100))


# ---- live sessions ----


def test_a_session_is_delivered_while_on_air_booked_and_given_back_at_its_end(
    root,
    support,
    make_session,
    make_post,
    others,
    lin,
    noon,
):
    session = make_session("scheduled", starts_at=noon + 8 * HOUR)
    contract = support(session_wish(session))["session"]
    house, now = kit.house_of(root), noon + 8 * HOUR
    house.live.step(now=now)
    assert kit.supported_slots(house.answer(viewers.new_viewer(), now=now, length=3)) == []
    Session.objects.filter(pk=session.pk).update(status="on_air", on_air_at=now)
    services.note_air(session=session.public_id, now=now)
    make_session("on_air")  # a rival that stands before it
    for number in range(5):
        at = now + (number + 1) * MINUTE
        house.live.step(now=at)
        viewer = viewers.viewer_of(f"v{number}")
        answer = house.answer(viewer, now=at, length=3)
        (slot,) = kit.supported_slots(answer)
        logged = sheets.unseal(answer.sheet).slots[slot]
        assert (logged["object_kind"], logged["object"]) == (ObjectKind.SESSION, session.pk)
        assert int(logged["grant"]) == contract.pk
        assert kit.watch(root, answer, viewer, [slot], now=at) == 1
    airing.end_session(session_id=session.pk, by=lin, now=now + 6 * MINUTE)
    assert reason_of(contract) == "ended"
    house.live.step(now=now + 6 * MINUTE)
    late = house.answer(viewers.new_viewer(), now=now + 6 * MINUTE, length=3)
    assert session.public_id not in {item["id"] for item in late.as_data()}
    booking.book_recent(SignalLog(root), now=now + 4 * HOUR)
    contract.refresh_from_db()
    assert contract.settled_at is not None, "what was not used went back"
    found = recount(SignalLog(root), contract.grant, now=now + 4 * HOUR)
    (line,) = found.contracts
    assert (line.delivered, line.left, line.ledger_left) == (5, 55, 55)
    assert found.differences == []


def test_what_a_session_is_promised_is_due_within_an_hour_of_air(
    support,
    make_session,
    noon,
):
    session = make_session("scheduled", starts_at=noon + 8 * HOUR)
    contract = support(session_wish(session))["session"]
    assert (contract.begins_at, contract.due_at) == (noon + 8 * HOUR, noon + 9 * HOUR)
    services.note_air(session=session.public_id, now=noon + 9 * HOUR)
    contract.refresh_from_db()
    assert (contract.begins_at, contract.due_at) == (noon + 9 * HOUR, noon + 10 * HOUR)


def test_a_session_on_another_day_than_the_grant_is_refused(
    support,
    make_session,
    noon,
):
    session = make_session("scheduled", starts_at=noon + 20 * DAY)
    with pytest.raises(services.SessionElsewhen):
        support(session_wish(session))
    assert Contract.objects.count() == 0


@pytest.mark.parametrize("status", ["draft", "cancelled", "ended"])
def test_a_session_that_nobody_can_watch_is_not_supported(
    support,
    make_session,
    noon,
    status,
):
    over = {"ended_at": noon, "keep_until": noon} if status == "ended" else {}
    with pytest.raises(ObjectUnknown):
        support(session_wish(make_session(status, **over)))


def test_a_cancelled_session_ends_its_contract(support, make_session, lin, noon):
    session = make_session("scheduled", starts_at=noon + HOUR)
    contract = support(session_wish(session))["session"]
    planning.cancel(session_id=session.pk, by=lin, reason="下雨", now=noon)
    assert reason_of(contract) == "cancelled"


def test_a_suspended_host_ends_the_contracts_on_their_sessions(
    support,
    make_session,
    lin,
    op,
    noon,
):
    contract = support(session_wish(make_session("on_air")))["session"]
    accounts.suspend_account(user=lin, operator=op, reason="假货", now=noon)
    assert reason_of(contract) == "banned"


def test_a_session_with_nothing_left_to_sell_ends_its_contract(
    support,
    make_session,
    make_sku,
    noon,
):
    session = make_session("on_air")
    plums, tea = make_sku(stock_count=5), make_sku(stock_count=5)
    for position, sku in enumerate((plums, tea), 1):
        ShowcaseItem.objects.create(
            session=session,
            product=sku.product,
            brought_by=session.cast.get(),
            position=position,
            added_at=noon,
        )
    contract = support(session_wish(session))["session"]
    plums.stock_count = 0
    plums.save()
    assert services.end_sold_out_sessions(now=noon) == 0
    tea.stock_count = 0
    tea.save()
    assert services.end_sold_out_sessions(now=noon) == 1
    assert reason_of(contract) == "no_stock"


def test_a_session_without_goods_has_no_stock_to_run_out(support, make_session, noon):
    support(session_wish(make_session("on_air")))
    assert services.end_sold_out_sessions(now=noon) == 0


def test_a_banner_shows_a_session_while_it_is_on_air(
    root,
    op,
    wang,
    make_county,
    make_session,
    lin,
    noon,
):
    session = make_session("on_air")
    wish = Wish(Contract.Kind.SESSION, session.public_id, 60, placement=Placement.BANNER)
    asked = kit.terms(wish, caps={Placement.BANNER: 3})
    kit.approved(op, wang, make_county(), asked, now=noon)
    house, now = kit.house_of(root), noon + 10 * MINUTE
    house.live.step(now=now)
    placed = house.live.placards.place(Placement.BANNER, viewers.new_viewer(), now=now)
    assert placed is not None
    assert (placed.placard.kind, placed.placard.public_id) == ("session", session.public_id)
    assert (placed.placard.object_kind, placed.placard.object) == (
        ObjectKind.SESSION,
        session.pk,
    )
    airing.end_session(session_id=session.pk, by=lin, now=now)
    jobs.run_due()
    house.live.step(now=now + 15 * timedelta(seconds=1))
    later = house.live.placards.place(
        Placement.BANNER, viewers.new_viewer(), now=now + 15 * timedelta(seconds=1)
    )
    assert later is None


def test_a_trial_of_a_session_is_refused(root, support, make_session, op, noon):
    session = make_session("scheduled", starts_at=noon + 2 * DAY)
    contract = support(session_wish(session, 500), starts_on=kit.day(noon + DAY))["session"]
    with pytest.raises(TrialOfSession):
        register_trial(
            SignalLog(root),
            operator=op,
            grant_id=contract.grant_id,
            metric="plays",
            now=noon,
        )
