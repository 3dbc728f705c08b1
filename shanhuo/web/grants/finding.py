"""Finding grants in a list: by words, county and status, a page at a time."""

from collections.abc import Collection
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from shanhuo.traffic.grants import queries
from shanhuo.web.fields import SearchField
from shanhuo.web.forms import offer

PAGE = 20
LONGEST = 60
Status = queries.Status


class FindForm(forms.Form):
    """What an address asks for; what it asks wrongly is not asked."""

    q = SearchField(label=_("Title, county or programme"), max_length=LONGEST)
    county = forms.CharField(
        label=_("County code"),
        max_length=6,
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    status = forms.ChoiceField(label=_("Status"), required=False)

    def __init__(self, asked: Any, *, statuses: Collection[str]) -> None:
        super().__init__(asked)
        named = [(value, label) for value, label in Status.choices if value in statuses]
        offer(self, "status", [("", _("All")), *named])

    def said(self) -> dict[str, str]:
        self.is_valid()
        return {name: self.cleaned_data.get(name, "") for name in self.fields}


class FollowForm(forms.Form):
    """From which place in the chain on; from the first where it is asked wrongly."""

    after = forms.IntegerField(min_value=0, required=False)

    def said(self) -> int:
        self.is_valid()
        return self.cleaned_data.get("after") or 0


def narrowed(request: HttpRequest, chosen: Any, *, statuses: Collection[str]) -> Any:
    """Those of `chosen` that the address asks for."""
    return queries.find(chosen, **FindForm(request.GET, statuses=statuses).said())


def list_of(request: HttpRequest, chosen: Any, *, statuses: Collection[str]) -> dict[str, Any]:
    """What `web/grants/_found.html` needs: form, is_narrowed, page, lines."""
    form = FindForm(request.GET, statuses=statuses)
    found = queries.find(chosen, **form.said())
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    return {
        "form": form,
        "page": page,
        "lines": queries.lines(page),
        "is_narrowed": form.has_changed(),
    }
