"""Form fields of the account and county pages."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel.errors import Refusal
from shanhuo.regions import queries as regions


class CountyField(forms.CharField):
    """A county by name, former name, pinyin or code; more than one match is listed to choose from.

    2,800 counties are no select for a phone on a village network.
    """

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("County"))
        kwargs.setdefault("help_text", _("Name, pinyin or code, for example 巫山, wushan, 500237."))
        super().__init__(max_length=40, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        exact = regions.counties().filter(Q(name=text) | Q(adcode=text))[:6]
        found = list(exact) or regions.search_counties(text, limit=6)
        if len(found) == 1:
            return found[0]
        if not found:
            raise forms.ValidationError(_("No county has this name."))
        listed = "、".join(f"{county.path_name} {county.adcode}" for county in found)
        raise forms.ValidationError(
            _("Several counties fit. Type the code of yours: %(listed)s"),
            params={"listed": listed},
        )


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files at once, as a list of uploads; what they are, the services find out."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            widget=FilesInput(attrs={"accept": "image/*,.pdf,.heic", "data-preview": "chosen"}),
            **kwargs,
        )

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = data if isinstance(data, list) else [data] if data else []
        one = super().clean
        return [one(file, initial) for file in files] or [one(None, initial)]


def accepted(form: forms.Form, act: Callable[..., object], field: str | None = None) -> bool:
    """Whether the form is whole and the service agreed; a refusal is shown in the form."""
    if not form.is_valid():
        return False
    try:
        act(**form.cleaned_data)
    except Refusal as refusal:
        form.add_error(field, str(refusal))
        return False
    return True
