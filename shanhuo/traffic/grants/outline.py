"""Contracts that stand in no table: for simulations, which price as the feed does."""

from collections.abc import Iterable
from datetime import date

from shanhuo.traffic.models import Contract, Grant


def county_contracts(
    adcodes: Iterable[int], *, quota: int, starts_on: date, ends_on: date, viewer_cap: int
) -> list[Contract]:
    """One contract per county under one grant, numbered from 1; nothing is saved."""
    grant = Grant(
        starts_on=starts_on,
        ends_on=ends_on,
        viewer_cap=viewer_cap,
        audience=Grant.Audience.EVERYONE,
    )
    return [
        Contract(
            pk=number, grant=grant, kind=Contract.Kind.COUNTY, target=adcode, quota_count=quota
        )
        for number, adcode in enumerate(adcodes, start=1)
    ]
