"""The county's households: list, sheet, registration, closer look, withdrawal, export."""

from typing import Any
from urllib.parse import quote

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shanhuo.kernel import clock, sheets
from shanhuo.kernel.errors import Refusal
from shanhuo.people import consent, masks, queries, rules, services
from shanhuo.people.queries import HouseholdRow
from shanhuo.people.services import household_files
from shanhuo.regions import queries as regions
from shanhuo.regions import services as region_services
from shanhuo.web.county.household_forms import (
    FilterForm,
    HouseholdForm,
    ReasonForm,
    RegistrationForm,
)
from shanhuo.web.forms import form_page
from shanhuo.web.identity import person

PER_PAGE = 30


@never_cache
@require_safe
def households(request: HttpRequest) -> HttpResponse:
    """The list, with names masked."""
    county = office_county(request)
    form = FilterForm(request.GET, county_id=county.pk)
    page = Paginator(_filtered(request, form), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "county": county,
        "form": form,
        "page": page,
        "rows": [masked(household) for household in page],
        "export_form": ReasonForm(),
        "query": request.GET.urlencode(),
    }
    return render(request, "web/county/households.html", context)


@never_cache
@require_safe
def household(request: HttpRequest, public_id: str) -> HttpResponse:
    """One household, masked until a reason is given."""
    return _sheet(request, _mine(request, public_id), ReasonForm())


@never_cache
@require_POST
def reveal(request: HttpRequest, public_id: str) -> HttpResponse:
    """The same sheet once with its personal columns, for a reason that stays in the audit log."""
    row = _mine(request, public_id)
    form = ReasonForm(request.POST)
    revealed = None
    if form.is_valid():
        try:
            revealed = services.reveal_household(
                household=row,
                officer=person(request),
                reason=form.cleaned_data["reason"],
                now=clock.now(),
            )
        except Refusal as refusal:
            form.add_error("reason", str(refusal))
    return _sheet(request, row, form, revealed=revealed)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def household_new(request: HttpRequest) -> HttpResponse:
    """Register a household that agreed."""
    county = office_county(request)
    form = RegistrationForm(request.POST or None, county_id=county.pk)
    if form.is_valid():
        try:
            made = services.register_household(
                county_id=county.pk,
                entry=form.entry(_village_id(request, form, county)),
                given=form.given(),
                officer=person(request),
                now=clock.now(),
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("county:household", made.public_id)
    return form_page(
        request,
        "web/county/household_new.html",
        form,
        county=county,
        texts=consent.TEXTS[consent.CURRENT],
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def household_edit(request: HttpRequest, public_id: str) -> HttpResponse:
    """Correct a household. What is personal stays empty in the form and empty means unchanged."""
    row = _mine(request, public_id)
    form = HouseholdForm(request.POST or None, county_id=row.county_id, initial=_initial(row))
    for name in ("head_name", "phone", "address"):
        form.fields[name].required = False
        form.fields[name].help_text = _("Empty: stays as it is.")
    if form.is_valid():
        try:
            village_id = _village_id(request, form, row.county)
            services.amend_household(
                household=row,
                entry=form.entry(village_id),
                officer=person(request),
                now=clock.now(),
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("county:household", public_id)
    return form_page(request, "web/county/household_edit.html", form, household=row)


@require_POST
def withdraw(request: HttpRequest, public_id: str) -> HttpResponse:
    """The family takes its consent back."""
    row = _mine(request, public_id)
    services.withdraw_consent(household=row, officer=person(request), now=clock.now())
    return redirect("county:households")


@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """The list as filtered, for Excel: masked, or open with a reason."""
    form = FilterForm(request.GET, county_id=office_county(request).pk)
    content = household_files.export_households(
        households=_filtered(request, form),
        officer=person(request),
        now=clock.now(),
        reason=request.POST.get("reason", "") if "open" in request.POST else None,
    )
    return workbook_file(_("Households"), content)


@require_safe
def template(request: HttpRequest) -> HttpResponse:
    """The empty list to fill in."""
    return workbook_file(_("Template for households"), household_files.template())


@require_safe
def consent_sheet(request: HttpRequest) -> HttpResponse:
    """The text that families agree to, for printing and signing."""
    context = {"texts": consent.TEXTS[consent.CURRENT], "version": consent.CURRENT}
    return render(request, "web/county/consent.html", context)


def office_county(request: HttpRequest) -> Any:
    """The county the officer works on: the one named in the address if it is theirs, else the
    first of theirs."""
    own = regions.counties().filter(pk__in=rules.officer_county_ids(request.user))
    named = own.filter(adcode=request.GET.get("county", "")).first()
    return named or own.order_by("adcode")[0]


def masked(household: HouseholdRow) -> dict[str, Any]:
    """A household as lists show it."""
    return {
        "public_id": household.public_id,
        "number": household.number,
        "name": masks.name(household.head_name),
        "phone": masks.contact(household.phone),
        "kind": household.get_kind_display(),
        "risk": household.get_risk_display() if household.risk else "",
        "village": household.village,
        "registered_at": household.registered_at,
    }


def workbook_file(title: str, content: bytes) -> HttpResponse:
    """An Excel file named after its title and the day."""
    name = quote(f"{title}-{clock.today():%Y%m%d}.xlsx")
    return HttpResponse(
        content,
        content_type=sheets.XLSX,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"},
    )


def _filtered(request: HttpRequest, form: FilterForm) -> Any:
    rows = queries.households_visible_to(request.user).filter(county=office_county(request))
    if not form.is_valid():
        return rows.none()
    said = form.cleaned_data
    if said["q"]:
        rows = queries.search_households(rows, said["q"])
    if said["kind"]:
        rows = rows.filter(kind=said["kind"])
    if said["village"]:
        rows = rows.filter(village=said["village"])
    return rows.order_by("-registered_at", "-pk")


def _sheet(
    request: HttpRequest, row: HouseholdRow, form: ReasonForm, *, revealed: Any = None
) -> HttpResponse:
    context = {
        "household": masked(row),
        "has_address": bool(row.address),
        "consents": queries.consents_of(row),
        "form": form,
        "revealed": revealed,
    }
    status = 422 if form.is_bound and revealed is None else 200
    return render(request, "web/county/household.html", context, status=status)


def _mine(request: HttpRequest, public_id: str) -> HouseholdRow:
    return get_object_or_404(queries.households_visible_to(request.user), public_id=public_id)


def _initial(row: HouseholdRow) -> dict[str, Any]:
    return {
        "number": row.number,
        "kind": row.kind,
        "risk": row.risk,
        "village": str(row.village_id or ""),
    }


def _village_id(request: HttpRequest, form: HouseholdForm, county: Any) -> int | None:
    """The village chosen, or a new one, which is added to the county."""
    said = form.cleaned_data
    if not said["new_village"]:
        return int(said["village"]) if said["village"] else None
    village = region_services.add_village(
        county=county,
        township=said["new_township"],
        name=said["new_village"],
        actor=person(request),
        office_county_ids=rules.officer_county_ids(request.user),
        now=clock.now(),
    )
    return int(village.pk)
