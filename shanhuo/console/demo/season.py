"""The play of the season: who does what on which day, through the services of the rooms."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from django.core.management import call_command
from django.utils import translation

from shanhuo.console.demo import (
    cast,
    clips,
    evening,
    films,
    households,
    live,
    projects,
    sales,
    script,
    setting,
    shelves,
    trade,
)
from shanhuo.console.demo.audience import Audience
from shanhuo.console.demo.calendar import DAYS, Calendar
from shanhuo.console.demo.cast import Cast
from shanhuo.console.demo.films import Film
from shanhuo.console.demo.play import Play
from shanhuo.console.demo.till import Till, open_till
from shanhuo.kernel import audit, clock, jobs
from shanhuo.regions import loading

if TYPE_CHECKING:
    from shanhuo.content.models import Post
    from shanhuo.goods.models import Product
    from shanhuo.people.models import Household

SEED = 20261122
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
    products: list["Product"] = field(default_factory=list)
    households: list[list["Household"]] = field(default_factory=list)
    films: list[tuple[Film, "Post"]] = field(default_factory=list)

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
            Step("登记农户 households with consent", counties, self._register_households),
            Step("上架商品 goods with certificates", counties, self._stock_shelves),
            Step("上传短视频 films", CLIPS, self._upload_films),
            Step("三周的产季 three weeks of season", DAYS, self._play),
            Step("汇总与复算 figures", 3, self._count),
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

    def _register_households(self) -> Iterator[object]:
        first_name = 200
        with self.calendar.at(day=0, hour=11) as now:
            for place in self.cast.places:
                self.households.append(households.register(place, first_name, now=now))
                first_name += place.script.households
                yield place

    def _stock_shelves(self) -> Iterator[object]:
        with self.calendar.at(day=0, hour=12) as now:
            for number, place in enumerate(self.cast.places):
                product = shelves.bring_product(self.cast, place, number, now=now)
                projects.open_project(
                    place,
                    product,
                    starts_on=clock.day_of(self.calendar.moment(0)),
                    ends_on=clock.day_of(self.built_at),
                    now=now,
                )
                self.products.append(product)
                yield place
            jobs.run_due()

    def _upload_films(self) -> Iterator[object]:
        programme = films.programme(self.cast.places, self.products, folder=self.folder / "clips")
        with self.calendar.at(day=0, hour=14) as now:
            for film in programme:
                self.films.append((film, films.upload(film, now=now)))
                yield film
            films.render_on_all_cores(now=now)

    def _play(self) -> Iterator[object]:
        random = Random(SEED)  # noqa: S311 - a play, no secret
        with open_till() as till:
            audience = Audience(
                sizes=self._sizes(),
                creators={post.public_id: film.creator[0] for film, post in self.films},
                random=random,
                now=self.calendar.moment(0),
            )
            play = Play(
                calendar=self.calendar,
                cast=self.cast,
                films=self.films,
                households=self.households,
                till=till,
                audience=audience,
                random=random,
            )
            yield from play.days()
            self._go_on_air(till)
            audience.go_home(now=self.calendar.moment(DAYS - 1, 23))
        with clock.at(self.built_at):
            sales.announce(self.cast.places, self.products, now=self.built_at)
            sales.offer_coupons(self.cast, now=self.built_at)
            with translation.override("zh-hans"):
                live.announce(self.cast, self.products, now=self.built_at)

    def _go_on_air(self, till: Till) -> None:
        """The last evening: a session from its plan to its end, so that there is one to look at."""
        places = self.cast.places[:2]
        reel = evening.Reel([film.path for film, _ in self.films if film.place in places])
        with translation.override("zh-hans"):
            show = evening.plan(
                self.cast,
                self.products[:2],
                starts_at=self.calendar.moment(DAYS - 1, 20),
                reel=reel,
                till=till,
            )
            show.play()
        evening.cut_what_was_filmed()

    def _count(self) -> Iterator[object]:
        """The first night of the platform's own worker: compaction, roll-ups, release, sealing."""
        midnight = clock.start_of(clock.day_of(self.built_at))
        for moment in (midnight - timedelta(hours=1), min(midnight, self.built_at)):
            with clock.at(moment):
                jobs.run_due()
                jobs.plan_periodic(now=moment)
            yield moment
        with clock.at(self.built_at):
            jobs.run_due()
        yield None

    def _sizes(self) -> dict[str, list[int]]:
        return {
            product.public_id: list(trade.skus_of(place).values())
            for place, product in zip(self.cast.places, self.products, strict=True)
        }
