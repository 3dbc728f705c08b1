"""A county's list from Excel: looked at, confirmed, and undone within 24 hours if it was wrong.

The household's number is the key: sending a list again changes households, it never doubles them.
An empty cell changes nothing.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel import audit, clock, sheets
from shanhuo.kernel.errors import Refusal
from shanhuo.people import household_list
from shanhuo.people.entries import ConsentEntry, HouseholdEntry, number_digest
from shanhuo.people.household_list import ReadRow, Reason
from shanhuo.people.models import (
    Household,
    HouseholdConsent,
    HouseholdImport,
    HouseholdImportRow,
    User,
)
from shanhuo.people.rules import officer_county_ids
from shanhuo.people.services import households
from shanhuo.regions import queries as regions
from shanhuo.regions import services as region_services

UNDO_WITHIN = timedelta(hours=24)
PREVIEW_KEPT = timedelta(days=7)
BATCH = 500
Outcome, Status = HouseholdImportRow.Outcome, HouseholdImport.Status
_COLUMNS = [
    "number",
    "number_digest",
    "head_name",
    "head_name_digest",
    "kind",
    "risk",
    "village",
    "phone",
    "address",
    "changed_at",
]


class ColumnsMissing(Refusal):
    code = "columns_missing"
    status = 422
    message = _("These columns are missing: %(columns)s. Download the template and compare.")


class ListEmpty(Refusal):
    code = "list_empty"
    status = 422
    message = _("The list has headings but no rows.")


class ImportNotOpen(Refusal):
    code = "import_not_open"
    message = _("This list was already imported, discarded or is older than seven days.")


class TooLateToUndo(Refusal):
    code = "too_late_to_undo"
    message = _("An import can be undone for 24 hours, once.")


@dataclass(frozen=True, slots=True)
class Undone:
    """What undoing did: households removed again, put back as they were, or kept because somebody
    has changed them or paid them since."""

    removed: int
    restored: int
    kept: int


def preview_import(*, county_id: int, raw: bytes, officer: User, now: datetime) -> HouseholdImport:
    """Read a list and say, row by row, what importing it would do. Changes no household.

    Raises NotYourCounty, ColumnsMissing, ListEmpty, and what `sheets.read_table` raises.
    """
    households.require_officer(officer, county_id)
    table = sheets.read_table(
        raw,
        wanted=[household_list.HEADINGS[name][0] for name in household_list.REQUIRED],
        known=household_list.all_headings(),
    )
    layout = household_list.layout_of(table.headings)
    if layout.missing:
        raise ColumnsMissing(columns="、".join(layout.missing))
    today = clock.day_of(now)
    read = [
        (household_list.read_row(layout, line, cells, today=today), layout.kept(cells))
        for line, cells in table.rows
        if not household_list.is_example(layout, cells)
    ]
    if not read:
        raise ListEmpty
    return _store(county_id, table.headings, layout.ignored, read, officer=officer, now=now)


@transaction.atomic
def confirm_import(*, batch: HouseholdImport, officer: User, now: datetime) -> None:
    """Do what the preview said, as far as it still can be done. Villages not known yet are added.

    Raises NotYourCounty, ImportNotOpen.
    """
    households.require_officer(officer, batch.county_id)
    if not HouseholdImport.objects.filter(pk=batch.pk, status=Status.PREVIEW).update(
        status=Status.CONFIRMED, confirmed_at=now
    ):
        raise ImportNotOpen
    rows = [_Stored.of(row) for row in _rows(batch, Outcome.NEW, Outcome.UPDATE)]
    villages = _Villages(batch.county_id)
    for row in rows:
        village_id = villages.found_or_added(*row.village, officer=officer, now=now)
        row.entry = replace(row.entry, village_id=village_id)
    existing = _by_number(batch.county_id, [row.entry.number for row in rows])
    _create([row for row in rows if row.digest not in existing], batch, officer=officer, now=now)
    _change([row for row in rows if row.digest in existing], existing, now=now)
    _note("household.import", batch, officer=officer, now=now, rows=len(rows))


@transaction.atomic
def undo_import(*, batch: HouseholdImport, officer: User, now: datetime) -> Undone:
    """Take an import back. Households that somebody changed or paid since stay as they are.

    Raises NotYourCounty, TooLateToUndo.
    """
    households.require_officer(officer, batch.county_id)
    open_batch = HouseholdImport.objects.filter(
        pk=batch.pk, status=Status.CONFIRMED, confirmed_at__gt=now - UNDO_WITHIN
    )
    if not open_batch.update(status=Status.UNDONE):
        raise TooLateToUndo
    batch.refresh_from_db()
    removed, kept_new = _remove(batch)
    restored, kept_old = _restore(batch, now=now)
    _note("household.undo_import", batch, officer=officer, now=now, rows=removed + restored)
    return Undone(removed=removed, restored=restored, kept=kept_new + kept_old)


def can_undo(batch: HouseholdImport, *, now: datetime) -> bool:
    """Whether `undo_import` would still do it."""
    return (
        batch.status == Status.CONFIRMED
        and batch.confirmed_at is not None
        and now - batch.confirmed_at < UNDO_WITHIN
    )


@transaction.atomic
def discard_import(*, batch: HouseholdImport, officer: User, now: datetime) -> None:
    """Throw a preview away, with all that stood in it. Raises NotYourCounty, ImportNotOpen."""
    households.require_officer(officer, batch.county_id)
    if not HouseholdImport.objects.filter(pk=batch.pk, status=Status.PREVIEW).update(
        status=Status.DISCARDED
    ):
        raise ImportNotOpen
    _forget_contents([batch.pk], now=now)


@transaction.atomic
def forget_old_imports(*, now: datetime) -> int:
    """Erase what stood in lists that can no longer be confirmed or undone; returns how many."""
    HouseholdImport.objects.filter(
        status=Status.PREVIEW, uploaded_at__lte=now - PREVIEW_KEPT
    ).update(status=Status.DISCARDED)
    old = HouseholdImport.objects.filter(purged_at=None).exclude(status=Status.PREVIEW)
    old = old.exclude(status=Status.CONFIRMED, confirmed_at__gt=now - UNDO_WITHIN)
    ids = list(old.values_list("pk", flat=True))
    _forget_contents(ids, now=now)
    return len(ids)


# ---- looking ----


@transaction.atomic
def _store(
    county_id: int,
    headings: list[str],
    ignored: Sequence[str],
    read: Sequence[tuple[ReadRow, list[str]]],
    *,
    officer: User,
    now: datetime,
) -> HouseholdImport:
    batch = HouseholdImport.objects.create(
        county_id=county_id,
        officer=officer,
        headings=headings,
        ignored_headings=list(ignored),
        uploaded_at=now,
    )
    villages = _Villages(county_id)
    _refuse_doubles([row for row, _cells in read])
    for row, _cells in read:
        if row.entry:
            row.entry = villages.placed(row.entry, row)
    existing = _by_number(county_id, [row.entry.number for row, _ in read if row.entry])
    HouseholdImportRow.objects.bulk_create(
        [_looked_at(batch, row, cells, existing) for row, cells in read], batch_size=BATCH
    )
    return batch


def _refuse_doubles(rows: Iterable[ReadRow]) -> None:
    first_line: dict[str, int] = {}
    for row in rows:
        if row.entry is None:
            continue
        line = first_line.setdefault(row.entry.number, row.line)
        if line != row.line:
            row.reasons.append(Reason("twice", detail=str(line)))
            row.entry = None


def _looked_at(
    batch: HouseholdImport, row: ReadRow, cells: list[str], existing: dict[str, Household]
) -> HouseholdImportRow:
    stored = HouseholdImportRow(
        batch=batch,
        line=row.line,
        cells=json.dumps(cells, ensure_ascii=False),
        outcome=Outcome.REFUSED,
        reasons=[[r.code, r.heading, r.detail] for r in row.reasons],
    )
    if row.reasons or row.entry is None or row.given is None:
        return stored
    household = existing.get(number_digest(row.entry.number))
    stored.household = household
    stored.outcome = _outcome(row.entry, household)
    stored.values = json.dumps(
        {
            "entry": asdict(row.entry),
            "village": row.village,
            "given_on": row.given.given_on.isoformat(),
            "channel": row.given.channel,
        },
        ensure_ascii=False,
    )
    return stored


def _outcome(entry: HouseholdEntry, household: Household | None) -> str:
    if household is None:
        return Outcome.NEW
    known = households.entry_of(household)
    return Outcome.SAME if _merged(entry, known) == known else Outcome.UPDATE


def _merged(entry: HouseholdEntry, known: HouseholdEntry) -> HouseholdEntry:
    """The entry, with what the list leaves empty taken from what is known."""
    return replace(
        entry,
        village_id=entry.village_id or known.village_id,
        phone=entry.phone or known.phone,
        address=entry.address or known.address,
    )


class _Villages:
    """The county's villages by township and name; offices often write the name alone."""

    def __init__(self, county_id: int) -> None:
        self._county_id = county_id
        self._ids: dict[tuple[str, str], int] = {}
        for village in regions.villages_of(county_id):
            self._ids[village.township, village.name] = village.pk

    def placed(self, entry: HouseholdEntry, row: ReadRow) -> HouseholdEntry:
        """With the village's id where it is known; a village to be added has none yet."""
        matches = self._matches(*row.village)
        if len(matches) > 1:
            row.reasons.append(Reason("village_unclear"))
        return replace(entry, village_id=matches[0] if matches else None)

    def found_or_added(
        self, township: str, name: str, *, officer: User, now: datetime
    ) -> int | None:
        if not name:
            return None
        if matches := self._matches(township, name):
            return matches[0]
        village = region_services.add_village(
            county=regions.counties().get(pk=self._county_id),
            township=township,
            name=name,
            actor=officer,
            office_county_ids=officer_county_ids(officer),
            now=now,
        )
        self._ids[village.township, village.name] = village.pk
        return village.pk

    def _matches(self, township: str, name: str) -> list[int]:
        names = {name, f"{name}村"} if name else set()
        return [
            pk
            for (its_township, its_name), pk in self._ids.items()
            if its_name in names and (not township or its_township == township)
        ]


def _by_number(county_id: int, numbers: Sequence[str]) -> dict[str, Household]:
    digests = [number_digest(number) for number in numbers]
    found: dict[str, Household] = {}
    for start in range(0, len(digests), BATCH):
        rows = Household.objects.filter(
            county_id=county_id, number_digest__in=digests[start : start + BATCH]
        )
        found |= {row.number_digest or "": row for row in rows}
    return found


# ---- doing ----


@dataclass(slots=True)
class _Stored:
    """A previewed row on its way into the table."""

    row: HouseholdImportRow
    entry: HouseholdEntry
    given: ConsentEntry
    village: tuple[str, str]

    @classmethod
    def of(cls, row: HouseholdImportRow) -> "_Stored":
        values = json.loads(row.values)
        township, name = values["village"]
        given = ConsentEntry(
            given_on=date.fromisoformat(values["given_on"]), channel=values["channel"]
        )
        return cls(row, HouseholdEntry(**values["entry"]), given, (township, name))

    @property
    def digest(self) -> str:
        return number_digest(self.entry.number)


def _rows(batch: HouseholdImport, *outcomes: str) -> Iterable[HouseholdImportRow]:
    """Rows to act on; of a household erased in the meantime nothing is left to act on."""
    rows = HouseholdImportRow.objects.filter(batch=batch, outcome__in=outcomes)
    return rows.exclude(values="").order_by("line")


def _create(
    rows: Sequence[_Stored], batch: HouseholdImport, *, officer: User, now: datetime
) -> None:
    for stored in rows:
        household = Household(county_id=batch.county_id, registered_at=now, changed_at=now)
        households.write(household, stored.entry)
        stored.row.household = household
        stored.row.outcome = Outcome.NEW
    Household.objects.bulk_create(_households(rows), batch_size=BATCH)
    HouseholdConsent.objects.bulk_create(
        [
            households.consent_row(household, stored.given, officer=officer, now=now)
            for stored, household in zip(rows, _households(rows), strict=True)
        ],
        batch_size=BATCH,
    )
    _save_rows(rows)


def _change(rows: Sequence[_Stored], existing: dict[str, Household], *, now: datetime) -> None:
    for stored in rows:
        household = existing[stored.digest]
        known = households.entry_of(household)
        stored.row.before = json.dumps(asdict(known), ensure_ascii=False)
        stored.row.household = household
        stored.row.outcome = Outcome.UPDATE
        households.write(household, _merged(stored.entry, known))
        household.changed_at = now
    Household.objects.bulk_update(_households(rows), _COLUMNS, batch_size=BATCH)
    _save_rows(rows)


def _households(rows: Sequence[_Stored]) -> list[Household]:
    return [stored.row.household for stored in rows if stored.row.household]


def _save_rows(rows: Sequence[_Stored]) -> None:
    HouseholdImportRow.objects.bulk_update(
        [stored.row for stored in rows], ["household", "before", "outcome"], batch_size=BATCH
    )


# ---- undoing ----


def _untouched(batch: HouseholdImport, outcome: str) -> Any:
    """Rows whose household is still as this import left it."""
    return HouseholdImportRow.objects.filter(
        batch=batch, outcome=outcome, household__changed_at=batch.confirmed_at
    ).select_related("household")


def _remove(batch: HouseholdImport) -> tuple[int, int]:
    """Returns (removed, kept)."""
    total = HouseholdImportRow.objects.filter(batch=batch, outcome=Outcome.NEW).count()
    ids = list(_untouched(batch, Outcome.NEW).values_list("household_id", flat=True))
    removed = sum(_removed(ids[start : start + BATCH]) for start in range(0, len(ids), BATCH))
    return removed, total - removed


def _removed(ids: Sequence[int]) -> int:
    """How many of these households could be deleted; one that was paid cannot."""
    try:
        with transaction.atomic():
            Household.objects.filter(pk__in=ids).delete()
            return len(ids)
    except ProtectedError:
        return sum(_removed([pk]) for pk in ids) if len(ids) > 1 else 0


def _restore(batch: HouseholdImport, *, now: datetime) -> tuple[int, int]:
    """Returns (restored, kept)."""
    total = HouseholdImportRow.objects.filter(batch=batch, outcome=Outcome.UPDATE).count()
    restored = []
    for row in _untouched(batch, Outcome.UPDATE):
        households.write(row.household, HouseholdEntry(**json.loads(row.before)))
        row.household.changed_at = now
        restored.append(row.household)
    Household.objects.bulk_update(restored, _COLUMNS, batch_size=BATCH)
    return len(restored), total - len(restored)


def _forget_contents(batch_ids: Sequence[int], *, now: datetime) -> None:
    HouseholdImportRow.objects.filter(batch_id__in=batch_ids).update(cells="", values="", before="")
    HouseholdImport.objects.filter(pk__in=batch_ids).update(purged_at=now)


def _note(verb: str, batch: HouseholdImport, *, officer: User, now: datetime, rows: int) -> None:
    audit.record(
        verb=verb,
        actor=officer,
        subject=f"people.HouseholdImport:{batch.public_id}",
        detail={"county": batch.county.adcode, "rows": rows},
        now=now,
    )
