"""The simulated city: the same every time, the same but for grants, and it says what it cannot."""

from dataclasses import replace
from itertools import count

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from shanhuo.console.simulation import report, season
from shanhuo.console.simulation.chance import draw, uniform
from shanhuo.console.simulation.city import found
from shanhuo.console.simulation.figures import COUNTY_COLUMNS, Result, gini
from shanhuo.console.simulation.options import NotMeant, Options, checked
from shanhuo.console.simulation.season import AFTER, BEFORE, DURING
from shanhuo.console.simulation.stage import Stage
from shanhuo.console.simulation.support import Support
from shanhuo.traffic.grants import rehearsal
from shanhuo.traffic.learning import training

TOWN = Options(people=400, posts=120, counties=10, days=9, panel=20, seeds=1, support_percent=8)


def played(*, with_grants: bool) -> season.Tally:
    return season.play(found(TOWN, 7), with_grants=with_grants, on_day=lambda: None)


@pytest.fixture(scope="module")
def pair() -> Result:
    return Result(found(TOWN, 7), played(with_grants=False), played(with_grants=True))


def test_the_same_seed_plays_the_same_season_to_the_last_bit(pair):
    again = played(with_grants=True)
    for name in ("exposures", "supported", "long_views", "income", "by_creator", "left_on"):
        assert np.array_equal(getattr(again, name), getattr(pair.with_grants, name))


def test_until_support_begins_the_two_seasons_are_one(pair):
    assert np.array_equal(pair.without.exposures[BEFORE], pair.with_grants.exposures[BEFORE])
    assert np.array_equal(pair.without.income[BEFORE], pair.with_grants.income[BEFORE])
    assert not np.array_equal(pair.without.exposures[DURING], pair.with_grants.exposures[DURING])


def test_only_supported_counties_are_charged_only_while_it_lasts_and_never_too_much(pair):
    charged, chosen = pair.with_grants.supported, pair.city.is_supported
    quota = season.quota_of(pair.city)
    assert pair.without.supported.sum() == 0
    assert charged[[BEFORE, AFTER]].sum() == charged[:, ~chosen].sum() == 0
    assert (charged[DURING, chosen] <= quota).all()
    assert charged.sum() > 0


def test_as_many_clips_are_looked_at_with_grants_as_without(pair):
    assert pair.without.exposures.sum() == pair.with_grants.exposures.sum()


class Enough(Exception):
    """Of a season: what is to be seen has happened."""


def test_the_ranker_learns_at_night_and_prices_are_rehearsed_once_there_are_lists_enough(
    tmp_path, monkeypatch
):
    for module, name, least in (
        (training, "ENOUGH_EXPOSURES", 400),
        (training, "ENOUGH_LONG_VIEWS", 40),
        (rehearsal, "LEAST_HOURS", 8),
        (rehearsal, "LEAST_LISTS", 20),
        (rehearsal, "LEAST_HEARD", 10),
    ):
        monkeypatch.setattr(module, name, least)
    city = found(replace(TOWN, panel=60), 7)
    support = Support(city, 40, first_day=season.FIRST_DAY, folder=tmp_path / "pacing")
    played = season.Season(city, support, Stage(city, support, folder=tmp_path))
    days = count(1)

    def stop_after_four_days() -> None:
        if next(days) == 4:
            raise Enough

    with pytest.raises(Enough):
        played.play(stop_after_four_days)
    assert played.stage.ranker.model is not None
    assert played.tally.learned_days == 1
    assert (support.rehearsals, support.rehearsals_due) == (2, 12)


def test_one_chance_is_the_first_of_many():
    assert [draw(7, 40, person, 3) for person in range(5)] == uniform(
        7, 40, np.arange(5), 3
    ).tolist()


def test_chance_depends_on_the_question_alone():
    posts = np.arange(5)
    assert uniform(1, posts)[3] == uniform(1, np.array([3]))[0]
    many = uniform(2, np.arange(100_000))
    assert 0.49 < many.mean() < 0.51
    assert 0 <= many.min() < many.max() < 1


def test_gini_of_equals_is_nothing_and_of_one_owner_nearly_all():
    assert gini(np.full(10, 3.0)) == 0
    assert gini(np.array([0.0] * 9 + [5.0])) == pytest.approx(0.9)
    assert gini(np.zeros(4)) == 0


def test_the_report_has_every_county_and_both_languages(pair, tmp_path):
    digest = report.write(tmp_path / "out", TOWN, [pair])
    assert report.write(tmp_path / "again", TOWN, [pair]) == digest
    rows = (tmp_path / "out/counties.csv").read_text().splitlines()
    assert rows[0] == ",".join(COUNTY_COLUMNS)
    assert len(rows) == 1 + TOWN.counties
    assert (tmp_path / "out/counties.parquet").exists()
    chinese, english = (
        (tmp_path / "out" / name).read_text() for name in ("report.html", "report.en.html")
    )
    assert "这是模型，不是证据" in chinese
    assert "A model, not evidence" in english
    assert chinese.count("<svg") == english.count("<svg") == 4
    assert "nan" not in chinese.split("<table>")[1]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"people": 0}, "--people is 0; it must be 100"),
        ({"days": 3}, "--days is 3; it must be 9 to 365"),
        ({"panel": 5_000, "people": 1_000}, "only who lives there can be followed"),
        ({"posts": 100, "counties": 500}, "every one of the counties needs a post"),
        ({"support_percent": 80.0}, "--support-percent"),
        ({"support_percent": float("nan")}, "--support-percent"),
    ],
)
def test_a_city_that_cannot_be_meant_is_refused_in_words(given, words):
    with pytest.raises(NotMeant, match=words):
        checked(given, quick=False)


def test_the_command_refuses_a_file_for_its_folder(tmp_path):
    taken = tmp_path / "taken"
    taken.touch()
    with pytest.raises(CommandError, match="is a file"):
        call_command("simulate", quick=True, out=taken)
