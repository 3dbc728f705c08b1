"""The evening that is over: a live session of two counties, from its plan to its end.

Nobody waits for it: the bytes of a phone are added as its door adds them, at the times of the
season's clock, and the studio cuts them afterwards, as it does after a power cut.
"""

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import imageio_ffmpeg

from shanhuo.console.demo import live, trade
from shanhuo.console.demo.cast import Cast
from shanhuo.console.demo.till import Till
from shanhuo.kernel import clock
from shanhuo.live import queries
from shanhuo.live.media import takes
from shanhuo.live.services import airing, clinic, room, showcase
from shanhuo.live.services.room_sums import Sums, add_sums
from shanhuo.live.states import Arrival, Container, SessionKind, TakeSource
from shanhuo.orders import tasks as order_tasks
from shanhuo.traffic.attribution import source_of

if TYPE_CHECKING:
    from shanhuo.goods.models import Product
    from shanhuo.people.models import User

Deed = Callable[..., object]
PLANNED_BEFORE = timedelta(minutes=30)
TAKE_S, SILENCE_S = 24, 20
"""How long the camera films before its line breaks, and how long it is away."""
BACK_S = TAKE_S + SILENCE_S
CLIPS_IN_A_TAKE = 5
JOINS: dict[int, int] = {Arrival.LIST: 19, Arrival.CLIPS: 12, Arrival.REMINDER: 6, Arrival.SHARE: 4}
VIEWERS, LIKES = 36, 187
ASKED = "山上夜里冷，寄到北方会不会冻坏？"
SAID_BEFORE = "大家晚上好。先看果子，再看合格证和价格构成。"
SAID_AFTER = "信号回来了，车里的没断。说到哪儿了？"


@dataclass(frozen=True, slots=True)
class Reel:
    """Clips of the season, joined to what the browser of a phone would have sent."""

    clips: Sequence[Path]

    def take(self, number: int) -> bytes:
        """TAKE_S of fragmented MP4; every take begins with another clip."""
        first = (number - 1) * CLIPS_IN_A_TAKE
        clips = islice(cycle(self.clips), first, first + CLIPS_IN_A_TAKE)
        names = self.clips[0].with_name("reel.txt")
        names.write_text("".join(f"file '{clip.name}'\n" for clip in clips))
        return subprocess.run(  # noqa: S603 - a fixed program and arguments of our own
            [
                *(imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error"),
                *("-f", "concat", "-i", str(names), "-c", "copy", "-t", str(TAKE_S)),
                *("-movflags", "frag_keyframe+empty_moov+default_base_moof", "-f", "mp4", "pipe:1"),
            ],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        ).stdout


@dataclass(frozen=True, slots=True)
class Evening:
    """One show, agreed upon and checked. `items`: the two goods of its showcase."""

    cast: Cast
    session: Any
    items: Sequence[Any]
    question_id: int
    starts_at: datetime
    reel: Reel
    till: Till

    def play(self) -> None:
        """Every deed at its second."""
        for second, deed in (*self._before_the_hole(), *self._after_the_hole()):
            now = self.starts_at + timedelta(seconds=second)
            with clock.at(now):
                deed(now=now)

    def _before_the_hole(self) -> list[tuple[int, Deed]]:
        film = self.reel.take(1)
        half = len(film) // 2
        own = self.items[0].pk
        return [
            (0, partial(self._begin_take, film[:half])),
            (1, partial(self._say, self._host, SAID_BEFORE)),
            (3, partial(showcase.pin, item_id=own, by=self._host)),
            (3, partial(showcase.start_explaining, item_id=own, by=self._host)),
            (8, partial(self._say, self.cast.buyers[3], "甜不甜？")),
            (11, partial(self._say, self._host, "甜度写在批次里，检测报告点开就能看。")),
            (14, partial(self._buy, self.cast.buyers[0], 0)),
            (18, partial(self._buy, self.cast.buyers[4], 0)),
            (TAKE_S, partial(self._send, 1, film[half:], offset=half)),
            (TAKE_S + 8, partial(airing.tend, able_since=self.starts_at)),
            (TAKE_S + 12, partial(self._buy, self.cast.buyers[5], 0)),  # the cart stays open
        ]

    def _after_the_hole(self) -> list[tuple[int, Deed]]:
        film = self.reel.take(2)
        half = len(film) // 2
        theirs = self.items[1].pk
        return [
            (BACK_S, partial(self._begin_take, film[:half])),
            (BACK_S + 1, partial(self._say, self._host, SAID_AFTER)),
            (BACK_S + 3, partial(showcase.pin, item_id=theirs, by=self._host)),
            (BACK_S + 3, partial(showcase.start_explaining, item_id=theirs, by=self._host)),
            (BACK_S + 9, partial(self._buy, self.cast.buyers[6], 1)),
            (BACK_S + 13, partial(showcase.stop_explaining, session_id=self._id, by=self._host)),
            (
                BACK_S + 14,
                partial(clinic.start_answer, question_id=self.question_id, by=self._host),
            ),
            (BACK_S + 21, partial(clinic.end_answer, question_id=self.question_id, by=self._host)),
            (BACK_S + TAKE_S - 1, self._count_the_crowd),
            (BACK_S + TAKE_S, partial(self._send, 2, film[half:], offset=half)),
            (BACK_S + TAKE_S, partial(airing.end_session, session_id=self._id, by=self._host)),
            (BACK_S + TAKE_S + 60, self._hear_of_the_money),
        ]

    @property
    def _host(self) -> "User":
        return self.cast.places[0].seller

    @property
    def _id(self) -> int:
        return int(self.session.pk)

    def _begin_take(self, piece: bytes, *, now: datetime) -> None:
        take = airing.begin_take(
            session_id=self._id, source=TakeSource.PHONE, container=Container.MP4, now=now
        )
        self._send(take.number, piece, offset=0, now=now)
        airing.picture_came(session_id=self._id, now=now)

    def _send(self, number: int, piece: bytes, *, offset: int, now: datetime) -> None:
        take = queries.take_of_session(session_id=self._id, number=number)
        if take is None:
            raise LookupError(f"take {number} was never begun")
        length = takes.append(takes.path_of(take), piece, offset=offset)
        airing.note_bytes(take_id=take.take_id, received_bytes=length, now=now)

    def _say(self, author: "User", words: str, *, now: datetime) -> None:
        room.say(author=author, session_id=self._id, body=words, now=now)

    def _buy(self, buyer: "User", number: int, *, now: datetime) -> None:
        """Somebody in the room takes the smallest size of a product, and pays."""
        place, product = self.cast.places[number], self.items[number].product
        source = source_of(
            product=product.public_id,
            post="",
            sheet="",
            slot="",
            viewer=0,
            session=self.session.public_id,
        )
        *_, smallest = trade.skus_of(place).values()
        choice = trade.Choice(smallest, quantity=1, source=source)
        home = trade.HOMES[self.cast.buyers.index(buyer) % len(trade.HOMES)]
        self.till.pay(trade.order(buyer, choice, home=home, now=now), now=now)

    def _hear_of_the_money(self, *, now: datetime) -> None:
        """What the worker asks the payment company, before the orders are given up as unpaid."""
        order_tasks.ask_back.call()

    def _count_the_crowd(self, *, now: datetime) -> None:
        add_sums([Sums(self._id, JOINS, VIEWERS, LIKES, messages=4)], now=now)


def plan(
    cast: Cast, products: Sequence["Product"], *, starts_at: datetime, reel: Reel, till: Till
) -> Evening:
    """Two counties with one cart; somebody asks as soon as it is announced."""
    first, second = cast.places[:2]
    now = starts_at - PLANNED_BEFORE
    with clock.at(now):
        session = live.plan(first, SessionKind.COSTREAM, starts_at, now=now)
        live.share(session, first.seller, second.seller, now=now)
        items = live.fill(session, first.seller, products, now=now)
        live.submit(session, first.seller, [cast.operator], now=now)
        question = clinic.ask(
            session_id=session.pk, by=cast.buyers[2], body=ASKED, crop=first.script.product, now=now
        )
    return Evening(
        cast=cast,
        session=session,
        items=items,
        question_id=question.pk,
        starts_at=starts_at,
        reel=reel,
        till=till,
    )


def cut_what_was_filmed() -> None:
    """The studio shows everything that waits for it, and ends."""
    subprocess.run(
        [sys.executable, "-m", "shanhuo.realtime.studio", "--once"],
        check=True,
        stdin=subprocess.DEVNULL,
    )
