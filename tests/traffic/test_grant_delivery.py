"""Grants in the feed: what is charged, what is not, and what flows back."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from shanhuo.kernel import clock
from shanhuo.traffic import sheets, viewers
from shanhuo.traffic.compaction import compact
from shanhuo.traffic.grants import booking, holding, leases, services
from shanhuo.traffic.grants.recount import recount
from shanhuo.traffic.log import SignalLog
from shanhuo.traffic.models import Contract, Lease
from shanhuo.traffic.models.grants import Placement
from tests.traffic import grants_kit as kit

pytestmark = pytest.mark.django_db
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


@pytest.fixture
def root(tmp_path):
    return tmp_path / "signals"


@pytest.fixture
def supported(op, wang, make_user, make_organisation, make_county, make_post, noon):
    """A clip under a grant of 100, in the shadow of three others that arrive later and are newer.

    Returns (contract, post).
    """
    post = make_post("要扶持的短视频")
    asked = kit.terms(kit.wish_for(post, 100), caps={Placement.FEED: 2})
    grant = kit.approved(op, wang, make_county(), asked, now=noon - 12 * HOUR)
    for number in range(3):
        other = make_user(f"别人{number}")
        make_organisation("creator", name=f"别人{number}", members=(other,))
        with clock.at(noon + (number + 1) * HOUR):
            make_post(f"别的 {number}", author=other)
    return grant.contracts.get(), post


def evening(house, *, now, viewer=None, length=2):
    viewer = viewer or viewers.new_viewer()
    house.live.step(now=now)
    return viewer, house.answer(viewer, now=now, length=length)


LATER = 5 * HOUR


def test_a_clip_under_a_grant_is_shown_where_it_would_not_stand(root, supported, noon):
    contract, post = supported
    _, answer = evening(kit.house_of(root), now=noon + LATER)
    (slot,) = kit.supported_slots(answer)
    logged = sheets.unseal(answer.sheet).slots[slot]
    assert answer.as_data()[slot]["id"] == post.public_id
    assert (int(logged["grant"]), float(logged["price"]) > 0) == (contract.pk, True)


def test_what_would_have_been_shown_anyway_is_not_charged(root, supported, noon):
    """All four clips fit into a list of four: the grant adds nothing, and pays for nothing."""
    _, answer = evening(kit.house_of(root), now=noon + LATER, length=4)
    slots = sheets.unseal(answer.sheet).slots
    assert len(slots) == 4
    assert set(slots["grant"].tolist()) == {0}
    assert set(slots["price"].tolist()) == {0.0}


def test_an_exposure_is_booked_and_the_recount_says_the_same(root, supported, noon):
    contract, _ = supported
    house, now = kit.house_of(root), noon + LATER
    for number in range(5):
        viewer, answer = evening(house, now=now + number * 10 * SECOND)
        seen = kit.supported_slots(answer)
        assert kit.watch(root, answer, viewer, seen, now=now + number * 10 * SECOND) == 1
    booking.book_recent(SignalLog(root), now=now + 60 * SECOND)
    compact(SignalLog(root))
    booking.book_recent(SignalLog(root), now=now + 70 * SECOND)
    found = recount(SignalLog(root), contract.grant, now=now + 80 * SECOND)
    (one,) = found.contracts
    assert (one.shown, one.excluded, one.left) == (5, 0, 95)
    assert (one.ledger_shown, one.ledger_excluded, one.ledger_left) == (5, 0, 95)
    assert found.agrees


def test_many_contracts_take_turns_of_a_second_and_each_comes_every_five(
    root, supported, noon, monkeypatch
):
    monkeypatch.setattr(holding, "AT_ONCE", 0)
    house, now = kit.house_of(root), noon + LATER
    renewed_after = []
    for second in range(11):
        house.live.step(now=now + second * SECOND)
        renewed_after.append((Lease.objects.get().expires_at - leases.LEASE - now) // SECOND)
    start, first, second = sorted(set(renewed_after))
    assert (start, second - first) == (0, 5)
    assert 1 <= first <= 5


def test_one_viewer_is_given_no_more_than_the_cap(root, supported, noon):
    house, mei, now = kit.house_of(root), viewers.new_viewer(), noon + LATER
    given = 0
    for number in range(6):
        house.live.memories.of(mei.key).served = type(house.live.memories.of(1).served)(64)
        _, answer = evening(house, viewer=mei, now=now + number * 10 * SECOND)
        given += len(kit.supported_slots(answer))
    assert given == 2


def test_a_slot_that_nobody_saw_in_time_comes_back(root, supported, noon):
    contract, _ = supported
    house, now = kit.house_of(root), noon + LATER
    evening(house, now=now)
    house.live.step(now=now + 3 * SECOND)
    house.close(now=now + 4 * SECOND)
    assert leases.in_the_air([contract.pk], now=now + 5 * SECOND) == {contract.pk: 1}
    assert leases.in_the_air([contract.pk], now=now + HOUR) == {}
    leases.bury(now=now + HOUR)
    assert Lease.objects.count() == 0


def test_a_stopped_grant_is_shown_no_more_and_gives_back_what_it_did_not_use(
    root, supported, op, noon
):
    contract, _ = supported
    house, now = kit.house_of(root), noon + LATER
    viewer, answer = evening(house, now=now)
    kit.watch(root, answer, viewer, kit.supported_slots(answer), now=now)
    services.stop_grant(operator=op, grant_id=contract.grant_id, reason="停", now=now + SECOND)
    _, after = evening(house, now=now + 5 * SECOND)
    assert kit.supported_slots(after) == []
    house.live.step(now=now + 10 * SECOND)
    booking.book_recent(SignalLog(root), now=now + 10 * SECOND)
    contract.refresh_from_db()
    assert contract.settled_at is not None
    found = recount(SignalLog(root), contract.grant, now=now + 10 * SECOND).contracts[0]
    assert (found.delivered, found.ledger_left, found.agrees) == (1, 99, True)


def test_counters_that_were_lost_are_rebuilt_from_the_log(root, supported, noon):
    contract, _ = supported
    house, now = kit.house_of(root), noon + LATER
    for number in range(3):
        viewer, answer = evening(house, now=now + number * 10 * SECOND)
        kit.watch(root, answer, viewer, kit.supported_slots(answer), now=now + number * 10 * SECOND)
    compact(SignalLog(root))
    Contract.objects.update(seen_count=0, seen_day=None, seen_on_day=0)
    Lease.objects.all().delete()
    restarted = kit.house_of(root)
    restarted.live.step(now=now + HOUR)
    contract.refresh_from_db()
    assert (contract.seen_count, contract.seen_on_day) == (3, 3)


@pytest.mark.parametrize("damage", ["part", "manifest"])
def test_on_a_damaged_log_the_feed_starts_and_gives_out_no_more_than_is_left(
    root, supported, noon, damage
):
    Contract.objects.update(quota_count=3)
    house, now = kit.house_of(root), noon + LATER
    for number in range(3):
        moment = now + number * 10 * SECOND
        viewer, answer = evening(house, now=moment)
        kit.watch(root, answer, viewer, kit.supported_slots(answer), now=moment)
    evening(house, now=now + 40 * SECOND)
    log = SignalLog(root)
    compact(log)
    for path in log.part_paths() if damage == "part" else [log.folder / "manifest.json"]:
        path.write_bytes(b"")
    for path in log.segments.closed.iterdir():
        path.unlink()
    restarted = kit.house_of(root)
    for hours in (1, 2, 4):
        _, answer = evening(restarted, now=now + hours * HOUR)
        assert (len(answer.items), charged(answer)) == (2, 0)


def test_what_a_killed_feed_gave_out_is_not_given_out_again_while_it_may_yet_be_charged(
    root, supported, noon
):
    Contract.objects.update(quota_count=1)
    killed, now = kit.house_of(root), noon + LATER
    assert charged(evening(killed, now=now)[1]) == 1
    heir = kit.house_of(root)
    for moment in (now + SECOND, now + 40 * SECOND, now + leases.AIR_LIFE):
        assert charged(evening(heir, now=moment)[1]) == 0
    assert charged(evening(heir, now=now + HOUR)[1]) == 1


def charged(answer) -> int:
    """Slots of a list that a contract pays for."""
    return int((sheets.unseal(answer.sheet).slots["grant"] > 0).sum())


@pytest.mark.parametrize("jump", [-HOUR, HOUR])
def test_a_clock_that_jumps_an_hour_neither_stops_nor_doubles_a_contract(
    root, supported, noon, jump
):
    Contract.objects.update(quota_count=3)
    house, now = kit.house_of(root), noon + LATER
    lists = [evening(house, now=now + n * 10 * SECOND) for n in range(2)]
    lists += [evening(house, now=now + jump + n * 10 * SECOND) for n in range(1, 9)]
    seen_at = now + jump + 100 * SECOND
    for viewer, answer in lists:
        kit.watch(root, answer, viewer, kit.supported_slots(answer), now=seen_at)
    with SignalLog(root).open() as connection:
        (found,) = connection.execute('SELECT count(*) FROM signals WHERE "grant" > 0').fetchone()
    assert found == 3


def test_fakes_are_excluded_by_rule_and_promised_again(root, supported, noon):
    """One viewer sees the same clip five times: three count, two are excluded and come back."""
    contract, post = supported
    now, mei = noon + LATER, viewers.new_viewer()
    slot = sheets.Slot(
        sheets.ObjectKind.POST, post.pk, 500237, sheets.Source.GRANT, 1, 0.4, 1.0, contract.pk
    )
    for number in range(5):
        at = now + number * SECOND
        _, token = sheets.seal([slot], viewer=mei.key, surface=sheets.Surface.FEED, now_ms=ms(at))
        kit.watch_token(root, token, mei, [0], now=at)
    booking.book_recent(SignalLog(root), now=now + HOUR)
    contract.refresh_from_db()
    one = recount(SignalLog(root), contract.grant, now=now + HOUR).contracts[0]
    assert (one.shown, one.excluded, one.delivered, one.left) == (5, 2, 3, 97)
    assert one.agrees
    assert contract.excluded_count == 2


def ms(moment) -> int:
    return int(moment.timestamp() * 1000)


def test_the_command_prints_log_and_ledger_side_by_side(root, supported, noon, settings):
    contract, _ = supported
    settings.SIGNALS_DIR = root
    house, now = kit.house_of(root), noon + LATER
    viewer, answer = evening(house, now=now)
    kit.watch(root, answer, viewer, kit.supported_slots(answer), now=now)
    out = StringIO()
    with clock.at(now + HOUR):
        call_command("recount", "grant", contract.grant.public_id, stdout=out)
    told = [line.split() for line in out.getvalue().splitlines()]
    assert ["shown", "1", "1"] in told
    assert ["2026-07-01", "delivered", "1", "1"] in told
    assert told[-1] == ["equal"]
    with pytest.raises(CommandError):
        call_command("recount", "grant", "0" * 16)
