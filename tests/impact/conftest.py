"""Makers of entries in the two logs."""

from collections.abc import Callable
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import transaction

from shanhuo.kernel import facts
from shanhuo.kernel.facts import Fact
from shanhuo.live.events import SessionEnded
from shanhuo.orders.events import (
    OrderPaid,
    OrderRefunded,
    OrderSettled,
    SlipPaid,
    SlipReversed,
    SoldLine,
)
from shanhuo.traffic import moments
from shanhuo.traffic.kinds import Kind, ObjectKind
from shanhuo.traffic.records import RECORD
from shanhuo.traffic.segments import Segments

PLUM, TEA = "plum000000000000", "tea0000000000000"
WUSHAN, FENGJIE = "500237", "500236"

_numbers = count(1)

Tell = Callable[[Fact, datetime], None]
Watch = Callable[..., None]


def line(
    fen: int,
    *,
    county: str = WUSHAN,
    product: str = PLUM,
    discount_fen: int = 0,
    via_session: str = "",
) -> SoldLine:
    """A line for which the buyer paid `fen` and 800 of freight, less the discount."""
    return SoldLine(
        product=product,
        sku="sku",
        county=county,
        quantity=1,
        grams=2500,
        goods_fen=fen,
        discount_fen=discount_fen,
        discount_funder="",
        freight_fen=800,
        farm_gate_fen=0,
        creator="",
        via_post="",
        via_exposure="",
        via_session=via_session,
    )


def _order(*lines: SoldLine) -> dict[str, Any]:
    return {
        "order": f"order{next(_numbers)}",
        "payment": "payment",
        "merchant": "merchant",
        "buyer_key": "buyer",
        "buyer_county": "110101",
        "lines": list(lines),
    }


def paid(*lines: SoldLine) -> OrderPaid:
    return OrderPaid(**_order(*lines), paid_fen=0, late=False)


def refunded(*lines: SoldLine) -> OrderRefunded:
    return OrderRefunded(**_order(*lines), refund="r", refunded_fen=0, after_settlement=False)


def settled(*lines: SoldLine) -> OrderSettled:
    return OrderSettled(
        **_order(*lines),
        merchant_fen=0,
        creator_fen=0,
        platform_fee_fen=0,
        freight_fen=0,
        platform_discount_fen=0,
    )


def show(on_air_seconds: int, *, county: str = WUSHAN) -> SessionEnded:
    """A live session is over."""
    return SessionEnded(
        session_id=1,
        public_id=f"session{next(_numbers)}",
        kind="selling",
        county=county,
        host_id=1,
        why="host",
        on_air_seconds=on_air_seconds,
    )


def _slip(household: str, paid_fen: int, baseline_fen: int, product: str) -> dict[str, Any]:
    return {
        "slip": f"slip{next(_numbers)}",
        "merchant": "merchant",
        "household_key": household,
        "household_kind": "lifted",
        "county": WUSHAN,
        "product": product,
        "lot": "lot",
        "grams": 1000,
        "paid_fen": paid_fen,
        "baseline_fen": baseline_fen,
    }


def slip(household: str, paid_fen: int, baseline_fen: int = 0, product: str = PLUM) -> SlipPaid:
    return SlipPaid(**_slip(household, paid_fen, baseline_fen, product))


def taken_back(
    household: str, paid_fen: int, baseline_fen: int = 0, product: str = PLUM
) -> SlipReversed:
    return SlipReversed(**_slip(household, paid_fen, baseline_fen, product), reverses="slip")


@pytest.fixture
def tell(db: None) -> Tell:
    """Record a fact as if it happened at a moment."""

    def record(fact: Fact, at: datetime) -> None:
        with transaction.atomic():
            facts.record(fact, now=at)

    return record


@pytest.fixture
def watch(settings: Any, tmp_path: Path) -> Watch:
    """Write signals of one kind, each under an exposure sheet of its own unless `sheets` says."""
    settings.SIGNALS_DIR = tmp_path / "signals"
    segments = Segments(settings.SIGNALS_DIR)

    def write(
        at: datetime,
        *,
        kind: Kind = Kind.PLAY,
        viewers: tuple[int, ...] = (1,),
        post: int = 1,
        county: str = WUSHAN,
        sheets: tuple[int, ...] = (),
    ) -> None:
        records = np.zeros(len(viewers), RECORD)
        records["at_ms"] = moments.to_ms(at)
        records["sheet"] = sheets or [next(_numbers) for _ in viewers]
        records["viewer"] = viewers
        records["kind"] = kind
        records["object"] = post
        records["object_kind"] = ObjectKind.POST
        records["county"] = int(county)
        segment = segments.create(now_ms=moments.to_ms(at))
        segment.append(records)
        segment.close()

    return write


@pytest.fixture(autouse=True)
def _signals_of_the_test(settings: Any, tmp_path: Path) -> None:
    settings.SIGNALS_DIR = tmp_path / "signals"
