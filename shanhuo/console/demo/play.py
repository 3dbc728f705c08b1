"""Three weeks, day by day: films appear, people buy, parcels travel, households are paid."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from django_tasks.base import Task

from shanhuo.console.demo import cast, films, support, trade
from shanhuo.console.demo.audience import Audience
from shanhuo.console.demo.calendar import DAYS, Calendar
from shanhuo.console.demo.cast import BUYERS, Cast
from shanhuo.console.demo.films import Film
from shanhuo.console.demo.till import Till
from shanhuo.kernel import jobs
from shanhuo.orders import queries as order_queries
from shanhuo.orders import tasks as order_tasks

if TYPE_CHECKING:
    from shanhuo.content.models import Post
    from shanhuo.people.models import Household

BUYERS_A_DAY = 15
COLLECTION_DAYS = (3, 10, 17)
PROMPT, SLOW = timedelta(hours=10), timedelta(days=4)
SLOW_PLACE = 4
MIND_CHANGES_ON, CRUSHED_ON, UNPAID_ON = (5, 12), (9, 16), (4, 11, 20)
REFUSED_FILM = 6


@dataclass(slots=True)
class Play:
    """Everything the play needs: people, films ready to post, the till, one source of chance."""

    calendar: Calendar
    cast: Cast
    films: list[tuple[Film, "Post"]]
    households: list[list["Household"]]
    till: Till
    audience: Audience
    random: Random = field(default_factory=lambda: Random(20261122))  # noqa: S311 - a play, no secret
    programme_id: int = 0

    def days(self) -> Iterator[object]:
        """Play one day after the other, yielding after each."""
        for day in range(DAYS):
            with self.calendar.at(day, 8.5) as now:
                self._morning(day, now)
            with self.calendar.at(day, 19) as now:
                self._evening(day, now)
            with self.calendar.at(day, 19.1) as now:
                self._after_sales(day, now)
            yield day

    def _morning(self, day: int, now: datetime) -> None:
        _work(order_tasks.end_unpaid, order_tasks.settle)
        self._post_films(day, now)
        if day == support.BEGINS_ON:
            self.programme_id = support.open_support(self.cast, now=now)
        if day == DAYS - 1:
            support.ask_for_ten_thousand(self.cast, self.programme_id, now=now)
        for number, place in enumerate(self.cast.places):
            patience = SLOW if number == SLOW_PLACE else PROMPT
            trade.send_parcels(place, patience=patience, now=now)
            if day in COLLECTION_DAYS:
                trade.pay_households(
                    place,
                    self.households[number],
                    since=now - timedelta(days=7),
                    random=self.random,
                    now=now,
                )
        trade.receive_parcels(self.cast.buyers, now=now)

    def _evening(self, day: int, now: datetime) -> None:
        for number in range(day * BUYERS // DAYS, (day + 1) * BUYERS // DAYS):
            cast.welcome_buyer(self.cast, number, now=now)
        self.audience.gather(now=now)
        tonight = self.random.sample(self.cast.buyers, min(BUYERS_A_DAY, len(self.cast.buyers)))
        for number, buyer in enumerate(tonight):
            choice = self.audience.watch(buyer, now=now)
            if choice is None:
                continue
            payment = trade.order(buyer, choice, home=self._home_of(buyer), now=now)
            if day in UNPAID_ON and number == 0:
                self.till.hand_over(payment, now=now)
            else:
                self.till.pay(payment, now=now)
        self.audience.strangers_watch(now=now)

    def _after_sales(self, day: int, now: datetime) -> None:
        _work(order_tasks.ask_back, order_tasks.send_refunds)
        if day in MIND_CHANGES_ON:
            self._change_a_mind(now)
        if day in CRUSHED_ON:
            self._find_crushed_fruit(now)

    def _post_films(self, day: int, now: datetime) -> None:
        """The last film of all waits for a reviewer of the demo; one was refused and came back."""
        first, last = (len(self.films) * at // DAYS for at in (day, day + 1))
        for number, (film, post) in enumerate(self.films[first:last], start=first):
            if number == len(self.films) - 1:
                films.leave_in_queue(film, post, now=now)
            elif number == REFUSED_FILM:
                films.refuse_and_appeal(self.cast, film, post, now=now)
            else:
                films.publish(self.cast, film, post, now=now)

    def _change_a_mind(self, now: datetime) -> None:
        for buyer in self.cast.buyers:
            bought = order_queries.orders_of_buyer(buyer).filter(status="preparing").first()
            if bought is not None:
                trade.change_of_mind(buyer, bought, now=now)
                return

    def _find_crushed_fruit(self, now: datetime) -> None:
        for place in self.cast.places:
            bought = order_queries.orders_of_merchants(place.seller).filter(status="done").first()
            if bought is not None:
                trade.complain(place.seller, bought, now=now)
                return

    def _home_of(self, buyer: object) -> str:
        return trade.HOMES[self.cast.buyers.index(buyer) % len(trade.HOMES)]  # type: ignore[arg-type]


def _work(*tasks: Task[..., Any]) -> None:
    """What the worker would have done by now. Counting and housekeeping wait for the last night."""
    jobs.run_due(worker="season")
    for task in tasks:
        task.call()
