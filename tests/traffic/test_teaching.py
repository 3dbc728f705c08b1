"""Training as an operator meets it: the command, the doctor, the feed."""

from datetime import timedelta
from hashlib import sha256
from io import BytesIO, StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from shanhuo.console import doctor
from shanhuo.kernel import clock
from shanhuo.traffic import moments, sheets, teaching, viewers
from shanhuo.traffic.kinds import Kind, ObjectKind, Source, Surface
from shanhuo.traffic.learning.shelf import MAGIC
from shanhuo.traffic.recorder import Recorder
from shanhuo.traffic.records import RECORD
from tests.traffic.conftest import steady

pytestmark = pytest.mark.django_db


@pytest.fixture
def root(tmp_path, settings):
    settings.SIGNALS_DIR, settings.RANKER_DIR = tmp_path / "signals", tmp_path / "ranker"
    return settings.SIGNALS_DIR


def told(verb: str, *options: str) -> str:
    out = StringIO()
    call_command(verb, *options, stdout=out)
    return out.getvalue()


def watch(root, *, liked: int, disliked: int, now) -> None:
    """Four thousand exposures by turns; one post is always watched to the end, one never."""
    exposed = np.zeros(4_000, RECORD)
    exposed["sheet"] = np.arange(4_000) + 1
    exposed["viewer"] = np.arange(4_000) % 40 + 1
    exposed["object"][::2], exposed["object"][1::2] = liked, disliked
    exposed["object_kind"], exposed["surface"] = ObjectKind.POST, Surface.FEED
    exposed["source"], exposed["kind"] = Source.TRENDING, Kind.EXPOSURE
    exposed["at_ms"] = moments.to_ms(now) - 8 * 3_600_000 + np.arange(4_000)
    finished = exposed[::2].copy()
    finished["kind"] = Kind.FINISH
    recorder = Recorder(root, now_ms=moments.to_ms(now))
    recorder.write(np.concatenate((exposed, finished)), now_ms=moments.to_ms(now))
    recorder.close()


def test_with_too_few_exposures_nothing_is_learned(root, noon):
    assert told("train").startswith("0 exposures are too few to learn from\n")
    assert not list((root.parent / "ranker").glob("*.model"))


def test_the_feed_says_which_stage_it_is_in_and_puts_first_what_is_watched(root, make_post, noon):
    plum, tea = make_post("巫山脆李熟了"), make_post("春茶")
    house, mei = steady(root), viewers.viewer_of("mei")
    house.bring_up_to_date(now=noon)
    assert house.answer(mei, now=noon).stage == "popularity"
    watch(root, liked=tea.pk, disliked=plum.pk, now=noon)
    assert "the ranker is now version 1" in told("train")
    house.step(now=clock.now())
    answer = house.answer(viewers.viewer_of("wang"), now=noon)
    assert answer.stage == "learned"
    assert answer.as_data()[0]["id"] == tea.public_id


def newer_model() -> bytes:
    """Whole, by its checksum; written by a Shanhuo of later years."""
    file = BytesIO()
    np.savez(file, about=np.frombuffer(b'{"version": 1, "layers": [64, 8]}', np.uint8))
    return MAGIC + sha256(file.getvalue()).digest() + file.getvalue()


@pytest.mark.parametrize("harm", ["missing", "cut", "stale", "newer", "no archive", "pointer"])
def test_a_feed_whose_model_is_lost_while_it_serves_goes_on_without_it_and_says_so(
    root, make_post, noon, harm, settings
):
    plum, tea = make_post("巫山脆李熟了"), make_post("春茶")
    watch(root, liked=tea.pk, disliked=plum.pk, now=noon)
    told("train")
    house, now = steady(root), clock.now()
    house.step(now=now)
    assert house.answer(viewers.viewer_of("mei"), now=now).stage == "learned"
    (path,) = settings.RANKER_DIR.glob("*.model")
    if harm == "stale":
        now += timedelta(days=8)
    elif harm == "cut":
        path.write_bytes(path.read_bytes()[:100])
    elif harm == "newer":
        path.write_bytes(newer_model())
    elif harm == "no archive":
        path.write_bytes(MAGIC + sha256(b"layers").digest() + b"layers")
    elif harm == "missing":
        path.unlink()
    pointer = settings.RANKER_DIR / "current.json"
    pointer.write_bytes(b'{"models' if harm == "pointer" else pointer.read_bytes())
    house.step(now=now)
    answer = house.answer(viewers.viewer_of("wang"), now=now)
    policies = set(sheets.unseal(answer.sheet).slots["policy"].tolist())
    assert (answer.stage, len(answer.items), policies) == ("popularity", 2, {1})


def test_training_mends_a_damaged_pointer(root, make_post, noon, settings):
    watch(root, liked=make_post("脆李").pk, disliked=make_post("春茶").pk, now=noon)
    told("train")
    (settings.RANKER_DIR / "current.json").write_bytes(b'{"models": 7}')
    assert "the ranker is now version 2" in told("train")
    assert teaching.shelf().kept() == ["ranker-000002.model"]


def test_the_doctor_tells_the_stage_and_a_damaged_model(root, make_post, noon):
    def ranker() -> doctor.Finding:
        return {finding.check: finding for finding in doctor.examine()}["ranker"]

    assert ranker().state == "popularity (no model yet)"
    watch(root, liked=make_post("脆李").pk, disliked=make_post("春茶").pk, now=noon)
    told("train")
    assert ranker().state.startswith("learned (version 1, ")
    (path,) = (root.parent / "ranker").glob("*.model")
    path.write_bytes(path.read_bytes()[:99])
    assert [one.endswith("run: shanhuo train") for one in ranker().problems] == [True]


def test_there_is_no_way_back_from_nothing(root, noon):
    with pytest.raises(CommandError, match="no earlier model"):
        told("train", "--roll-back")


def test_the_worker_trains_and_rolls_back_neighbours_beside_the_ranker(root, noon):
    assert "0 watches are too few to learn neighbours from" in told("train")
    with pytest.raises(CommandError, match="no earlier model"):
        told("train", "--roll-back", "neighbours")
