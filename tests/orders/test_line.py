"""The line before a hot sale: who came first goes first, and is told the place honestly."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from shanhuo.orders import line as lines
from shanhuo.orders import services
from shanhuo.orders.front import GONE_FOR_S, Front
from shanhuo.orders.hot import Answer, State, Wish

SALE = 7


@pytest.fixture
def dealt(monkeypatch):
    """Rounds without a database: units go to who is dealt with first; `dealt` is that order."""
    order: list[int] = []

    def deal(wishes: Sequence[Wish], *, now: datetime) -> list[Answer]:
        order.extend(wish.buyer_id for wish in wishes)
        return [Answer(State.KEPT, wish.quantity, now) for wish in wishes]

    monkeypatch.setattr(lines, "decide", deal)
    return order


@pytest.fixture
def small(monkeypatch):
    """A line of eight, of whom two keep their connection, dealt with three at a time."""
    monkeypatch.setattr(lines, "MOST_WAITING", 8)
    monkeypatch.setattr(lines, "MOST_ATTENDED", 2)
    monkeypatch.setattr(lines, "MOST_IN_A_ROUND", 3)


class Stopped(lines.Line):
    """Its thread deals when the test says so."""

    def _next_round(self) -> None:
        """Nothing by itself."""

    def deal(self) -> None:
        while self._waiting:
            super()._next_round()
            self._round(self._rounds.get())


def ask(line: lines.Line, buyer: int, arrived: int = 0):
    return line.ask(Wish(SALE, buyer, 1), arrived=arrived or line.arrive())


def told(future) -> tuple[str, int] | None:
    if not future.done():
        return None
    return future.result().state.value, future.result().place


async def heard() -> None:
    await asyncio.sleep(0)


def test_two_wait_attended_and_the_others_are_told_their_place(small, dealt):
    async def rush():
        line = Stopped(asyncio.get_running_loop())
        asked = [ask(line, buyer) for buyer in range(1, 6)]
        assert [told(one) for one in asked] == [
            None,
            None,
            ("waiting", 3),
            ("waiting", 4),
            ("waiting", 5),
        ]
        line.deal()
        await heard()
        # Nobody asked again meanwhile: they were dealt with in their turn all the same.
        assert dealt == [1, 2, 3, 4, 5]
        assert [told(ask(line, buyer)) for buyer in (5, 3)] == [("kept", 0)] * 2
        assert len(line) == 0

    asyncio.run(rush())


def test_a_ticket_keeps_the_place_in_another_process(small, dealt):
    async def rush():
        line, other = (Stopped(asyncio.get_running_loop()) for _ in range(2))
        arrivals = {buyer: line.arrive() for buyer in range(1, 6)}
        for buyer, arrived in arrivals.items():
            ask(line, buyer, arrived)
        # That process died. In the other one somebody new is first to come, and not first to get.
        ask(other, 99)
        for buyer in (5, 2, 4, 1, 3):
            ask(other, buyer, arrivals[buyer])
        other.deal()
        assert dealt == [1, 2, 3, 4, 5, 99]

    asyncio.run(rush())


def test_a_full_line_gives_tickets_and_who_came_earlier_goes_before_the_last(small, dealt):
    async def rush():
        line = Stopped(asyncio.get_running_loop())
        early = line.arrive()
        for buyer in range(1, 9):
            ask(line, buyer)
        outside = line.arrive()
        assert told(ask(line, 9, outside)) == ("waiting", 9)
        assert len(line) == 8
        assert told(ask(line, 50, early)) is None
        assert len(line) == 8
        line.deal()
        await heard()
        assert dealt == [50, 1, 2, 3, 4, 5, 6, 7]
        # Number 8 made room for somebody who had come before, and keeps the place by its ticket.
        ask(line, 9, outside)
        ask(line, 8, outside - 1)
        line.deal()
        assert dealt[8:] == [8, 9]

    asyncio.run(rush())


def test_asking_twice_is_standing_in_line_once(small, dealt):
    async def rush():
        line = Stopped(asyncio.get_running_loop())
        for buyer in (1, 2, 3, 3, 3):
            ask(line, buyer)
        assert len(line) == 3
        assert told(ask(line, 4)) == ("waiting", 4)

    asyncio.run(rush())


def test_the_place_counts_who_waits_in_other_processes(small, dealt):
    async def rush():
        line = Stopped(asyncio.get_running_loop(), others=lambda: [1, 40])
        ask(line, 1)
        ask(line, 2)
        # Two before me here, one in a short line, and about as many as here in a long one.
        assert told(ask(line, 3)) == ("waiting", 6)

    asyncio.run(rush())


@pytest.mark.django_db
def test_attack_14_a_ticket_is_worth_nothing_for_others_or_before_the_opening(
    make_sale, mei, stranger, noon
):
    sale = make_sale()
    entry = services.read_entry(services.entry_token(sale=sale, buyer=mei, now=noon), now=noon)
    early = {"buyer_id": mei.pk, "arrived_us": entry.opens_us - 5_000_000, "now": noon}
    ticket = services.place_ticket(sale_id=sale.pk, **early)
    assert services.read_place(ticket, entry=entry, now=noon) == entry.opens_us
    other = services.read_entry(services.entry_token(sale=sale, buyer=stranger, now=noon), now=noon)
    foreign = services.place_ticket(sale_id=sale.pk + 1, **early)
    assert services.read_place(ticket, entry=other, now=noon) is None
    assert services.read_place(foreign, entry=entry, now=noon) is None
    assert services.read_place(ticket[:-2] + "AA", entry=entry, now=noon) is None
    late = noon + timedelta(minutes=11)
    assert services.read_place(ticket, entry=entry, now=late) is None


def test_what_is_gone_is_remembered_for_a_second():
    moment = [100.0]
    front = Front(wall=lambda: moment[0])
    gone = Answer(State.SOLD_OUT)
    # Who wanted three proves nothing: one may be left.
    front.hear([Wish(1, 1, 3), Wish(2, 1, 1)], [gone, gone])
    assert [front.gone(sale) for sale in (1, 2)] == [None, State.SOLD_OUT]
    moment[0] += GONE_FOR_S + 0.01
    assert front.gone(2) is None


@pytest.mark.django_db(transaction=True)
def test_a_calm_page_joins_the_line_of_its_process(make_sale, make_user, noon):
    sale = make_sale(3)
    buyers = [make_user(str(number)) for number in range(5)]

    async def rush() -> list[str]:
        line = lines.Line(asyncio.get_running_loop())
        lines.open_here(line)
        try:
            return [await asyncio.to_thread(press, buyer) for buyer in buyers]
        finally:
            lines.open_here(None)
            await line.close()

    def press(buyer) -> str:
        try:
            return services.claim(sale=sale, buyer=buyer, quantity=1, now=noon).state.value
        except services.SoldOut as refusal:
            return refusal.code

    assert asyncio.run(rush()) == ["kept"] * 3 + ["sold_out"] * 2
    sale.refresh_from_db()
    assert sale.left_count == 0
