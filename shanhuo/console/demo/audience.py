"""Who watches: lists from the feed engine, signals through the recorder, wishes out of both."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import TYPE_CHECKING

from django.conf import settings

from shanhuo.console.demo.habits import MOST_IN_A_BATCH, PAGE, WATCHING_MS, Signal, reactions
from shanhuo.console.demo.trade import Choice
from shanhuo.orders import services as orders
from shanhuo.traffic import moments, sheets, viewers
from shanhuo.traffic import services as traffic
from shanhuo.traffic.intake import Batch
from shanhuo.traffic.kinds import Kind
from shanhuo.traffic.recorder import Recorder
from shanhuo.traffic.serving import Serving

if TYPE_CHECKING:
    from shanhuo.people.models import User

STRANGERS = 12

# Most people buy for the family, some for the neighbours, a canteen for everybody.
BOXES = (1, 1, 1, 1, 2, 2, 3, 12)


@dataclass(slots=True)
class Audience:
    """Viewers in front of the real feed. `sizes`: product -> SKU ids; `creators`: post -> maker."""

    sizes: Mapping[str, Sequence[int]]
    creators: Mapping[str, int]
    random: Random
    now: datetime
    _serving: Serving = field(init=False)
    _recorder: Recorder = field(init=False)

    def __post_init__(self) -> None:
        self._serving = Serving(settings.SIGNALS_DIR)
        self._recorder = traffic.open_recorder(now_ms=moments.to_ms(self.now))

    def gather(self, *, now: datetime) -> None:
        """A new evening: the feed takes in what was published and what others watched."""
        self._serving.live.step(now=now)

    def watch(self, buyer: "User", *, now: datetime) -> Choice | None:
        """A signed-in buyer looks through a list; perhaps something is worth an order."""
        viewer = viewers.viewer_of(buyer.viewer_secret)
        answer = self._serving.answer(viewer, now=now, length=PAGE)
        if not answer.items:
            return None
        items = answer.as_data()
        wanted = self._first_wish(items)
        signals = list(reactions(self.random, len(items)))
        if wanted is not None:
            signals += self._purchase(wanted)
        self._send(answer.sheet, signals, viewer, now=now)
        return None if wanted is None else self._choice(items[wanted], answer.sheet, wanted)

    def strangers_watch(self, *, now: datetime) -> None:
        """People without an account watch too, and are counted as viewers, not as buyers."""
        for _ in range(STRANGERS):
            viewer = viewers.new_viewer()
            answer = self._serving.answer(viewer, now=now, length=PAGE, is_new=True)
            if answer.items:
                signals = list(reactions(self.random, len(answer.items)))
                self._send(answer.sheet, signals, viewer, now=now)

    def go_home(self, *, now: datetime) -> None:
        """The last segment is closed, so that compaction can have it; leases are given back."""
        self._recorder.close()
        self._serving.close(now=now)

    def _first_wish(self, items: Sequence[Mapping[str, object]]) -> int | None:
        offered = [
            slot for slot, item in enumerate(items) if item["product"] and item["kind"] != "live"
        ]
        return self.random.choice(offered) if offered else None

    def _purchase(self, slot: int) -> list[Signal]:
        """The way to an order; the kinds may be among the reactions, then they count once."""
        way = (Kind.CLICK_PRODUCT, Kind.BASKET, Kind.BUY_CLICK)
        return [(0, slot, kind, 1_000, 0) for kind in way]

    def _send(
        self,
        sheet: str,
        signals: Sequence[Signal],
        viewer: viewers.Viewer,
        *,
        now: datetime,
    ) -> None:
        """Two minutes of watching later the page has reported everything, in batches of 50."""
        at_ms = moments.to_ms(now) + (PAGE + 2) * WATCHING_MS
        for first in range(0, len(signals), MOST_IN_A_BATCH):
            batch = Batch(sheets=[sheet], signals=list(signals[first : first + MOST_IN_A_BATCH]))
            self._recorder.record([traffic.Received(batch, viewer.key, at_ms)])

    def _choice(self, item: Mapping[str, object], sheet: str, slot: int) -> Choice:
        product: Mapping[str, str] = item["product"]  # type: ignore[assignment]
        post = str(item["id"])
        return Choice(
            sku_id=self.random.choice(self.sizes[product["id"]]),
            quantity=self.random.choice(BOXES),
            source=orders.Source(
                creator_id=self.creators[post],
                post=post,
                exposure=f"{sheets.unseal(sheet).id:x}.{slot}",
            ),
        )
