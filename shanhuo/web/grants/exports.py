"""Grants as Excel."""

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from shanhuo.kernel import clock, sheets
from shanhuo.traffic.grants import queries
from shanhuo.web.downloads import workbook
from shanhuo.web.grants.finding import FollowForm, narrowed
from shanhuo.web.grants.reading import grant_of

MOST_ROWS = 5_000


@require_safe
def grants_export(request: HttpRequest) -> HttpResponse:
    """The public list as it is narrowed."""
    chosen = narrowed(request, queries.grants_in_public(), statuses=queries.PUBLIC)
    return _list_file(chosen)


@require_safe
def desk_export(request: HttpRequest) -> HttpResponse:
    """The list of the desk as it is narrowed, requests and refusals included."""
    chosen = queries.grants_visible_to(request.user)
    return _list_file(narrowed(request, chosen, statuses=queries.Status.values))


def _list_file(chosen: Any) -> HttpResponse:
    headings = [
        _("Grant number"),
        _("Title"),
        _("Programme"),
        _("County"),
        _("Means"),
        _("Status"),
        _("First day"),
        _("Last day"),
        _("Granted exposures"),
        _("Delivered"),
        _("Given back"),
        _("Pooled under the county"),
    ]
    rows = (_line(line) for line in queries.lines(chosen[:MOST_ROWS]))
    return workbook(_("grants"), headings, rows)


def _line(line: queries.GrantLine) -> list[Any]:
    one = line.grant
    return [
        one.public_id,
        one.title,
        one.programme.name,
        one.county.name,
        one.get_means_display(),
        one.get_status_display(),
        one.starts_on,
        one.ends_on,
        one.asked_count,
        line.delivered,
        line.returned,
        _("Yes") if one.is_pooled else _("No"),
    ]


@require_safe
def grant_export(request: HttpRequest, public_id: str) -> HttpResponse:
    """One grant by object, by day, and by placement of each."""
    sheet = queries.sheet_of(grant_of(request, public_id), now=clock.now())
    headings = [
        _("Object or day"),
        _("Name of the object"),
        _("Means"),
        _("Placement"),
        _("Promised"),
        _("Delivered"),
        _("Excluded"),
        _("Lent to the feed"),
        _("Given back"),
        _("Pooled"),
    ]
    return workbook(sheet.grant.title, headings, _rows(sheet))


def _rows(sheet: queries.GrantSheet) -> Iterable[list[Any]]:
    means = sheet.grant.get_means_display()
    for one in sheet.contracts:
        figures = [one.quota, one.delivered, one.excluded, one.reserved, one.returned, one.pooled]
        yield [one.kind_name, one.name, means, str(one.placement.label), *figures]
    for day in sheet.days:
        yield [day.day, "", means, "", None, day.delivered, day.excluded, None, None, None]
        for placement, delivered in day.by_placement.items():
            yield [day.day, "", means, str(placement.label), None, delivered, *4 * [None]]


@require_safe
def entries_export(request: HttpRequest, public_id: str) -> HttpResponse:
    """The ledger entries of a grant, with their digests; `?after=` a place in the chain those that
    follow. A file that does not hold all of them says where the next begins."""
    found = grant_of(request, public_id)
    headings = [
        _("Place in the chain"),
        _("Time"),
        _("What"),
        _("From account"),
        _("To account"),
        _("Exposures"),
        _("Contract"),
        _("Day"),
        _("Digest"),
    ]
    after = FollowForm(request.GET)
    entries = queries.entries_of(found, after=after.said())
    rows = [_entry(one) for one in entries[: MOST_ROWS + 1]]
    if len(rows) > MOST_ROWS:
        rows[MOST_ROWS:] = [["", _("More follow: …/entries?after=%s") % rows[MOST_ROWS - 1][0]]]
    return workbook(f"{found.title}-{_('ledger')}", headings, rows)


def _entry(one: Any) -> list[Any]:
    return [
        one.sequence,
        sheets.at(one.at),
        one.get_kind_display(),
        one.get_source_display(),
        one.get_target_display(),
        one.amount,
        one.contract_id,
        one.day,
        one.digest,
    ]
