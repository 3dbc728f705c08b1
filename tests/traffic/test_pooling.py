"""Pools: what a small object cannot use any more goes to its county, to the last exposure."""

from collections import Counter
from datetime import timedelta
from io import StringIO
from itertools import count

import pytest
from django.core.management import call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shanhuo.content.services import posting
from shanhuo.impact.survival.past import past_of
from shanhuo.kernel import clock, jobs
from shanhuo.traffic import moments, sheets, viewers
from shanhuo.traffic.grants import book, booking, leases, queries, services
from shanhuo.traffic.grants import recount as recounting
from shanhuo.traffic.grants.counting import DayCount
from shanhuo.traffic.grants.leases import Report
from shanhuo.traffic.grants.pace import due_of, pace_of
from shanhuo.traffic.grants.recount import recount
from shanhuo.traffic.grants.terms import Wish
from shanhuo.traffic.kinds import ObjectKind, Source, Surface
from shanhuo.traffic.log import SignalLog
from shanhuo.traffic.models import Contract, Grant, LedgerEntry, Programme
from shanhuo.traffic.models.grants import Placement
from shanhuo.traffic.models.ledger import Account
from shanhuo.traffic.sheets import Slot
from shanhuo.traffic.trials.services import TrialOfPool, register_trial
from tests.traffic import grants_kit as kit

pytestmark = pytest.mark.django_db
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
SOON = 5 * MINUTE
DEAD = leases.LEASE + leases.AIR_LIFE + MINUTE
"""So long after its last sign of life nothing that a process had is in the air any more."""

Ended = Contract.EndReason
OF_CONTRACT = (Account.OBJECT, Account.RESERVED, Account.DELIVERED)


@pytest.fixture
def root(tmp_path):
    return tmp_path / "signals"


@pytest.fixture
def log(root):
    return SignalLog(root)


@pytest.fixture
def pooled(op, wang, make_county, make_post, noon):
    """Get 30 exposures each for three clips of Wushan, pooled; returns their contracts."""

    def pooled(*more, quotas=(30, 30, 30), **differently):
        wishes = [kit.wish_for(make_post(f"第 {quota} 条"), quota) for quota in quotas]
        asked = kit.terms(*wishes, *more, pooled=True, **differently)
        grant = kit.approved(op, wang, make_county(), asked, now=noon)
        return list(grant.contracts.order_by("pk"))

    return pooled


def end(contract, now, reason=Ended.WITHDRAWN):
    return services.end_contracts_on(
        kind=contract.kind, public_ids=[contract.target_public_id], reason=reason, now=now
    )


_number = count(1)


def show(root, viewer, contracts, *, now, first_post=1):
    """Somebody sees a sheet with a slot for each of these contracts (0: of none)."""
    slots = [
        Slot(ObjectKind.POST, first_post + place, 500237, Source.GRANT, grant=contract)
        for place, contract in enumerate(contracts)
    ]
    at = {"surface": Surface.FEED, "now_ms": moments.to_ms(now)}
    _, token = sheets.seal(slots, viewer=viewer.key, **at)
    assert kit.watch_token(root, token, viewer, range(len(slots)), now=now) == len(slots)


def see(root, contract, times, *, now):
    """So many people see the object of a contract."""
    for _ in range(times):
        show(root, viewers.viewer_of(f"somebody {next(_number)}"), [contract.pk], now=now)


def lease(process, contract, *, now, seen=0, out=0, wanted=0):
    reports = {contract.pk: Report(seen=seen, seen_on_day=seen, out=out, wanted=wanted)}
    return leases.renew(process, reports, now=now)[contract.pk]


def county_of(contract):
    """The county's contract in the grant and placement of this one, or None."""
    rows = Contract.objects.filter(grant=contract.grant_id, kind="county")
    return rows.filter(placement=contract.placement).first()


def lies_with(contract):
    """(promised to it, seen, went back to the programme), by the ledger."""
    page = book.pages([contract.pk])[contract.pk]
    with_it = page.lies[Account.OBJECT] + page.lies[Account.RESERVED]
    return with_it, page.lies[Account.DELIVERED], page.moved[book.Kind.RETURN]


def assert_whole(log, grant, *, now):
    """Nothing is lost, nothing is made: whatever happened before."""
    lies = book.balances(LedgerEntry.objects.filter(programme=grant.programme_id))
    assert sum(lies.values()) == 0
    assert lies[Account.PLAN] == 0
    assert all(amount >= 0 for account, amount in lies.items() if account != Account.SUPPLY)
    contracts = list(grant.contracts.all())
    assert sum(one.promised_count for one in contracts) == grant.asked_count
    assert sum(sum(lies_with(one)) for one in contracts) == grant.asked_count
    found = recount(log, grant, now=now)
    assert found.agrees, [one for one in found.contracts if not one.agrees]
    return found


# ---- the way of one exposure ----


@pytest.fixture
def others(make_user, make_organisation, make_county, make_post, noon):
    """Three newer clips of another county."""
    far = make_county("奉节县", "500236")
    for number in range(3):
        other = make_user(f"别人{number}")
        make_organisation("creator", name=f"别人{number}", county=far, members=(other,))
        with clock.at(noon + (number + 1) * HOUR):
            make_post(f"别的 {number}", author=other)


def test_a_withdrawn_clip_leaves_its_rest_to_the_other_clips_of_the_county(
    root, log, op, wang, zhao, make_county, make_post, others, noon, settings
):
    post, neighbour = make_post("要下架的短视频"), make_post("邻居家的短视频")
    asked = kit.terms(kit.wish_for(post, 30), pooled=True)
    grant = kit.approved(op, wang, make_county(), asked, now=noon - 12 * HOUR)
    contract = grant.contracts.get()
    house, now = kit.house_of(root), noon + 5 * HOUR
    for number in range(5):
        at = now + number * 10 * SECOND
        house.live.step(now=at)
        viewer = viewers.viewer_of(f"v{number}")
        answer = house.answer(viewer, now=at, length=2)
        (slot,) = kit.supported_slots(answer)
        # The fifth person looks away: for half an hour the exposure is in the air.
        assert kit.watch(root, answer, viewer, [slot][: 4 - number], now=at) == (number < 4)
    now += MINUTE
    posting.withdraw_post(post_id=post.pk, by=zhao, now=now)
    jobs.run_due()
    services.turn(now=now)
    house.live.step(now=now + 6 * SECOND)
    booking.book_recent(log, now=now + SOON)
    grant.refresh_from_db()
    assert (grant.status, county_of(contract)) == ("running", None), "its air is not back yet"

    later = now + DEAD
    booking.book_recent(log, now=later)
    county = county_of(contract)
    assert lies_with(contract) == (0, 4, 0)
    assert (county.quota_count, county.pooled_count, county.begins_at) == (0, 26, later)
    house.live.step(now=later + HOUR)
    viewer = viewers.viewer_of("late")
    answer = house.answer(viewer, now=later + HOUR, length=2)
    (slot,) = kit.supported_slots(answer)
    assert answer.as_data()[slot]["id"] == neighbour.public_id
    assert int(sheets.unseal(answer.sheet).slots[slot]["grant"]) == county.pk
    assert queries.is_pool(county.pk)
    assert not queries.is_pool(contract.pk)
    assert kit.watch(root, answer, viewer, [slot], now=later + HOUR) == 1
    booking.book_recent(log, now=later + HOUR + SOON)
    found = assert_whole(log, grant, now=later + HOUR + SOON)
    assert [(one.quota, one.delivered, one.left, one.pooled) for one in found.contracts] == [
        (4, 4, 0, -26),
        (26, 1, 25, 26),
    ]
    settings.SIGNALS_DIR = root
    printed = StringIO()
    with clock.at(later + HOUR + SOON):
        call_command("recount", "grant", grant.public_id, stdout=printed)
    assert f"(contract {county.pk}), 26, +26 pooled in it" in printed.getvalue()
    assert printed.getvalue().endswith("equal\n")


def test_the_ledger_has_an_entry_out_of_the_object_and_the_next_one_to_the_county(
    log, pooled, noon
):
    gone, *_ = pooled()
    end(gone, noon)
    booking.book_recent(log, now=noon + SOON)
    county = county_of(gone)
    entries = LedgerEntry.objects.filter(grant=gone.grant_id).order_by("-sequence")[:2]
    said = [(one.kind, one.source, one.target, one.amount, one.contract_id) for one in entries]
    assert said == [
        ("assign", "plan", "object", 30, county.pk),
        ("pool", "object", "plan", 30, gone.pk),
    ]
    assert entries[0].sequence == entries[1].sequence + 1
    assert book.first_break(gone.grant.programme_id) is None
    sheet = queries.sheet_of(gone.grant, now=noon)
    assert [(one.object.number, one.amount) for one in sheet.poolings] == [(gone.pk, 30)]
    assert (sheet.granted, sheet.left, sheet.returned) == (90, 90, 0)
    assert past_of([], through=kit.FIRST).support.programme_of[county.pk] == (
        gone.grant.programme.public_id
    )


# ---- never one too many, never one lost ----


def test_a_process_that_still_holds_a_lease_holds_the_pool_back_and_a_killed_one_too(
    root, log, pooled, noon
):
    gone, *_ = pooled()
    assert lease("a", gone, wanted=8, now=noon) == 8
    end(gone, noon + MINUTE)
    # It had given out five of its eight, and two of them were seen before it renewed.
    see(root, gone, 2, now=noon + MINUTE)
    assert lease("a", gone, seen=2, out=3, wanted=8, now=noon + MINUTE) == 0
    booking.book_recent(log, now=noon + SOON)
    assert (county_of(gone), lies_with(gone)) == (None, (28, 2, 0))
    # It is killed. Of the three one is seen in the last minute; nobody of this process tells.
    last = noon + MINUTE + timedelta(minutes=29)
    see(root, gone, 1, now=last)
    booking.book_recent(log, now=last)
    assert county_of(gone) is None
    booking.book_recent(log, now=noon + MINUTE + DEAD)
    assert (county_of(gone).pooled_count, lies_with(gone)) == (27, (0, 3, 0))
    booking.book_recent(log, now=noon + MINUTE + 2 * DEAD)
    assert county_of(gone).pooled_count == 27, "once"
    assert_whole(log, gone.grant, now=noon + MINUTE + 2 * DEAD)


def test_an_exposure_that_a_process_has_read_and_the_booking_has_not_is_not_pooled(
    root, log, pooled, noon
):
    gone, *_ = pooled()
    assert lease("a", gone, wanted=1, now=noon) == 1
    end(gone, noon)
    before = log.snapshot()
    see(root, gone, 1, now=noon)
    lease("a", gone, seen=1, now=noon + MINUTE)
    booking.book_recent(log, now=noon + SOON, snapshot=before)
    assert (county_of(gone).pooled_count, lies_with(gone)) == (29, (1, 0, 0))
    booking.book_recent(log, now=noon + 2 * SOON)
    assert (county_of(gone).pooled_count, lies_with(gone)) == (29, (0, 1, 0))
    assert_whole(log, gone.grant, now=noon + 2 * SOON)


def test_what_is_found_to_be_fake_after_the_object_is_gone_goes_to_the_county_too(
    root, log, pooled, noon
):
    """Three exposures are believed; twenty minutes later their viewer turns out to be a program."""
    gone, *_ = pooled()
    program = viewers.viewer_of("a program")
    show(root, program, 3 * [gone.pk], now=noon)
    end(gone, noon)
    booking.book_recent(log, now=noon + SOON)
    assert (county_of(gone).pooled_count, lies_with(gone)) == (27, (0, 3, 0))
    for sheet in range(2):
        show(root, program, 45 * [0], now=noon + SECOND, first_post=100 * (sheet + 1))
    booking.book_recent(log, now=noon + 20 * MINUTE)
    assert (county_of(gone).pooled_count, lies_with(gone)) == (30, (0, 0, 0))
    assert_whole(log, gone.grant, now=noon + 20 * MINUTE)


DEEDS = ["give", "give", "see", "see", "doubt", "end", "end", "die"]


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_leased_seen_doubted_ended_and_booked_nothing_is_lost_or_made(
    data, log, pooled, monkeypatch, noon
):
    """Objects go in any order while a process leases, gives out, and is killed; of what was given
    out people see some, and some of that is not believed."""
    contracts = pooled(quotas=(7, 12), title=str(next(_number)))
    grant, now = contracts[0].grant, noon
    shown: Counter[int] = Counter()
    doubted: Counter[int] = Counter()
    out: Counter[int] = Counter()

    def counted(*_args, **_days):
        return [DayCount(pk, kit.FIRST, shown[pk], doubted[pk]) for pk in shown]

    monkeypatch.setattr(booking, "count", counted)
    monkeypatch.setattr(recounting, "count", counted)
    for deed in data.draw(st.lists(st.sampled_from(DEEDS), min_size=4, max_size=10)):
        one = data.draw(st.sampled_from(list(grant.contracts.order_by("pk"))))
        now += DEAD if deed == "die" else MINUTE
        if deed == "die":
            out.clear()
        elif deed == "give":
            known = {"seen": shown[one.pk], "now": now}
            out[one.pk] += lease("a", one, wanted=5, out=out[one.pk], **known)
            lease("a", one, out=out[one.pk], **known)
        elif deed == "see":
            times = data.draw(st.integers(0, out[one.pk]))
            shown[one.pk] += times
            out[one.pk] -= times
        elif deed == "doubt":
            doubted[one.pk] += data.draw(st.integers(0, shown[one.pk] - doubted[one.pk]))
        elif one.kind == "post":
            end(one, now)
        booking.book_recent(log, now=now)
        lies = book.balances(LedgerEntry.objects.filter(grant=grant))
        assert min(lies[account] for account in OF_CONTRACT) >= 0
    everything = list(grant.contracts.values_list("target_public_id", flat=True))
    services.end_contracts_on(
        kind=Contract.Kind.POST, public_ids=everything, reason=Ended.WITHDRAWN, now=now
    )
    booking.book_recent(log, now=now + DEAD)
    found = assert_whole(log, grant, now=now + DEAD)
    assert all(one.delivered <= one.quota for one in found.contracts)
    assert grant.entries.filter(kind="beyond").count() == 0
    # The next example asks for other clips; the calendar of this one is over.
    services.stop_grant(operator=grant.decided_by, grant_id=grant.pk, reason="完", now=now + DEAD)


# ---- pacing ----


def test_a_line_to_more_goes_through_what_was_due_and_is_straight_to_the_end(log, pooled, noon):
    """Wushan's own 100 run from the first noon; 30 come on the fourth day, 30 on the seventh."""
    first, second, third, county = pooled(kit.county_wish(100))
    for number, gone in ((3, first), (6, second)):
        at = noon + timedelta(days=number)
        county.refresh_from_db()
        due = due_of(county, now=at)
        end(gone, at)
        booking.book_recent(log, now=at)
        county.refresh_from_db()
        assert due_of(county, now=at) == pytest.approx(due)
        assert due_of(county, now=county.due_at) == county.promised_count
    assert (county.quota_count, county.pooled_count) == (100, 60)
    middle = noon + timedelta(days=6) + (county.due_at - noon - timedelta(days=6)) / 2
    assert due_of(county, now=middle) == pytest.approx((due + 160) / 2)
    assert pace_of(log, third.grant, now=county.due_at).target == 190


def test_a_county_that_had_all_of_its_own_begins_again(root, log, pooled, noon):
    gone, _, _, county = pooled(kit.county_wish(3))
    see(root, county, 3, now=noon)
    tomorrow = noon + timedelta(days=1)
    booking.book_recent(log, now=tomorrow)
    county.refresh_from_db()
    assert county.end_reason == "delivered"
    end(gone, tomorrow)
    booking.book_recent(log, now=tomorrow + SOON)
    county.refresh_from_db()
    assert (county.ended_at, county.end_reason, county.settled_at) == (None, "", None)
    assert lease("a", county, seen=3, wanted=50, now=tomorrow + SOON) == 30
    assert_whole(log, gone.grant, now=tomorrow + SOON)


# ---- where it does not go to the county ----


@pytest.mark.parametrize("deed", ["stopped", "over"])
def test_attack_a_grant_that_ends_while_it_pools_takes_everything_back(log, op, pooled, noon, deed):
    gone, *_ = pooled()
    grant = gone.grant
    last = clock.start_of(kit.LAST + timedelta(days=1)) - HOUR
    assert lease("a", gone, wanted=8, now=last) == 8
    end(gone, last)
    if deed == "stopped":
        services.stop_grant(operator=op, grant_id=grant.pk, reason="搞错了", now=last + MINUTE)
        booking.book_recent(log, now=last + SOON)
    else:
        # Its last day is over, and the calendar has not been turned yet.
        booking.book_recent(log, now=last + 2 * HOUR)
        services.turn(now=last + 2 * HOUR)
    booking.book_recent(log, now=last + 3 * HOUR)
    assert county_of(gone) is None
    assert [lies_with(one) for one in grant.contracts.all()] == 3 * [(0, 0, 30)]
    services.turn(now=last + 3 * HOUR)
    assert Programme.objects.get().closed_at is not None
    assert_whole(log, grant, now=last + 3 * HOUR)


def test_a_county_gives_back_what_it_could_not_use_when_the_grant_is_over(log, pooled, noon):
    contracts = pooled()
    for one in contracts:
        assert end(one, noon) == 1
        assert end(one, noon) == 0, "the same object twice"
    services.turn(now=noon + MINUTE)
    booking.book_recent(log, now=noon + SOON)
    county, grant = county_of(contracts[0]), Grant.objects.get()
    assert (county.pooled_count, grant.status) == (90, "running")
    over = clock.start_of(kit.LAST + timedelta(days=1))
    services.turn(now=over)
    booking.book_recent(log, now=over + SOON)
    county.refresh_from_db()
    assert (county.end_reason, lies_with(county)) == ("over", (0, 0, 90))
    assert county.settled_at is not None
    assert_whole(log, grant, now=over + SOON)


def test_each_placement_has_a_pool_of_its_own(log, op, wang, make_county, make_post, noon):
    post = make_post()
    wishes = [kit.wish_for(post, 30), kit.wish_for(post, 40, placement=Placement.BANNER)]
    asked = kit.terms(*wishes, pooled=True)
    grant = kit.approved(op, wang, make_county(), asked, now=noon)
    first = grant.contracts.first()
    assert end(first, noon) == 2
    booking.book_recent(log, now=noon + SOON)
    pools = grant.contracts.filter(kind="county").order_by("pk")
    assert [(one.placement, one.pooled_count) for one in pools] == [("feed", 30), ("banner", 40)]
    assert_whole(log, grant, now=noon + SOON)


def test_without_the_choice_the_rest_goes_back_to_the_programme(log, pooled, noon):
    gone, *_ = pooled()
    Grant.objects.update(is_pooled=False)
    end(gone, noon)
    booking.book_recent(log, now=noon + SOON)
    assert (county_of(gone), lies_with(gone)) == (None, (0, 0, 30))


# ---- what may be asked beside it ----


def test_a_county_alone_has_nothing_to_pool(op, wang, make_county, make_post, noon):
    make_post()
    asked = kit.terms(kit.county_wish(), pooled=True)
    grant = kit.approved(op, wang, make_county(), asked, now=noon)
    assert not grant.is_pooled


def test_what_a_pool_has_for_the_county_does_not_keep_others_from_asking(
    log, wang, make_county, pooled, noon
):
    gone, *_ = pooled()
    end(gone, noon)
    booking.book_recent(log, now=noon + SOON)
    services.request_grant(
        requester=wang,
        programme_id=gone.grant.programme_id,
        county_id=make_county().pk,
        terms=kit.terms(Wish(Contract.Kind.COUNTY, "500237", 50)),
        now=noon + SOON,
    )
    assert Grant.objects.count() == 2


def test_a_pooled_grant_is_not_tried(log, op, pooled, noon):
    contracts = pooled(quotas=(500,), starts_on=kit.FIRST + timedelta(days=1))
    with pytest.raises(TrialOfPool):
        register_trial(log, operator=op, grant_id=contracts[0].grant_id, metric="plays", now=noon)
