"""Form fields that several areas share. They check the shape; services decide."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel import clock, money
from shanhuo.regions import queries as regions


class YuanField(forms.CharField):
    """An amount as people write it; the value is whole fen, None where nothing was typed."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=16, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return money.parse_yuan(text)
        except money.NotAnAmount as refusal:
            raise forms.ValidationError(str(refusal)) from refusal


class DayField(forms.DateField):
    """A day of this century, by the phone's own calendar: far from the ends of Python's, where a
    day has no next one. The format is what browsers take, whatever the page's language."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    default_validators = [
        MinValueValidator(date(2000, 1, 1)),
        MaxValueValidator(date(2100, 1, 1)),
    ]


class MomentField(forms.DateTimeField):
    """A Shanghai moment of this century, as the phone's own picker writes it."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    default_validators = [
        MinValueValidator(datetime(2000, 1, 1, tzinfo=clock.SHANGHAI)),
        MaxValueValidator(datetime(2100, 1, 1, tzinfo=clock.SHANGHAI)),
    ]


class SearchField(forms.CharField):
    """The words above a list; none ask for everything."""

    widget = forms.SearchInput

    def __init__(self, *, max_length: int = 60, hint: Any = "", **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Search"))
        super().__init__(required=False, max_length=max_length, **kwargs)
        if hint:
            self.widget.attrs["placeholder"] = hint


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


class _FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files at once, as a list of uploads; what they are, the services find out."""

    widget = _FilesInput

    def __init__(self, *, attrs: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(widget=_FilesInput(attrs=attrs), **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = data if isinstance(data, list | tuple) else [data]
        one = super().clean
        chosen = [one(file, initial) for file in files if file]
        # None: the refusal of a field that must not be empty.
        return chosen or [file for file in [one(None, initial)] if file]
