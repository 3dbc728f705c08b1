import msgspec
import pytest

from shanhuo.traffic import sheets
from shanhuo.traffic.intake import Batch, Received, Verdict, judge
from shanhuo.traffic.kinds import Kind, ObjectKind, Source, Surface
from shanhuo.traffic.sheets import CHARGED_MS, LIFE_MS, NotASheet, Slot, unseal
from shanhuo.traffic.shelf import Shelf
from tests.traffic.conftest import MEI, NOON_MS, STRANGER, received, token_for

PLAY, LIKE = Kind.PLAY, Kind.LIKE


def verdicts(shelf: Shelf, *group: Received) -> list[dict[str, int]]:
    """Judge a group, settle it, and say what became of each request's signals."""
    judged = judge(group, shelf)
    judged.settle()
    return [
        {Verdict(number).name: count for number, count in enumerate(counts) if count}
        for counts in judged.counts
    ]


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(now_ms=NOON_MS)


def test_a_record_says_what_the_sheet_said_and_not_what_the_client_says(shelf):
    token = token_for(7, 8)
    (record,) = judge([received(token, (1, PLAY, 4_000))], shelf).records
    assert record["object"] == 8
    assert record["county"] == 500237
    assert record["viewer"] == MEI
    assert record["at_ms"] == NOON_MS + 56_000
    assert (record["policy"], record["price"], record["propensity"]) == (3, 0.5, 0.25)
    assert record["sheet"] == unseal(token).id


def test_a_kind_is_believed_once_per_slot_within_a_request_a_group_and_for_ever(shelf):
    token = token_for(7, 8)
    twice = received(token, (0, PLAY, 0), (0, PLAY, 0), (1, PLAY, 0))
    again = received(token, (0, PLAY, 0), (0, LIKE, 0))
    assert verdicts(shelf, twice, again) == [
        {"ACCEPTED": 2, "REPEATED": 1},
        {"ACCEPTED": 1, "REPEATED": 1},
    ]
    assert verdicts(shelf, again) == [{"REPEATED": 2}]


def test_a_group_that_was_not_written_may_come_again(shelf):
    one = received(token_for(7), (0, PLAY, 0))
    judge([one], shelf)  # and the disk refuses: not settled
    assert verdicts(shelf, one) == [{"ACCEPTED": 1}]


def test_attack_34_forged_and_altered_sheets_are_refused(shelf):
    token = token_for(7)
    altered = token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")
    for forged in (
        "",
        "x",
        "A" * 400,
        altered,
        token[:-8],
        token + token,
        "汉" * 40,
        "A" * 100_000,
    ):
        assert verdicts(shelf, received(forged, (0, PLAY, 0))) == [{"BAD_SHEET": 1}]
    assert len(judge([received(altered, (0, PLAY, 0))], shelf).records) == 0


def test_attack_34_a_sheet_of_another_viewer_is_refused(shelf):
    lent = received(token_for(7, viewer=MEI), (0, PLAY, 0), viewer=STRANGER)
    assert verdicts(shelf, lent) == [{"FOREIGN_SHEET": 1}]


def test_attack_34_slots_sheets_and_kinds_that_do_not_exist_are_refused(shelf):
    token = token_for(7)
    outside = Received(Batch([token], [(0, 1, PLAY, 0, 0), (1, 0, PLAY, 0, 0)]), MEI, NOON_MS)
    assert verdicts(shelf, outside) == [{"BAD_SHEET": 1, "NO_SUCH_SLOT": 1}]
    assert verdicts(shelf, received(token, (0, 31, 0))) == [{"UNKNOWN_KIND": 1}]


def test_attack_34_a_good_signal_is_believed_beside_a_forged_one(shelf):
    group = [received("forged", (0, PLAY, 0)), received(token_for(7), (0, PLAY, 0))]
    assert verdicts(shelf, *group) == [{"BAD_SHEET": 1}, {"ACCEPTED": 1}]


def test_a_sheet_is_believed_for_its_life_and_no_longer(shelf):
    token = token_for(7)
    last = received(token, (0, PLAY, 0), at_ms=NOON_MS + LIFE_MS)
    late = received(token, (0, LIKE, 0), at_ms=NOON_MS + LIFE_MS + 1)
    assert verdicts(shelf, last) == [{"ACCEPTED": 1}]
    assert verdicts(shelf, late) == [{"OLD_SHEET": 1}]


@pytest.mark.parametrize("age_ms", [0, 30_000, 60_000, 10**9])
def test_no_signal_happened_before_its_sheet_or_in_the_future(shelf, age_ms):
    one = received(token_for(7), (0, PLAY, min(age_ms, 7 * 24 * 3600 * 1000)))
    (record,) = judge([one], shelf).records
    assert NOON_MS <= record["at_ms"] <= one.at_ms
    assert record["at_ms"] == max(NOON_MS, one.at_ms - age_ms)


def test_a_sheet_sealed_by_a_clock_that_runs_ahead_is_still_ours(shelf):
    ahead = received(token_for(7, at_ms=NOON_MS + 600_000), (0, PLAY, 0), at_ms=NOON_MS)
    judged = judge([ahead], shelf)
    assert judged.records["at_ms"].tolist() == [NOON_MS]


@pytest.mark.parametrize(("late_ms", "charged"), [(CHARGED_MS, 5), (CHARGED_MS + 1, 0)])
def test_an_exposure_that_comes_too_late_is_believed_and_charged_to_nobody(shelf, late_ms, charged):
    """However long ago the phone says it was; what was done with it says whose it was."""
    slot = Slot(ObjectKind.POST, 7, 500237, Source.GRANT, price=0.5, grant=5)
    _, token = sheets.seal([slot], viewer=MEI, surface=Surface.FEED, now_ms=NOON_MS)
    claims = (0, Kind.EXPOSURE, late_ms), (0, PLAY, 0)
    records = judge([received(token, *claims, at_ms=NOON_MS + late_ms)], shelf).records
    assert records["grant"].tolist() == [charged, 5]
    assert records["at_ms"].tolist() == [NOON_MS, NOON_MS + late_ms]


def test_memory_is_bounded_and_a_flood_cannot_make_us_forget_a_use():
    shelf = Shelf(now_ms=NOON_MS, sheets=20, slots=1_000)
    first = token_for(7)
    assert verdicts(shelf, received(first, (0, PLAY, 0))) == [{"ACCEPTED": 1}]
    for number in range(100):
        flood = token_for(number + 1, viewer=STRANGER, at_ms=NOON_MS + 1_000 * number)
        at_ms = NOON_MS + 1_000 * number
        verdicts(shelf, received(flood, (0, PLAY, 0), viewer=STRANGER, at_ms=at_ms))
    # Forgotten by now: so it is refused, not believed a second time.
    assert verdicts(shelf, received(first, (0, PLAY, 0), at_ms=NOON_MS + 100_000)) == [
        {"OLD_SHEET": 1}
    ]
    assert len(shelf.young.rows) == 20


def test_a_sheet_keeps_its_uses_when_the_generations_turn():
    shelf = Shelf(now_ms=NOON_MS)
    token = token_for(7, at_ms=NOON_MS + LIFE_MS - 1_000)
    early = received(token, (0, PLAY, 0), at_ms=NOON_MS + LIFE_MS - 1_000)
    late = received(token, (0, PLAY, 0), (0, LIKE, 0), at_ms=NOON_MS + LIFE_MS + 5_000)
    assert verdicts(shelf, early) == [{"ACCEPTED": 1}]
    assert verdicts(shelf, late) == [{"ACCEPTED": 1, "REPEATED": 1}]


@pytest.mark.parametrize(
    "claim",
    [
        [0, 0, 0, 0, 0],
        [0, 0, 32, 0, 0],
        [0, 48, 2, 0, 0],
        [10, 0, 2, 0, 0],
        [0, 0, 2, -1, 0],
        [0, 0, 2, 0, 2**32],
        [0, 0, 2, 0],
        [0, 0, 2, 0, 1.5],
        [0, 0, "2", 0, 0],
        [0, 0, True, 0, 0],
    ],
)
def test_attack_06_numbers_outside_their_range_are_not_a_batch(claim):
    body = msgspec.json.encode({"sheets": ["x"], "signals": [claim]})
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(body, type=Batch)


@pytest.mark.parametrize("count", [0, 51])
def test_a_batch_has_1_to_50_signals(count):
    body = msgspec.json.encode({"sheets": ["x"], "signals": [[0, 0, 2, 0, 0]] * count})
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(body, type=Batch)


def test_a_sheet_hides_what_it_holds_and_differs_each_time():
    one, two = token_for(7), token_for(7)
    assert one != two
    assert unseal(one).slots.tolist() == unseal(two).slots.tolist()
    with pytest.raises(NotASheet):
        unseal(two[:16] + one[16:])


def test_a_sheet_has_a_bounded_number_of_slots():
    with pytest.raises(ValueError, match="at most 48"):
        token_for(*range(sheets.MOST_SLOTS + 1))
