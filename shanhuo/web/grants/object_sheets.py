"""Many objects at once: a workbook of all that a county may ask for, and reading it again.

An office with forty clips fills in a column in Excel; four fields a clip on a page would be an
afternoon. What was read is shown before anything is asked.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shanhuo.kernel import sheets
from shanhuo.traffic.grants.terms import MOST_OBJECTS, NoObjects, Wish
from shanhuo.traffic.grants.words import KINDS, PLACEMENT_OF
from shanhuo.web.downloads import workbook

HEADINGS = {
    "kind": gettext_lazy("Kind of object"),
    "name": gettext_lazy("Name of the object"),
    "key": gettext_lazy("Number of the object"),
    "placement": gettext_lazy("Placement"),
    "quota": gettext_lazy("Exposures"),
    "day_cap": gettext_lazy("At most a day"),
}
LANGUAGES = ("zh-hans", "en")


@dataclass(frozen=True, slots=True)
class Read:
    """What a workbook asks for, and which of its rows cannot be meant: sentences with the row's
    number as Excel shows it."""

    wishes: tuple[Wish, ...]
    faults: tuple[str, ...]


def workbook_of(objects: Sequence[Any]) -> HttpResponse:
    """A row for each object, its exposures to be filled in. `objects` are groups of what the
    county may ask for: (kind, [("post:<public id>", name), …])."""
    feed = str(PLACEMENT_OF["feed"].label)
    rows = ([group, name, key, feed, None, None] for group, named in objects for key, name in named)
    return workbook(_("Objects"), [str(one) for one in HEADINGS.values()], rows)


def read(raw: bytes, *, objects: Sequence[Any]) -> Read:
    """The rows with a figure in `exposures`. Raises NoObjects for too many of them, and what
    `sheets.read_table` raises."""
    names = {part: _in_all_languages(heading) for part, heading in HEADINGS.items()}
    wanted = [str(HEADINGS[part]) for part in ("key", "quota")]
    table = sheets.read_table(raw, wanted=wanted, known=[*names["key"], *names["quota"]])
    at = {part: _column(table.headings, known) for part, known in names.items()}
    if at["key"] is None or at["quota"] is None:
        raise sheets.NoHeadings(wanted="、".join(wanted))
    known = {key for _group, listed in objects for key, _name in listed}
    wishes: list[Wish] = []
    faults: list[str] = []
    for line, cells in table.rows:
        row = {part: cells[column] if column is not None else "" for part, column in at.items()}
        if row["quota"]:
            try:
                wishes.append(_wish(row, known))
            except ValueError as fault:
                faults.append(_("Row %(line)s: %(fault)s") % {"line": line, "fault": fault})
    if len(wishes) > MOST_OBJECTS:
        raise NoObjects(most=MOST_OBJECTS)
    return Read(tuple(wishes), tuple(faults))


def packed(wishes: Sequence[Wish]) -> str:
    """Wishes as one hidden field: a form shows them again until they are asked for."""
    return ",".join(
        f"{key_of(wish)} {wish.placement.value} {wish.quota_count} {wish.day_cap or 0}"
        for wish in wishes
    )


def key_of(wish: Wish) -> str:
    """How forms and workbooks name an object: "post:<public id>"."""
    return f"{wish.kind.value}:{wish.public_id}"


def unpacked(text: str) -> tuple[Wish, ...]:
    """Raises ValueError for what `packed` never wrote."""
    return tuple(_unpacked_line(line) for line in text.split(",") if line)


def _unpacked_line(line: str) -> Wish:
    key, placement, quota, day_cap = line.split(" ")
    kind, _colon, public_id = key.partition(":")
    try:
        found = KINDS[kind], PLACEMENT_OF[placement]
    except KeyError as unknown:
        raise ValueError(line) from unknown
    return Wish(found[0], public_id, int(quota), int(day_cap) or None, found[1])


def _wish(row: Mapping[str, str], known: set[str]) -> Wish:
    """Raises ValueError with a sentence."""
    if row["key"] not in known:
        raise ValueError(_("“%(key)s” is not an object of this county.") % {"key": row["key"][:40]})
    kind, _colon, public_id = row["key"].partition(":")
    day_cap = _count(row["day_cap"]) if row["day_cap"] else None
    return Wish(KINDS[kind], public_id, _count(row["quota"]), day_cap, _placement(row["placement"]))


def _count(cell: str) -> int:
    """A positive whole number; full width and thousands marks are what people type."""
    plain = unicodedata.normalize("NFKC", cell).replace(",", "").strip()
    if not (plain.isascii() and plain.isdigit() and 0 < len(plain) <= 12 and int(plain)):
        raise ValueError(_("“%(cell)s” is not a number of exposures.") % {"cell": cell[:20]})
    return int(plain)


def _placement(cell: str) -> Any:
    if not cell:
        return PLACEMENT_OF["feed"]
    for placement in PLACEMENT_OF.values():
        if cell in (placement.value, *_in_all_languages(placement.label)):
            return placement
    raise ValueError(_("“%(cell)s” is not a placement.") % {"cell": cell[:20]})


def _column(headings: Sequence[str], known: Sequence[str]) -> int | None:
    keys = {sheets.heading_key(one) for one in known}
    return next((at for at, one in enumerate(headings) if sheets.heading_key(one) in keys), None)


def _in_all_languages(text: Any) -> list[str]:
    """A file may come back from a colleague who reads the other language."""
    found = []
    for language in LANGUAGES:
        with translation.override(language):
            found.append(str(text))
    return found
