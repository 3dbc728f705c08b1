"""The play of the season: who does what on which day, through the services of the rooms."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.core.management import call_command

from shanhuo.console.demo import cast, clips, script, setting, shelves
from shanhuo.console.demo.calendar import Calendar
from shanhuo.console.demo.cast import Cast
from shanhuo.kernel import audit, clock, jobs
from shanhuo.regions import loading

CLIPS = sum(len(county.captions) for county in script.counties())


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the build; it yields once for each of `total` things done."""

    title: str
    total: int
    run: Callable[[], Iterator[object]]


@dataclass(slots=True)
class Season:
    """One build of the season in `folder`; every step leans on those before it."""

    built_at: datetime
    folder: Path
    cast: Cast = field(init=False)

    @property
    def calendar(self) -> Calendar:
        return Calendar(self.built_at)

    def steps(self) -> tuple[Step, ...]:
        """What is done, in order."""
        counties = len(script.counties())
        return (
            Step("建立数据表 tables", 1, self._make_tables),
            Step("载入行政区划 counties of China", 1, self._load_regions),
            Step("制作示例短视频 clips", CLIPS, self._make_clips),
            Step("入驻与核验 people and cooperatives", counties, self._gather_cast),
            Step("上架商品 goods with certificates", counties, self._stock_shelves),
        )

    def _make_tables(self) -> Iterator[object]:
        call_command("migrate", verbosity=0)
        # The mark by which `serve` knows this database, wherever it is copied.
        audit.record(verb=setting.BUILT_VERB, subject="console.Demo", now=clock.now())
        yield None

    def _load_regions(self) -> Iterator[object]:
        loading.load_regions()
        yield None

    def _make_clips(self) -> Iterator[object]:
        yield from clips.make_clips(clips.recipes(CLIPS), folder=self.folder / "clips")

    def _gather_cast(self) -> Iterator[object]:
        with self.calendar.at(day=0) as now:
            self.cast = cast.found_platform(now=now)
            for number in range(len(script.counties())):
                yield cast.settle_county(self.cast, number, now=now)
            jobs.run_due()

    def _stock_shelves(self) -> Iterator[object]:
        with self.calendar.at(day=0, hour=14) as now:
            for number, place in enumerate(self.cast.places):
                yield shelves.bring_product(self.cast, place, number, now=now)
            jobs.run_due()
