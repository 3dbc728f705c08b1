"""Forms of the household pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from shanhuo.people import queries
from shanhuo.people.entries import ConsentEntry, HouseholdEntry
from shanhuo.regions import queries as regions
from shanhuo.web.fields import DayField, SearchField
from shanhuo.web.forms import offer


class FilterForm(forms.Form):
    """What the list shows; every field may be empty."""

    q = SearchField(label=_("Number or name"), max_length=50, hint=_("Exact, in full"))
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    village = forms.ChoiceField(label=_("Village"), required=False)

    def __init__(self, data: Any, *, county_id: int) -> None:
        super().__init__(data)
        offer(self, "kind", [("", _("All")), *queries.HOUSEHOLD_KINDS])
        offer(self, "village", [("", _("All")), *_villages(county_id)])


class HouseholdForm(forms.Form):
    """A household as an officer writes it down."""

    number = forms.CharField(
        label=_("Household number"), max_length=40, help_text=_("Given by the county, e.g. SL-001.")
    )
    head_name = forms.CharField(label=_("Who speaks for the family"), max_length=50)
    kind = forms.ChoiceField(
        label=_("Kind"), choices=queries.HOUSEHOLD_KINDS, widget=forms.RadioSelect
    )
    risk = forms.ChoiceField(
        label=_("Kind of monitoring"),
        choices=queries.HOUSEHOLD_RISKS,
        required=False,
        help_text=_("Only for a monitored household."),
    )
    village = forms.ChoiceField(label=_("Village"), required=False)
    new_township = forms.CharField(label=_("New village: township"), required=False, max_length=40)
    new_village = forms.CharField(
        label=_("New village: name"),
        required=False,
        max_length=40,
        help_text=_("Only if the village is not in the list above."),
    )
    phone = forms.CharField(
        label=_("Telephone"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"type": "tel"}),
    )
    address = forms.CharField(label=_("Address"), required=False, max_length=200)

    def __init__(self, *args: Any, county_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "village", [("", "—"), *_villages(county_id)])

    def entry(self, village_id: int | None) -> HouseholdEntry:
        said = self.cleaned_data
        return HouseholdEntry(
            number=said["number"],
            head_name=said["head_name"],
            kind=said["kind"],
            risk=said["risk"],
            village_id=village_id,
            phone=said["phone"],
            address=said["address"],
        )


class RegistrationForm(HouseholdForm):
    """A new household also says when and how it agreed."""

    given_on = DayField(label=_("Day the household agreed"))
    channel = forms.ChoiceField(
        label=_("How it agreed"), choices=queries.CONSENT_CHANNELS, widget=forms.RadioSelect
    )

    def given(self) -> ConsentEntry:
        return ConsentEntry(
            given_on=self.cleaned_data["given_on"], channel=self.cleaned_data["channel"]
        )


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("What do you need it for?"),
        max_length=200,
        help_text=_("Kept in the audit log together with your name."),
    )


class ListForm(forms.Form):
    file = forms.FileField(
        label=_("Excel or CSV file"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
        help_text=_("Up to 5,000 rows and 5 MB. Nothing is imported before you confirm."),
    )


def _villages(county_id: int) -> list[tuple[str, str]]:
    return [
        (str(village.pk), f"{village.township} {village.name}".strip())
        for village in regions.villages_of(county_id)
    ]
