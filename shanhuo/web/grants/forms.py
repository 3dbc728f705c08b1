"""Forms of traffic grants."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from shanhuo.traffic.grants.terms import Terms, Wish
from shanhuo.traffic.grants.words import (
    AUDIENCE_OF,
    AUDIENCES,
    KINDS,
    MEANS,
    MEANS_OF,
    PLACEMENT_OF,
    PLACEMENTS,
)
from shanhuo.web.fields import CountyField, DayField
from shanhuo.web.grants import object_sheets

LINES = 4


def _cap(label: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, required=False, help_text=_("Empty: the cap of the programme.")
    )


class ProgrammeForm(forms.Form):
    name = forms.CharField(label=_("Name of the programme"), max_length=60)
    purpose = forms.CharField(
        label=_("What it is for"), max_length=1000, widget=forms.Textarea({"rows": 3})
    )
    budget_count = forms.IntegerField(label=_("Budget"), help_text=_("In exposures, never money."))
    most_per_grant = forms.IntegerField(label=_("Largest single grant"))
    starts_on = DayField(label=_("First day"))
    ends_on = DayField(label=_("Last day"))
    floor_counties_only = forms.BooleanField(
        label=_("Only for counties that the county floor serves"), required=False
    )
    feed_cap = forms.IntegerField(
        label=_("Feed: exposures per viewer and day, at most"),
        initial=3,
        help_text=_("For grants that name no cap of their own."),
    )
    banner_cap = forms.IntegerField(
        label=_("Banner: exposures per viewer and day, at most"),
        initial=3,
        required=False,
        help_text=_("Empty: every grant with banners must name its own."),
    )
    splash_cap = forms.IntegerField(
        label=_("Opening card: exposures per viewer and day, at most"),
        initial=1,
        required=False,
        help_text=_("Empty: every grant with opening cards must name its own."),
    )


class RateForm(forms.Form):
    means = forms.ChoiceField(label=_("Means"), choices=MEANS)
    fen_per_thousand = forms.IntegerField(
        label=_("Fen per thousand exposures"), min_value=0, max_value=100_000_000
    )
    starts_on = DayField(label=_("Valid from"))


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=300)


class RequestForm(forms.Form):
    """`objects`: groups of (value, name) to choose from; a value is "post:<public id>". `in_sheet`:
    the same for a workbook, which may name far more than a select on a phone can hold."""

    programme = forms.ChoiceField(label=_("Programme"))
    title = forms.CharField(label=_("Title"), max_length=60)
    reason = forms.CharField(
        label=_("Why the county needs it"), max_length=1000, widget=forms.Textarea({"rows": 3})
    )
    means = forms.ChoiceField(label=_("Means"), choices=MEANS)
    starts_on = DayField(label=_("First day"))
    ends_on = DayField(label=_("Last day"))
    audience = forms.ChoiceField(label=_("Audience"), choices=AUDIENCES)
    feed_cap = _cap(_("Feed: exposures per viewer and day, at most"))
    banner_cap = _cap(_("Banner: exposures per viewer and day, at most"))
    splash_cap = _cap(_("Opening card: exposures per viewer and day, at most"))
    least_finish_percent = forms.IntegerField(
        label=_("Quality gate: least share of finished plays"),
        min_value=0,
        initial=0,
        help_text=_("In percent; 0 is no gate. It counts from the hundredth play on."),
    )
    pooled = forms.BooleanField(
        label=_("Pool small objects under the county"),
        required=False,
        initial=True,
        help_text=_(
            "If a clip is withdrawn or a product sold out, the county's other clips get what it "
            "could not use. Without it, that goes back to the programme."
        ),
    )
    file = forms.FileField(
        label=_("The workbook, filled in"),
        required=False,
        widget=forms.FileInput({"accept": ".xlsx,.csv"}),
        help_text=_("You see what was read before anything is asked for."),
    )
    sheet = forms.CharField(required=False, max_length=30_000, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Any,
        *,
        programmes: Sequence[tuple[str, str]],
        objects: Sequence[Any],
        in_sheet: Sequence[Any] = (),
        initial: Any = None,
    ) -> None:
        super().__init__(data, initial=initial)
        self.in_sheet = in_sheet
        self.fields["programme"] = forms.ChoiceField(label=_("Programme"), choices=programmes)
        for number in range(1, LINES + 1):
            self._add_line(number, objects)
        self.order_fields(["programme", "title", "reason", "means"])

    def _add_line(self, number: int, objects: Sequence[Any]) -> None:
        is_needed = number == 1 and not self["sheet"].value()
        empty = [] if is_needed else [("", _("Nothing more"))]
        self.fields[f"object_{number}"] = forms.ChoiceField(
            label=_("Object %(number)s") % {"number": number},
            choices=[*empty, *objects],
            required=is_needed,
        )
        self.fields[f"placement_{number}"] = forms.ChoiceField(
            label=_("Placement"), choices=PLACEMENTS, required=False
        )
        self.fields[f"quota_{number}"] = forms.IntegerField(
            label=_("Exposures"), required=is_needed
        )
        self.fields[f"day_cap_{number}"] = forms.IntegerField(
            label=_("At most a day"), required=False, help_text=_("Empty: no daily limit.")
        )

    @property
    def lines(self) -> list[list[Any]]:
        """The bound fields of each object."""
        names = ("object", "placement", "quota", "day_cap")
        return [[self[f"{name}_{number}"] for name in names] for number in range(1, LINES + 1)]

    @property
    def caps(self) -> list[Any]:
        """The bound field of each cap."""
        return [self[f"{placement}_cap"] for placement in PLACEMENT_OF]

    @property
    def from_sheet(self) -> list[tuple[str, Wish]]:
        """(name, wish) of what was read from a workbook; nothing of what no workbook said."""
        names = {key: name for _group, named in self.in_sheet for key, name in named}
        try:
            wishes = object_sheets.unpacked(self["sheet"].value() or "")
        except ValueError:
            return []
        return [(names.get(object_sheets.key_of(one), one.public_id), one) for one in wishes]

    def clean_sheet(self) -> tuple[Wish, ...]:
        try:
            return object_sheets.unpacked(self.cleaned_data["sheet"])
        except ValueError as unreadable:
            raise forms.ValidationError(_("Choose the workbook again.")) from unreadable

    def terms(self) -> Terms:
        """What was asked for; only of a valid form."""
        said = self.cleaned_data
        return Terms(
            title=said["title"],
            reason=said["reason"],
            means=MEANS_OF[said["means"]],
            starts_on=said["starts_on"],
            ends_on=said["ends_on"],
            wishes=tuple(self._wishes()),
            audience=AUDIENCE_OF[said["audience"]],
            caps={
                placement: said[f"{name}_cap"]
                for name, placement in PLACEMENT_OF.items()
                if said[f"{name}_cap"] is not None
            },
            least_finish_percent=said["least_finish_percent"],
            pooled=said["pooled"],
        )

    def _wishes(self) -> list[Wish]:
        wishes = list(self.cleaned_data["sheet"])
        for number in range(1, LINES + 1):
            chosen = self.cleaned_data.get(f"object_{number}")
            quota = self.cleaned_data.get(f"quota_{number}")
            # The first line names the county by itself; beside a workbook nobody asked for it.
            if not chosen or (number == 1 and wishes and quota is None):
                continue
            kind, _colon, public_id = chosen.partition(":")
            cap = self.cleaned_data.get(f"day_cap_{number}")
            placement = PLACEMENT_OF[self.cleaned_data.get(f"placement_{number}") or "feed"]
            wishes.append(Wish(KINDS[kind], public_id, quota or 0, cap, placement))
        return wishes


class CountyForm(forms.Form):
    """For operators, who may ask on behalf of any county."""

    county = CountyField()
