"""The harvest calendar (上市时间): twelve bits, January lowest, and the words for them."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

MONTHS = range(1, 13)


def mask_of(months: Iterable[int]) -> int:
    """{7, 8} -> 0b11000000. Raises ValueError for what is not a month."""
    mask = 0
    for month in months:
        if month not in MONTHS:
            raise ValueError(month)
        mask |= bit_of(month)
    return mask


def bit_of(month: int) -> int:
    return 1 << (month - 1)


def months_of(mask: int) -> list[int]:
    """Ascending, 1 to 12."""
    return [month for month in MONTHS if mask & bit_of(month)]


def runs_of(mask: int) -> list[tuple[int, int]]:
    """Months in a row as (first, last), over the year's end too: {11, 12, 1} -> [(11, 1)]."""
    months = months_of(mask)
    if len(months) == len(MONTHS):
        return [(1, 12)]
    firsts = [month for month in months if _before(month) not in months]
    return [(first, _last_of_run(first, months)) for first in firsts]


def words_of(runs: Iterable[tuple[int, int]]) -> str:
    """ "7–8月" for a card; empty for no season at all."""
    return "、".join(
        _("%(month)d (month)") % {"month": first}
        if first == last
        else _("%(first)d–%(last)d (months)") % {"first": first, "last": last}
        for first, last in runs
    )


def _last_of_run(month: int, months: list[int]) -> int:
    while _after(month) in months:
        month = _after(month)
    return month


def _before(month: int) -> int:
    return month - 1 or 12


def _after(month: int) -> int:
    return month % 12 + 1
