"""What every page with a form does: offer choices, hand over to a service, show it again."""

from collections.abc import Callable, Iterable
from typing import Any, cast

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from shanhuo.kernel.errors import Refusal


def offer(
    form: forms.BaseForm, name: str, choices: Iterable[tuple[Any, Any]], *, hide_one: bool = False
) -> None:
    """Fill a choice that depends on who asks. hide_one: who has but one is not asked for it."""
    field = cast(forms.ChoiceField, form.fields[name])
    field.choices = listed = list(choices)
    if hide_one and len(listed) == 1:
        field.initial = listed[0][0]
        field.widget = forms.HiddenInput()


def accepted(form: forms.BaseForm, act: Callable[..., object], field: str | None = None) -> bool:
    """Whether the form is whole and the service agreed; a refusal is shown in the form."""
    if not form.is_valid():
        return False
    try:
        act(**form.cleaned_data)
    except Refusal as refusal:
        form.add_error(field, str(refusal))
        return False
    return True


def form_page(
    request: HttpRequest, template: str, form: forms.BaseForm, **context: Any
) -> HttpResponse:
    """The page of a form: empty, or with status 422 what was typed and why it was not taken."""
    status = 422 if form.is_bound else 200
    return render(request, template, {"form": form, **context}, status=status)
