"""Forms of the operator's pages about people."""

from django import forms
from django.utils.translation import gettext_lazy as _

from shanhuo.people import queries
from shanhuo.web.fields import CountyField, SearchField


class DecisionForm(forms.Form):
    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=[("accept", _("Accept: the papers are in order")), ("refuse", _("Refuse"))],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The applicant reads this. A refusal needs one."),
    )


class PersonSearchForm(forms.Form):
    q = SearchField(label=_("Full mobile number or account id"), max_length=30)


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("Reason"), max_length=200)


class OrganisationForm(forms.Form):
    """An organisation that an operator opens without papers."""

    kind = forms.ChoiceField(
        label=_("Kind"), choices=queries.KINDS_OPENED_BY_OPERATORS, widget=forms.RadioSelect
    )
    name = forms.CharField(label=_("Name of the organisation"), max_length=80)
    county = CountyField(required=False, help_text=_("Needed for a county office."))
    owner_phone = forms.CharField(
        label=_("Mobile number of its first owner"),
        max_length=30,
        help_text=_("The person must have signed in once."),
    )
