"""The first yuan to a household: one story through every room, by their services alone."""

from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.conf import LazySettings

from shanhuo.console.demo import cast, clips, films, households, script, shelves, trade
from shanhuo.console.demo.audience import Audience
from shanhuo.console.demo.till import open_till
from shanhuo.impact import queries as impact
from shanhuo.impact import recount
from shanhuo.impact import services as impact_services
from shanhuo.impact.metrics import BY_ID
from shanhuo.impact.windows import Window
from shanhuo.kernel import clock, jobs
from shanhuo.orders import ledger
from shanhuo.orders import queries as orders
from shanhuo.regions import loading

MORNING = datetime(2026, 7, 1, 8, 0, tzinfo=clock.SHANGHAI)


@pytest.mark.django_db(transaction=True)
def test_the_first_yuan_reaches_a_household(settings: LazySettings, tmp_path: Path) -> None:
    settings.DEMO = True
    loading.load_regions()
    with clock.at(MORNING) as _:
        people = cast.found_platform(now=MORNING)
        place = cast.settle_county(people, 0, now=MORNING)
        families = households.register(place, 200, now=MORNING)
        product = shelves.bring_product(people, place, 0, now=MORNING)
        film, post = _post_a_film(people, place, product, tmp_path, now=MORNING)
        mei = cast.welcome_buyer(people, 0, now=MORNING)

    order = _watch_and_buy(mei, place, product, film, post)
    _deliver(mei, place, order)
    _pay(place, families)

    assert ledger.check() == []
    settled = orders.orders_of_buyer(mei).get()
    assert settled.settled_at is not None
    _county_page_says(place, settled)


def _post_a_film(people: Any, place: Any, product: Any, folder: Path, *, now: datetime) -> Any:
    (path,) = clips.make_clips(clips.recipes(1), folder=folder)
    film = films.Film(path, place.script.captions[0] + films.NOTE, place, product, 0)
    post = films.upload(film, now=now)
    films.render_on_all_cores(now=now)
    films.publish(people, film, post, now=now)
    return film, post


def _watch_and_buy(mei: Any, place: Any, product: Any, film: films.Film, post: Any) -> Any:
    """Mei sees the film in the feed, buys what it shows, and pays on the company's page."""
    noon = MORNING + timedelta(hours=4)
    audience = Audience(
        sizes={product.public_id: list(trade.skus_of(place).values())},
        creators={post.public_id: film.creator[0]},
        random=Random(1),
        now=noon,
    )
    with clock.at(noon), open_till() as till:
        audience.gather(now=noon)
        choice = audience.watch(mei, now=noon)
        assert choice is not None
        assert choice.source.post == post.public_id
        payment = trade.order(mei, choice, home=trade.HOMES[0], now=noon)
        till.pay(payment, now=noon)
        jobs.plan_periodic(now=noon)
        audience.go_home(now=noon)
        with clock.at(noon + timedelta(minutes=1)):
            jobs.run_due()
    order = orders.orders_of_buyer(mei).get()
    assert order.status == "preparing"
    return order


def _deliver(mei: Any, place: Any, order: Any) -> None:
    """The parcel leaves, arrives, and a week later the money is divided."""
    sent, arrived = MORNING + timedelta(days=1), MORNING + timedelta(days=4)
    with clock.at(sent):
        assert trade.send_parcels(place, patience=timedelta(hours=10), now=sent) == 1
    with clock.at(arrived):
        trade.receive_parcels([mei], now=arrived)
        jobs.plan_periodic(now=arrived)
    with clock.at(arrived + timedelta(days=8)):
        jobs.run_due()
        jobs.plan_periodic(now=clock.now())
    with clock.at(arrived + timedelta(days=8, hours=1)):
        jobs.run_due()


def _pay(place: Any, families: list[Any]) -> None:
    day = MORNING + timedelta(days=2)
    with clock.at(day):
        slips = trade.pay_households(place, families, since=MORNING, random=Random(1), now=day)
        assert slips == len(families)


def _county_page_says(place: Any, order: Any) -> None:
    """The figures stand in the roll-ups, and the raw logs count the same."""
    adcode = place.county.adcode
    window = Window(clock.day_of(MORNING), clock.day_of(MORNING) + timedelta(days=20))
    with clock.at(MORNING + timedelta(days=21)):
        impact_services.fill_everything(now=clock.now())
        report = impact.report(window, county=adcode)
        paid = impact.household_figures(window, county=adcode)
    figures = {name: figure.value for name, figure in report.figures.items()}
    assert (figures["exposures"], figures["orders"]) == (1, 1)
    assert figures["paid_gmv"] == figures["settled"] == order.total_fen
    assert paid["households"].value == script.counties()[0].households
    assert paid["income_gain"].value is not None
    assert 0 < paid["income_gain"].value < (paid["farm_gate"].value or 0)
    for name in ("exposures", "orders", "paid_gmv", "settled", "farm_gate", "households"):
        metric = BY_ID[name]
        counted = recount.recount(metric, window, county=adcode)
        assert counted == impact.rolled_up(metric, window, county=adcode), name
