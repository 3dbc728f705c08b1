"""Banners and opening cards: who is shown one, how often, and what is charged for it."""

from datetime import timedelta

import pytest

from shanhuo.traffic import moments, sheets, viewers
from shanhuo.traffic.grants import booking, queries, services
from shanhuo.traffic.grants.placards import LOOK_AHEAD_MS
from shanhuo.traffic.grants.recount import recount
from shanhuo.traffic.intake import Batch, Received
from shanhuo.traffic.kinds import Flags, Kind, ObjectKind, Surface
from shanhuo.traffic.log import SignalLog
from shanhuo.traffic.models import Grant, LedgerEntry
from shanhuo.traffic.models.grants import Placement
from shanhuo.traffic.recorder import Recorder
from tests.traffic import grants_kit as kit

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BANNER, SPLASH = Placement.BANNER, Placement.SPLASH


@pytest.fixture
def root(tmp_path):
    return tmp_path / "signals"


@pytest.fixture
def granted(op, wang, make_county, make_post, noon):
    """Makes a running grant to 巫山 with these wishes."""

    def make(*wishes, **differently):
        make_post()
        terms = kit.terms(*wishes, **differently)
        return kit.approved(op, wang, make_county(), terms, now=noon)

    return make


def place(placement, quota=1000, **differently):
    return kit.county_wish(quota, placement=placement, **differently)


def stepped(root, *, now):
    house = kit.house_of(root)
    house.live.step(now=now)
    return house.live.placards


def tell(root, placed, viewer, kind, *, now):
    """Report one signal about a placard; whether it was believed."""
    recorder = Recorder(root, now_ms=moments.to_ms(now))
    batch = Batch([placed.sheet], [(0, 0, kind.value, 0, 0)])
    counts = recorder.record([Received(batch, viewer.key, moments.to_ms(now))])
    recorder.close()
    return counts[0][0] == 1


def test_a_banner_stands_on_a_sheet_of_its_own_surface(root, granted, noon):
    grant = granted(place(BANNER))
    now, viewer = noon + HOUR, viewers.new_viewer()
    placards = stepped(root, now=now)
    placed = placards.place(BANNER, viewer, now=now)
    sheet = sheets.unseal(placed.sheet)
    (slot,) = sheet.slots
    assert (sheet.surface, sheet.viewer) == (Surface.BANNER, viewer.key)
    assert (int(slot["grant"]), int(slot["county"])) == (grant.contracts.get().pk, 500237)
    assert int(slot["object_kind"]) == ObjectKind.COUNTY
    assert (placed.placard.title, placed.placard.public_id) == ("巫山县", "500237")
    assert placards.place(SPLASH, viewer, now=now) is None


def test_the_feed_does_not_give_out_what_was_granted_for_a_banner(root, granted, noon):
    granted(place(BANNER))
    house, now = kit.house_of(root), noon + 5 * HOUR
    house.live.step(now=now)
    answer = house.answer(viewers.new_viewer(), now=now, length=2)
    assert set(sheets.unseal(answer.sheet).slots["grant"].tolist()) == {0}


def test_a_viewer_has_no_more_than_the_cap_in_a_day_whichever_grant_it_is(
    root, granted, make_post, noon
):
    post = make_post("第二条")
    granted(place(BANNER), kit.wish_for(post, 1000, placement=BANNER), caps={BANNER: 2})
    now, viewer = noon + HOUR, viewers.new_viewer()
    placards = stepped(root, now=now)
    shown = [placards.place(BANNER, viewer, now=now) for _ in range(3)]
    assert [placed is not None for placed in shown] == [True, True, False]
    assert placards.place(BANNER, viewers.new_viewer(), now=now) is not None
    tomorrow = now + DAY
    placards.renew_when_due(now=tomorrow)
    assert placards.place(BANNER, viewer, now=tomorrow) is not None


def test_what_other_processes_gave_out_counts_for_the_cap(root, granted, noon):
    granted(place(SPLASH))
    now, viewer = noon + HOUR, viewers.new_viewer()
    here, there = kit.house_of(root), kit.house_of(root)
    for house in (here, there):
        house.live.step(now=now)
    placed = here.live.placards.place(SPLASH, viewer, now=now)
    assert tell(root, placed, viewer, Kind.EXPOSURE, now=now)
    there.live.step(now=now + MINUTE)
    assert there.live.placards.place(SPLASH, viewer, now=now + MINUTE) is None
    restarted = stepped(root, now=now + 2 * MINUTE)
    assert restarted.place(SPLASH, viewer, now=now + 2 * MINUTE) is None


def test_a_skip_ends_the_opening_card_for_the_day_and_not_for_others(root, granted, noon):
    granted(place(SPLASH), caps={SPLASH: 3})
    now, viewer, other = noon + HOUR, viewers.new_viewer(), viewers.new_viewer()
    house = kit.house_of(root)
    house.live.step(now=now)
    placards = house.live.placards
    placed = placards.place(SPLASH, viewer, now=now)
    assert tell(root, placed, viewer, Kind.SKIP, now=now)
    house.live.step(now=now + MINUTE)
    assert placards.place(SPLASH, viewer, now=now + MINUTE) is None
    assert placards.place(SPLASH, other, now=now + MINUTE) is not None
    house.live.step(now=now + DAY)
    assert placards.place(SPLASH, viewer, now=now + DAY) is not None


def test_young_people_are_shown_neither(root, granted, noon):
    granted(place(BANNER), place(SPLASH))
    now = noon + HOUR
    placards, young = stepped(root, now=now), viewers.Viewer(7, Flags.YOUTH)
    assert [placards.place(one, young, now=now) for one in (BANNER, SPLASH)] == [None, None]


def test_the_audience_is_what_a_viewer_chose_and_not_what_they_watched(root, granted, noon):
    granted(place(BANNER), audience=Grant.Audience.PROVINCE)
    now = noon + HOUR
    placards = stepped(root, now=now)
    near, far = viewers.Viewer(7, Flags.NOT_PERSONAL, 500238), viewers.Viewer(8, 0, 410000)
    assert placards.place(BANNER, near, now=now) is not None
    assert placards.place(BANNER, far, now=now) is None
    assert placards.place(BANNER, viewers.new_viewer(), now=now) is None


def test_a_county_s_own_page_shows_its_things_but_not_itself(root, granted, make_post, noon):
    post = make_post("第二条")
    grant = granted(place(BANNER), kit.wish_for(post, 1000, placement=BANNER))
    now = noon + HOUR
    placards = stepped(root, now=now)
    placed = placards.place(BANNER, viewers.new_viewer(), county=500237, now=now)
    assert placed.placard.public_id == post.public_id
    assert placards.place(BANNER, viewers.new_viewer(), county=410000, now=now) is None
    assert grant.contracts.count() == 2


def test_a_contract_has_its_turn_while_it_is_behind_its_line(root, granted, noon):
    """228 hours from the approval to the end, and as many exposures: one an hour."""
    granted(place(BANNER, 228))
    start = noon
    placards = stepped(root, now=start)
    viewer = viewers.new_viewer()
    assert LOOK_AHEAD_MS == 30 * 60_000
    placed = placards.place(BANNER, viewer, now=start)
    assert tell(root, placed, viewer, Kind.EXPOSURE, now=start)
    later = stepped(root, now=start + MINUTE)
    assert later.place(BANNER, viewers.new_viewer(), now=start + MINUTE) is None
    assert later.place(BANNER, viewers.new_viewer(), now=start + 2 * HOUR) is None
    much_later = stepped(root, now=start + 2 * HOUR)
    assert much_later.place(BANNER, viewers.new_viewer(), now=start + 2 * HOUR) is not None


def test_no_process_gives_out_more_than_is_left(root, granted, noon):
    """Four processes and a quota of six, two of them seen: never more than six are out."""
    grant = granted(place(BANNER, 6))
    now = noon + 9 * DAY
    houses = [kit.house_of(root) for _ in range(4)]
    placed = []
    for round_ in range(3):
        for house in houses:
            moment = now + round_ * MINUTE
            house.live.step(now=moment)
            for _ in range(6):
                viewer = viewers.new_viewer()
                one = house.live.placards.place(BANNER, viewer, now=moment)
                if one is not None:
                    placed.append((one, viewer))
        if round_ == 0:
            assert all(tell(root, one, who, Kind.EXPOSURE, now=now) for one, who in placed[:2])
    assert len(placed) == 6
    booking.book_recent(SignalLog(root), now=now + 20 * MINUTE)
    (sheet,) = queries.sheet_of(grant, now=now + 20 * MINUTE).contracts
    assert (sheet.delivered, sheet.reserved, sheet.left) == (2, 4, 4)


def test_delivery_is_booked_by_placement_recounted_and_the_rest_returned(root, granted, op, noon):
    grant = granted(place(BANNER), place(SPLASH))
    now, log = noon + HOUR, SignalLog(root)
    placards = stepped(root, now=now)
    for number, placement in enumerate((BANNER, SPLASH, SPLASH)):
        viewer = viewers.Viewer(number + 1)
        placed = placards.place(placement, viewer, now=now)
        assert tell(root, placed, viewer, Kind.EXPOSURE, now=now)
    booking.book_recent(log, now=now)
    sheet = queries.sheet_of(grant, now=now)
    assert [(one.placement, one.viewer_cap, one.delivered) for one in sheet.placements] == [
        (BANNER, 3, 1),
        (SPLASH, 1, 2),
    ]
    assert sheet.days[0].by_placement == {BANNER: 1, SPLASH: 2}
    assert sheet.day_rows[0][1] == [1, 2]
    services.stop_grant(operator=op, grant_id=grant.pk, reason="试完了", now=now)
    placards.renew_when_due(now=now + MINUTE)
    assert placards.place(BANNER, viewers.new_viewer(), now=now + MINUTE) is None
    placards.close(now=now + MINUTE)
    booking.book_recent(log, now=now + 3 * HOUR)
    assert LedgerEntry.objects.filter(kind="return").count() == 2
    assert recount(log, grant, now=now + 3 * HOUR).agrees
    assert queries.sheet_of(grant, now=now + 3 * HOUR).returned == 2000 - 3


def test_exposures_that_are_not_believed_are_promised_again(root, granted, noon):
    """One viewer in front of many processes: the fourth exposure of one thing counts for nobody."""
    grant = granted(place(BANNER), caps={BANNER: 3})
    now, viewer = noon + HOUR, viewers.new_viewer()
    given = [stepped(root, now=now).place(BANNER, viewer, now=now) for _ in range(4)]
    assert all(tell(root, placed, viewer, Kind.EXPOSURE, now=now) for placed in given)
    booking.book_recent(SignalLog(root), now=now)
    (contract,) = queries.sheet_of(grant, now=now).contracts
    assert (contract.delivered, contract.excluded, contract.left) == (3, 1, 997)
