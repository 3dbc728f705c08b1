"""Forms of live selling. They check shape; the services decide."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel.errors import Refusal
from shanhuo.live.formats import FORMATS, format_of
from shanhuo.live.states import CastRole, SessionKind, SessionStatus
from shanhuo.people import phones
from shanhuo.people import queries as people
from shanhuo.web.fields import DayField, MomentField, SearchField
from shanhuo.web.filters import Filters
from shanhuo.web.forms import offer

OVER, COMING, NOW = "over", "coming", "now"


class FindForm(Filters):
    """What the public list can be asked. What is odd is left out, not an error."""

    q = SearchField()
    county = forms.CharField(
        label=_("County"), required=False, max_length=20, widget=forms.TextInput()
    )
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("All")), *SessionKind.choices]
    )


class DeskForm(FindForm):
    """The same for desks, with the state and the days."""

    status = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("All")), *SessionStatus.choices]
    )
    since = DayField(label=_("Starts from"), required=False)
    until = DayField(label=_("Until"), required=False)


class WordsForm(forms.Form):
    """What is said of a session before it begins, and in it."""

    title = forms.CharField(label=_("Title"), max_length=60)
    starts_at = MomentField(label=_("Begins"), help_text=_("By the platform's clock."))
    notice = forms.CharField(
        label=_("Notice"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Viewers read it before the session begins."),
    )
    script = forms.CharField(
        label=_("Script"),
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text=_("What is said, in which order. Somebody of the platform reads it before air."),
    )

    def words(self) -> dict[str, Any]:
        """Arguments for `planning.edit`."""
        names = ("title", "starts_at", "notice", "script")
        return {name: self.cleaned_data[name] for name in names}


class PlanForm(WordsForm):
    """A new session, begun from the template of its kind."""

    organisation = forms.ChoiceField(label=_("For whom you go live"))
    is_adult = forms.BooleanField(
        label=_("I am 18 or older, and so is everybody who is on camera with me."),
    )
    kind = forms.ChoiceField(choices=SessionKind.choices, widget=forms.HiddenInput)
    key = forms.CharField(widget=forms.HiddenInput, max_length=80)
    field_order = ("organisation", "title", "starts_at", "notice", "script", "is_adult")

    def __init__(self, *args: Any, houses: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._houses = {house.public_id: house for house in houses}
        names = [(public_id, house.name) for public_id, house in self._houses.items()]
        offer(self, "organisation", names, hide_one=True)

    def terms(self) -> dict[str, Any]:
        """Arguments for `planning.draft`."""
        return {
            **self.words(),
            "organisation_id": self._houses[self.cleaned_data["organisation"]].pk,
            "kind": self.cleaned_data["kind"],
            "is_adult": self.cleaned_data["is_adult"],
        }

    @staticmethod
    def started(kind: str, *, county: str) -> dict[str, Any]:
        """The words of the template, with the county's name in its title."""
        shape = format_of(kind)
        return {
            "kind": kind,
            "title": str(shape.title).replace("{county}", county),
            "notice": str(shape.notice),
            "script": str(shape.outline),
        }


class CastForm(forms.Form):
    """Somebody more in the cast, named by telephone number."""

    phone = forms.CharField(
        label=_("Mobile number"),
        max_length=30,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel"}),
        help_text=_("The number with which the person signs in here."),
    )
    role = forms.ChoiceField(
        label=_("Part"),
        choices=[
            (role.value, role.label)
            for role in (CastRole.MODERATOR, CastRole.COHOST, CastRole.EXPERT)
        ],
    )
    share = forms.DecimalField(
        label=_("Share of the credit"),
        required=False,
        min_value=0,
        max_value=100,
        decimal_places=2,
        help_text=_("Of a co-host, in per cent. The host's share becomes what is left."),
    )

    def clean_phone(self) -> Any:
        """The person. Unknown numbers are said to be so: limits keep them from being tried out."""
        try:
            return people.user_by_phone(phones.normalise(self.cleaned_data["phone"]))
        except Refusal as refusal:
            raise forms.ValidationError(str(refusal)) from refusal

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("phone") is None and "phone" not in self.errors:
            self.add_error("phone", _now("Nobody has signed in with this number."))
        if cleaned.get("role") != CastRole.COHOST:
            cleaned["share"] = 0
        elif not cleaned.get("share"):
            self.add_error("share", _now("A co-host has a share."))
        return cleaned

    @property
    def share_basis_points(self) -> int:
        return int(self.cleaned_data["share"] * 100)


class CheckForm(forms.Form):
    """An operator's look before air."""

    AGREE, REFUSE = "agree", "refuse"
    decision = forms.ChoiceField(choices=[(AGREE, AGREE), (REFUSE, REFUSE)])
    reason = forms.CharField(
        label=_("What must change"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The host reads it."),
    )


class ReasonForm(forms.Form):
    """Why; it stays in the audit log."""

    reason = forms.CharField(
        label=_("Reason"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class CancelForm(ReasonForm):
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Whoever wanted to come reads it."),
    )


KINDS = list(FORMATS.values())
