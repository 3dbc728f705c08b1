"""The metric registry: what each published figure means, once and for everybody.

A metric is its id, unit, window, dedupe key and status, and the way its entries are read off one of
the two logs. Roll-ups, recounts, pages, exports and the API all read this list; a figure that is
not declared here is not published. docs/metrics.md says it in prose.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel.facts import Fact
from shanhuo.live.events import SessionEnded
from shanhuo.orders.events import (
    OrderPaid,
    OrderRefunded,
    OrderSettled,
    SlipPaid,
    SlipReversed,
)
from shanhuo.traffic.kinds import Kind

Payload = dict[str, Any]


class Unit(TextChoices):
    COUNT = "count", _("times")
    MINUTES = "minutes", _("minutes")
    FEN = "fen", _("yuan")
    PEOPLE = "people", _("people")
    HOUSEHOLDS = "households", _("households")
    RATIO = "ratio", _("share, in ten-thousandths")
    INDEX = "index", _("index, in ten-thousandths")


class Status(TextChoices):
    """How firm a figure is. Figures of different status are never added."""

    COUNTED = "counted", _("counted")
    ESTIMATED = "estimated", _("estimated")
    PAID = "paid", _("paid")
    SETTLED = "settled", _("settled")
    AUDITED = "audited", _("audited")


class Merge(StrEnum):
    """How the figures of several days become one: by adding, or as a union of who was there."""

    SUM = "sum"
    VIEWERS = "viewers"
    HOUSEHOLDS = "households"


@dataclass(frozen=True, slots=True)
class Entry:
    """What one fact adds to one county and product. `household` is a keyed hash, or ""."""

    county: str
    product: str
    amount: int
    household: str = ""


@dataclass(frozen=True, slots=True)
class FromFacts:
    """Entries of each kind of fact. `once`: a fact counts 1 in a county, however many entries."""

    readers: dict[type[Fact], Callable[[Payload], list[Entry]]]
    once: bool = False


@dataclass(frozen=True, slots=True)
class FromSignals:
    """Signals of one kind: those that the published rules of `traffic.fakes` believe, or those
    that they do not."""

    kind: Kind
    believed: bool = True


@dataclass(frozen=True, slots=True)
class Metric:
    """One declared figure. Texts are English msgids; `definition` is what its page says."""

    id: str
    name: str | Promise
    definition: str | Promise
    dedupe: str | Promise
    unit: Unit
    status: Status
    merge: Merge
    source: FromFacts | FromSignals

    @property
    def log(self) -> str:
        """Which log it is read off: facts or signals."""
        return "facts" if isinstance(self.source, FromFacts) else "signals"

    @property
    def is_sensitive(self) -> bool:
        """Whether it speaks of households: published in releases, small cells suppressed."""
        return self.merge is Merge.HOUSEHOLDS


def _lines(payload: Payload) -> list[Entry]:
    """What the buyer paid for each line: goods less discount, plus freight."""
    return [
        Entry(
            county=line["county"],
            product=line["product"],
            amount=line["goods_fen"] - line["discount_fen"] + line["freight_fen"],
        )
        for line in payload["lines"]
    ]


def _live_lines(payload: Payload) -> list[Entry]:
    """The same for the lines that a live session brought."""
    lines = [line for line in payload["lines"] if line.get("via_session")]
    return _lines({"lines": lines})


def _session(amount_of: Callable[[Payload], int]) -> FromFacts:
    """A session is of its county and of no product."""

    def read(payload: Payload) -> list[Entry]:
        return [Entry(payload["county"], "", amount_of(payload))]

    return FromFacts({SessionEnded: read})


def _slip(amount_of: Callable[[Payload], int], sign: int = 1) -> Callable[[Payload], list[Entry]]:
    def read(payload: Payload) -> list[Entry]:
        amount = sign * amount_of(payload)
        household = payload["household_key"]
        return [Entry(payload["county"], payload["product"], amount, household)]

    return read


def _paid_fen(payload: Payload) -> int:
    return int(payload["paid_fen"])


def _gain_fen(payload: Payload) -> int:
    return int(payload["paid_fen"]) - int(payload["baseline_fen"])


def _slips(amount_of: Callable[[Payload], int]) -> FromFacts:
    return FromFacts({SlipPaid: _slip(amount_of), SlipReversed: _slip(amount_of, sign=-1)})


_ONCE_A_SHEET = _("Exposure sheet, slot and kind: the collector accepts each once.")
_ONCE_A_SESSION = _("Session: each ends once.")
_ONCE_AN_ORDER = _("Order: each is paid, and settled, once.")

METRICS: tuple[Metric, ...] = (
    Metric(
        id="exposures",
        name=_("Exposures"),
        definition=_(
            "How often something from the county was on a screen, at least three fifths of it for "
            "at least half a second. Booked in times shown, never in money. Without what is not "
            "believed: that is a figure of its own."
        ),
        dedupe=_ONCE_A_SHEET,
        unit=Unit.COUNT,
        status=Status.COUNTED,
        merge=Merge.SUM,
        source=FromSignals(Kind.EXPOSURE),
    ),
    Metric(
        id="plays",
        name=_("Plays"),
        definition=_(
            "How often a clip from the county began to play after it had been shown. A play on an "
            "exposure that is not believed does not count."
        ),
        dedupe=_ONCE_A_SHEET,
        unit=Unit.COUNT,
        status=Status.COUNTED,
        merge=Merge.SUM,
        source=FromSignals(Kind.PLAY),
    ),
    Metric(
        id="viewers",
        name=_("Distinct viewers"),
        definition=_(
            "How many different viewers played at least one clip from the county in the window. "
            "A viewer is an account, or a browser that did not sign in, so one person may be two. "
            "Exact up to 2,000 viewers, above that an estimate with a standard error of 0.8 %."
        ),
        dedupe=_("Viewer: once in the whole window, not once a day."),
        unit=Unit.PEOPLE,
        status=Status.ESTIMATED,
        merge=Merge.VIEWERS,
        source=FromSignals(Kind.PLAY),
    ),
    Metric(
        id="not_believed",
        name=_("Exposures not believed"),
        definition=_(
            "How many exposures the published rules against fakes found that day: one phone again "
            "and again, scripts, farms, crowds made for one thing. They are in no other figure."
        ),
        dedupe=_ONCE_A_SHEET,
        unit=Unit.COUNT,
        status=Status.COUNTED,
        merge=Merge.SUM,
        source=FromSignals(Kind.EXPOSURE, believed=False),
    ),
    Metric(
        id="orders",
        name=_("Paid orders"),
        definition=_(
            "How many orders with goods from the county were paid. An order with goods from two "
            "counties counts once in each, and once in the country. Later refunds do not reduce it."
        ),
        dedupe=_ONCE_AN_ORDER,
        unit=Unit.COUNT,
        status=Status.PAID,
        merge=Merge.SUM,
        source=FromFacts({OrderPaid: _lines}, once=True),
    ),
    Metric(
        id="paid_gmv",
        name=_("Paid sales"),
        definition=_(
            "What buyers paid for goods from the county: goods less discount, plus freight. "
            "It is turnover, not income, and refunds are not taken off: they stand beside it. "
            "Money that arrived after an order had expired counts here and under refunded."
        ),
        dedupe=_ONCE_AN_ORDER,
        unit=Unit.FEN,
        status=Status.PAID,
        merge=Merge.SUM,
        source=FromFacts({OrderPaid: _lines}),
    ),
    Metric(
        id="refunded",
        name=_("Refunded amount"),
        definition=_(
            "What was promised back to buyers of goods from the county, counted on the day of the "
            "promise, whenever the order was paid."
        ),
        dedupe=_("Refund: each is promised once."),
        unit=Unit.FEN,
        status=Status.PAID,
        merge=Merge.SUM,
        source=FromFacts({OrderRefunded: _lines}),
    ),
    Metric(
        id="settled",
        name=_("Settled sales"),
        definition=_(
            "The part of paid sales whose goods were kept and whose money was divided among "
            "merchant, creator, platform and freight, counted on the day of the division."
        ),
        dedupe=_ONCE_AN_ORDER,
        unit=Unit.FEN,
        status=Status.SETTLED,
        merge=Merge.SUM,
        source=FromFacts({OrderSettled: _lines}),
    ),
    Metric(
        id="live_sessions",
        name=_("Live sessions held"),
        definition=_(
            "How many live sessions of the county were on air and ended, counted on the day of "
            "their end. Rehearsals and sessions that nobody could see do not count."
        ),
        dedupe=_ONCE_A_SESSION,
        unit=Unit.COUNT,
        status=Status.COUNTED,
        merge=Merge.SUM,
        source=_session(lambda _payload: 1),
    ),
    Metric(
        id="live_minutes",
        name=_("Time on air"),
        definition=_(
            "How long sessions of the county showed pictures, to the nearest minute each; while "
            "the signal was gone the time stands still. Counted on the day of their end."
        ),
        dedupe=_ONCE_A_SESSION,
        unit=Unit.MINUTES,
        status=Status.COUNTED,
        merge=Merge.SUM,
        source=_session(lambda payload: round(payload["on_air_seconds"] / 60)),
    ),
    Metric(
        id="live_orders",
        name=_("Paid orders from live sessions"),
        definition=_(
            "How many orders with goods from the county were paid that a live session brought, of "
            "whichever county it was. They are part of paid orders."
        ),
        dedupe=_ONCE_AN_ORDER,
        unit=Unit.COUNT,
        status=Status.PAID,
        merge=Merge.SUM,
        source=FromFacts({OrderPaid: _live_lines}, once=True),
    ),
    Metric(
        id="live_paid",
        name=_("Paid sales from live sessions"),
        definition=_(
            "What buyers paid for goods from the county that a live session brought them to: goods "
            "less discount, plus freight. Part of paid sales; refunds are not taken off."
        ),
        dedupe=_ONCE_AN_ORDER,
        unit=Unit.FEN,
        status=Status.PAID,
        merge=Merge.SUM,
        source=FromFacts({OrderPaid: _live_lines}),
    ),
    Metric(
        id="farm_gate",
        name=_("Paid to households"),
        definition=_(
            "What households of the county were paid at the farm gate on purchase slips (收购单), "
            "less slips taken back. This is the figure to read beside paid sales."
        ),
        dedupe=_("Purchase slip: each is paid once."),
        unit=Unit.FEN,
        status=Status.PAID,
        merge=Merge.HOUSEHOLDS,
        source=_slips(_paid_fen),
    ),
    Metric(
        id="households",
        name=_("Households paid"),
        definition=_(
            "How many different households of the county were paid in the window, slips taken back "
            "set aside. Never people, never households reached in some other way."
        ),
        dedupe=_("Household: once in the whole window, not once a slip."),
        unit=Unit.HOUSEHOLDS,
        status=Status.PAID,
        merge=Merge.HOUSEHOLDS,
        source=_slips(_paid_fen),
    ),
    Metric(
        id="income_gain",
        name=_("Income gain"),
        definition=_(
            "What households were paid, less what the same weight would have brought at the local "
            "baseline price that stood on the slip. Not sales, and not causal: we do not know what "
            "the household would have done without the platform."
        ),
        dedupe=_("Purchase slip: each is paid once."),
        unit=Unit.FEN,
        status=Status.PAID,
        merge=Merge.HOUSEHOLDS,
        source=_slips(_gain_fen),
    ),
)

BY_ID: dict[str, Metric] = {metric.id: metric for metric in METRICS}
FARM_GATE, INCOME_GAIN = BY_ID["farm_gate"], BY_ID["income_gain"]

FACT_TYPES: tuple[type[Fact], ...] = (
    SessionEnded,
    OrderPaid,
    OrderRefunded,
    OrderSettled,
    SlipPaid,
    SlipReversed,
)
