"""The harvest calendar (上市时间): twelve bits, January lowest, and the words for them."""

from calendar import month_abbr
from collections.abc import Iterable

from django.utils.functional import lazy
from django.utils.translation import get_language

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


def name_of(month: int) -> str:
    """ "7月", or "Jul" for readers of English."""
    return f"{month}月" if _in_chinese() else month_abbr[month]


def words_of(runs: Iterable[tuple[int, int]]) -> str:
    """ "7–8月" or "Jul–Aug" for a card; empty for no season at all."""
    between = "、" if _in_chinese() else ", "
    return between.join(_run_words(first, last) for first, last in runs)


def _run_words(first: int, last: int) -> str:
    if first == last:
        return name_of(first)
    return f"{first}–{name_of(last)}" if _in_chinese() else f"{name_of(first)}–{name_of(last)}"


def _in_chinese() -> bool:
    return (get_language() or "zh").startswith("zh")


# For forms, whose choices are written once and read in every language.
lazy_name_of = lazy(name_of, str)


def _last_of_run(month: int, months: list[int]) -> int:
    while _after(month) in months:
        month = _after(month)
    return month


def _before(month: int) -> int:
    return month - 1 or 12


def _after(month: int) -> int:
    return month % 12 + 1
