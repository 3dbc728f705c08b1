"""Forms of the public pages."""

from django import forms
from django.utils.translation import gettext_lazy as _


class YouthForm(forms.Form):
    """The guardian's code: four digits, typed to turn youth mode on and again to turn it off."""

    code = forms.RegexField(
        regex=r"^\d{4}$",
        label=_("Guardian code"),
        help_text=_("Four digits that the guardian chooses and keeps."),
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"invalid": _("Four digits, please.")},
    )
