"""The auditor's desk: open a closed period of a figure, see it recounted, sign it or object."""

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shanhuo.goods import queries as goods
from shanhuo.impact import examinations as audits
from shanhuo.impact import examining, rules
from shanhuo.impact.metrics import BY_ID, METRICS
from shanhuo.impact.windows import Window, WindowRefused
from shanhuo.kernel import clock
from shanhuo.people import queries as people
from shanhuo.regions import queries as regions
from shanhuo.web.fields import CountyField, DayField
from shanhuo.web.forms import accepted, form_page
from shanhuo.web.identity import person
from shanhuo.web.impact.audits import FindForm, lines_of

PER_PAGE = 30


class PeriodForm(forms.Form):
    """Which figure to examine; `organisation` is asked only of those who audit for several."""

    metric = forms.ChoiceField(
        label=_("Metric"), choices=[(metric.id, metric.name) for metric in METRICS]
    )
    county = CountyField(required=False, help_text=_("Name, pinyin or code; empty: the country."))
    product = forms.CharField(
        label=_("Product"),
        required=False,
        max_length=16,
        help_text=_("Its id, as in the address of its page; empty: all products."),
    )
    since_day = DayField(label=_("First day"))
    until_day = DayField(label=_("Last day"))

    def __init__(self, data: Any, *, organisations: Any, initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
        self.fields["organisation"] = field = forms.ModelChoiceField(
            label=_("For"), queryset=organisations, empty_label=None, to_field_name="public_id"
        )
        if len(organisations) == 1:
            field.initial = organisations[0].public_id
            field.widget = forms.HiddenInput()

    def clean(self) -> None:
        data = self.cleaned_data
        if "since_day" in data and "until_day" in data:
            try:
                data["window"] = Window.asked_for(data["since_day"], data["until_day"])
            except WindowRefused as refusal:
                raise forms.ValidationError(str(refusal)) from refusal
        data["found"] = goods.product_of(data["product"]) if data.get("product") else None
        county = data.get("county")
        if data.get("product") and (
            not data["found"] or not county or data["found"].county_id != county.pk
        ):
            self.add_error("product", _("No product of this county has this id."))


class SignForm(forms.Form):
    named = forms.BooleanField(
        label=_("Show my own name beside the organisation"),
        required=False,
        help_text=_("Without this the public reads the organisation alone."),
    )


class ObjectForm(SignForm):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=400,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Everybody reads it: name what is wrong, and no person."),
    )
    field_order = ["reason", "named"]


@never_cache
@require_safe
def examinations(request: HttpRequest) -> HttpResponse:
    """All examinations, the newest first."""
    form = FindForm(request.GET)
    rows = form.find(audits.examinations_visible_to(request.user))
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "lines": lines_of(page.object_list, exact=True)}
    return render(request, "web/ops/examinations.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def examination_new(request: HttpRequest) -> HttpResponse:
    """Choose a figure and a period; the recount begins at once."""
    period = examining.period_to_offer(clock.now())
    form = PeriodForm(
        request.POST or None,
        organisations=people.auditors_of(request.user),
        initial={
            "since_day": period.since_day,
            "until_day": period.until_day,
            "county": request.GET.get("county", ""),
            "metric": request.GET.get("metric", ""),
        },
    )
    opened = []

    def begin(**wish: Any) -> None:
        opened.append(
            examining.open_examination(
                metric=BY_ID[wish["metric"]],
                window=wish["window"],
                county=wish["county"],
                product=wish["found"],
                organisation=wish["organisation"],
                auditor=person(request),
                now=clock.now(),
            )
        )

    if accepted(form, begin):
        return redirect("ops:examination", opened[0].public_id)
    return form_page(request, "web/ops/examination_new.html", form)


@never_cache
@require_safe
def examination(request: HttpRequest, public_id: str) -> HttpResponse:
    """How far the recount is, what it gave, and the decision."""
    return _page(request, _visible(request, public_id), SignForm(), ObjectForm())


@require_POST
def sign(request: HttpRequest, public_id: str) -> HttpResponse:
    """Sign the figure off."""
    one, form = _visible(request, public_id), SignForm(request.POST)

    def act(named: bool) -> None:
        examining.sign_off(examination=one, auditor=person(request), named=named, now=clock.now())

    if accepted(form, act):
        return redirect("ops:examination", public_id)
    return _page(request, one, form, ObjectForm())


@require_POST
def object_(request: HttpRequest, public_id: str) -> HttpResponse:
    """Object to the figure, with a reason."""
    one, form = _visible(request, public_id), ObjectForm(request.POST)

    def act(named: bool, reason: str) -> None:
        examining.object_to(
            examination=one, auditor=person(request), reason=reason, named=named, now=clock.now()
        )

    if accepted(form, act):
        return redirect("ops:examination", public_id)
    return _page(request, one, SignForm(), form)


def _visible(request: HttpRequest, public_id: str) -> Any:
    return get_object_or_404(audits.examinations_visible_to(request.user), public_id=public_id)


def _page(
    request: HttpRequest, one: Any, sign_form: SignForm, object_form: ObjectForm
) -> HttpResponse:
    (line,) = lines_of([one], exact=True)
    county = regions.county_of(one.county)
    context = {
        "one": one,
        "line": line,
        "may_decide": one.status == "counted"
        and rules.may_sign(request.user, county.pk if county else None),
        "agrees": one.shown == one.recounted,
        "sign_form": sign_form,
        "object_form": object_form,
    }
    status = 422 if sign_form.is_bound or object_form.is_bound else 200
    return render(request, "web/ops/examination.html", context, status=status)
