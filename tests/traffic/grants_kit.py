"""Makers for tests of grants: a programme, a running grant, people who watch."""

from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Any

from shanhuo.kernel import clock
from shanhuo.traffic import moments, viewers
from shanhuo.traffic.grants import services
from shanhuo.traffic.grants.terms import Terms, Wish
from shanhuo.traffic.intake import Batch, Received
from shanhuo.traffic.kinds import Kind
from shanhuo.traffic.models import Contract, Grant, Programme
from shanhuo.traffic.models.grants import Means
from shanhuo.traffic.recorder import Recorder
from shanhuo.traffic.serving import Answer, Serving

FIRST, LAST = date(2026, 7, 1), date(2026, 7, 10)


def open_programme(
    op: Any, *, now: datetime, budget: int = 100_000, **differently: Any
) -> Programme:
    terms = {
        "name": "山货上头条",
        "purpose": "让脱贫县的山货被看见。",
        "budget_count": budget,
        "most_per_grant": budget,
        "starts_on": FIRST,
        "ends_on": LAST,
    }
    return services.open_programme(operator=op, now=now, **{**terms, **differently})


def wish_for(post: Any, quota: int = 100, **differently: Any) -> Wish:
    return Wish(Contract.Kind.POST, post.public_id, quota, **differently)


def county_wish(quota: int = 100, **differently: Any) -> Wish:
    return Wish(Contract.Kind.COUNTY, "500237", quota, **differently)


def terms(*wishes: Wish, **differently: Any) -> Terms:
    plain: dict[str, Any] = {
        "title": "巫山脆李上市",
        "reason": "今年丰收，销路还不够。",
        "means": Means.PRODUCT,
        "starts_on": FIRST,
        "ends_on": LAST,
    }
    return Terms(wishes=wishes, **{**plain, **differently})


def approved(
    op: Any,
    wang: Any,
    county: Any,
    asked: Terms,
    *,
    now: datetime,
    programme: Programme | None = None,
) -> Grant:
    """A grant that Wang asked for and the operator approved."""
    programme = programme or open_programme(op, now=now)
    grant = services.request_grant(
        requester=wang, programme_id=programme.pk, county_id=county.pk, terms=asked, now=now
    )
    return services.approve_grant(operator=op, grant_id=grant.pk, now=now)


def watch(
    root: Path, answer: Answer, viewer: viewers.Viewer, slots: Iterable[int], *, now: datetime
) -> int:
    """Report exposures of these slots, as a client would; how many were believed."""
    return watch_token(root, answer.sheet, viewer, slots, now=now)


def watch_token(
    root: Path, token: str, viewer: viewers.Viewer, slots: Iterable[int], *, now: datetime
) -> int:
    recorder = Recorder(root, now_ms=moments.to_ms(now))
    signals = [(0, slot, Kind.EXPOSURE.value, 0, 0) for slot in slots]
    batch = Batch([token], signals)
    counts = recorder.record([Received(batch, viewer.key, moments.to_ms(now))])
    recorder.close()
    return counts[0][0]


def supported_slots(answer: Answer) -> list[int]:
    return [slot for slot, item in enumerate(answer.as_data()) if item["why"] == "grant"]


def house_of(root: Path, *, seed: int = 1) -> Serving:
    """A web process' feed without chance."""
    house = Serving(root)
    house.feed.explore, house.feed.random = 0.0, Random(seed)
    return house


def day(moment: datetime) -> date:
    return clock.day_of(moment)
