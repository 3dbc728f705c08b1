"""Forms of the account pages. They check shape; the services decide."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from shanhuo.people import queries
from shanhuo.web.fields import CountyField, FilesField

_PAPERS = {"accept": "image/*,.pdf,.heic", "data-preview": "chosen"}


class PhoneForm(forms.Form):
    phone = forms.CharField(
        label=_("Mobile number"),
        max_length=30,
        widget=forms.TextInput(
            attrs={
                "type": "tel",
                "inputmode": "tel",
                "autocomplete": "tel",
                "placeholder": "138 0013 8000",
                "autofocus": True,
            }
        ),
    )
    proof = forms.CharField(required=False, max_length=4000, widget=forms.HiddenInput)


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Six-digit code"),
        max_length=12,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True}
        ),
    )


class NameForm(forms.Form):
    display_name = forms.CharField(label=_("Name that others see"), max_length=50)


class PasskeyNameForm(forms.Form):
    name = forms.CharField(
        label=_("Name of the device"), max_length=50, help_text=_("For example: my phone.")
    )


class SignatureForm(forms.Form):
    """What the browser's device answered; `people.services.passkeys` judges it."""

    credential = forms.JSONField(widget=forms.HiddenInput, required=False)


class NewPasskeyForm(PasskeyNameForm, SignatureForm):
    pass


class CreatorForm(forms.Form):
    name = forms.CharField(
        label=_("Name of your channel"), max_length=80, help_text=_("For example 赵大姐的果园.")
    )
    county = CountyField(label=_("County you farm and film in"))
    is_adult = forms.BooleanField(label=_("I am 18 or older and sell what grows on our own land."))


class ApplicationForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("What do you apply for?"),
        choices=queries.KINDS_WITH_PAPERS,
        widget=forms.RadioSelect,
    )
    name = forms.CharField(label=_("Name as on the licence"), max_length=80)
    county = CountyField()
    licence_number = forms.CharField(
        label=_("Unified social credit code"),
        max_length=32,
        required=False,
        help_text=_("18 characters on the business licence; a county office leaves it empty."),
    )
    documents = FilesField(
        label=_("Photos or PDFs of the papers"),
        help_text=_("Business licence, food licence, or a letter of the office. 1 to 6 files."),
        attrs=_PAPERS,
    )
    note = forms.CharField(
        label=_("Anything we should know"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class PapersForm(forms.Form):
    documents = FilesField(
        label=_("Photos or PDFs of the papers"),
        help_text=_("1 to 6 files."),
        attrs=_PAPERS,
    )
    note = forms.CharField(
        label=_("Anything we should know"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class InvitationForm(forms.Form):
    phone = forms.CharField(
        label=_("Mobile number"), max_length=30, widget=forms.TextInput(attrs={"type": "tel"})
    )
    role = forms.ChoiceField(
        label=_("Role"), choices=queries.MEMBER_ROLES, widget=forms.RadioSelect, initial="staff"
    )


class DeletionForm(forms.Form):
    WORD = _("delete")
    word = forms.CharField(max_length=20)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["word"].label = _("Type “%(word)s” to confirm") % {"word": self.WORD}

    def clean_word(self) -> str:
        word = str(self.cleaned_data["word"]).strip()
        if word != str(self.WORD):
            raise forms.ValidationError(_("That is not the word."))
        return word
