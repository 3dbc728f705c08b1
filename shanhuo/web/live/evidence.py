"""The desk of evidence: what is sealed, whether it still is, who got a copy, how long it stays."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from shanhuo.kernel import clock, sheets
from shanhuo.kernel.downloads import file_answer
from shanhuo.kernel.errors import Refusal
from shanhuo.kernel.sheets import at
from shanhuo.live import desk, queries
from shanhuo.live.services import exporting, keeping, replay
from shanhuo.live.states import EvidenceState
from shanhuo.people.actors import actor_of
from shanhuo.web.desks import Todo
from shanhuo.web.downloads import workbook
from shanhuo.web.fields import DayField, SearchField
from shanhuo.web.filters import Filters
from shanhuo.web.live.forms import ReasonForm

ROWS = 20
_REASON = forms.TextInput(attrs={"autocomplete": "off"})


class FindForm(Filters):
    """What is odd is left out, not an error."""

    q = SearchField(label=_("Title or number"))
    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("All")), *EvidenceState.choices]
    )


class ExportForm(ReasonForm):
    reason = forms.CharField(
        label=_("For whom and why"),
        max_length=300,
        widget=_REASON,
        help_text=_("E.g. the court and the number of the case. It stays in the audit log."),
    )


class KeepForm(ReasonForm):
    until = DayField(label=_("Keep until"))
    field_order = ("until", "reason")


@never_cache
@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    form = FindForm(request.GET)
    asked = form.asked()
    found = queries.find_evidence(queries.sessions_with_evidence(), now=clock.now(), **asked)
    if request.GET.get("format") == "xlsx":
        return _workbook(found[: sheets.MOST_ROWS])
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    context = {"form": form, "is_filtered": bool(asked), "page": page}
    return render(request, "web/live/evidence.html", context)


@never_cache
@require_safe
def session(request: HttpRequest, public_id: str) -> HttpResponse:
    return _page(request, _row(public_id))


@require_POST
def verify(request: HttpRequest, public_id: str) -> HttpResponse:
    bundle = _bundle(public_id)
    desk.verify_soon(bundle_id=bundle.pk, by=actor_of(request), now=clock.now())
    return redirect("live:evidence_one", public_id)


@require_POST
def export(request: HttpRequest, public_id: str) -> HttpResponse:
    bundle, form = _bundle(public_id), ExportForm(request.POST)
    return _deed(
        request,
        public_id,
        form,
        lambda given: desk.export_soon(
            bundle_id=bundle.pk, by=actor_of(request), now=clock.now(), **given
        ),
    )


@never_cache
@require_safe
def download(request: HttpRequest, public_id: str, export_id: str) -> HttpResponseBase:
    """The copy that was asked for, while it waits."""
    row = queries.exports_of(_bundle(public_id)).filter(public_id=export_id).first()
    if row is None or not exporting.file_of(row).is_file():
        raise Http404
    path, name = exporting.file_of(row), f"evidence-{public_id}.zip"
    return file_answer(request, path, name=name, content_type="application/zip")


@require_POST
def keep(request: HttpRequest, public_id: str) -> HttpResponse:
    row, form = _row(public_id), KeepForm(request.POST)
    return _deed(
        request,
        public_id,
        form,
        lambda given: keeping.keep_longer(
            session_id=row.pk,
            until=clock.day_bounds(given["until"])[1],
            reason=given["reason"],
            by=actor_of(request),
            now=clock.now(),
        ),
    )


@require_POST
def replay_(request: HttpRequest, public_id: str) -> HttpResponse:
    """`on` is the state wanted."""
    row, form = _row(public_id), ReasonForm(request.POST)
    act = replay.bring_back if request.POST.get("on") == "1" else replay.withdraw
    return _deed(
        request,
        public_id,
        form,
        lambda given: act(session_id=row.pk, by=actor_of(request), now=clock.now(), **given),
    )


def todos() -> list[Todo]:
    """What waits at the front page of the desk."""
    told = _now("Live evidence that is damaged or cannot be sealed")
    return [Todo(queries.evidence_to_look_at(), told, reverse("live:evidence"), "alert")]


def _deed(request: HttpRequest, public_id: str, form: forms.Form, act: Any) -> HttpResponse:
    """Do it and come back; what was typed stays where it is refused."""
    if form.is_valid():
        try:
            act(form.cleaned_data)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _now("Noted."))
            return redirect("live:evidence_one", public_id)
    return _page(request, _row(public_id), refused=form, status=422)


def _page(
    request: HttpRequest, row: Any, *, refused: forms.Form | None = None, status: int = 200
) -> HttpResponse:
    bundle = queries.bundles(row.public_id).first()
    shown: dict[str, forms.Form] = {
        form.__name__: form() for form in (ExportForm, KeepForm, ReasonForm)
    }
    if refused is not None:
        shown[type(refused).__name__] = refused
    context = {
        "session": row,
        "bundle": bundle,
        "supplements": bundle.supplements.all() if bundle else [],
        "exports": queries.exports_of(bundle) if bundle else [],
        "replay": queries.replay_of(row),
        "film": queries.film_of(row),
        "export_form": shown["ExportForm"],
        "keep_form": shown["KeepForm"],
        "reason_form": shown["ReasonForm"],
    }
    return render(request, "web/live/evidence_one.html", context, status=status)


def _row(public_id: str) -> Any:
    row = queries.sessions_with_evidence().filter(public_id=public_id).first()
    if row is None:
        raise Http404
    return row


def _bundle(public_id: str) -> Any:
    bundle = queries.bundles(public_id).first()
    if bundle is None:
        raise Http404
    return bundle


def _workbook(found: Any) -> HttpResponse:
    headings = [
        _now("Session number"),
        _now("Title"),
        _now("County"),
        _now("Ended"),
        _now("Sealed"),
        _now("Files"),
        _now("Bytes"),
        _now("Last compared"),
        _now("What differs"),
        _now("Keep until"),
    ]
    rows = ([*_cells(row), at(row.keep_until)] for row in found)
    return workbook(_now("Live evidence"), headings, rows)


def _cells(row: Any) -> list[Any]:
    bundle = getattr(row, "bundle", None)
    told = [row.public_id, row.title, row.county.name, at(row.ended_at)]
    if bundle is None:
        return [*told, "", "", "", "", row.sealing_problem]
    sealed = [at(bundle.sealed_at), bundle.file_count, bundle.total_bytes, at(bundle.verified_at)]
    return [*told, *sealed, bundle.damage]
