"""Lists of the trade: searched, filtered, paged, and the same rows as a workbook."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from shanhuo.kernel import sheets
from shanhuo.orders import queries
from shanhuo.web.downloads import workbook
from shanhuo.web.fields import DayField, SearchField
from shanhuo.web.filters import Filters
from shanhuo.web.forms import offer

ON_A_PAGE = 20
Words = str | Promise
Column = tuple[Words, Callable[[Any], object]]


class ListForm(Filters):
    """What a list can be asked. What is odd is left out, not an error: it is a filter."""

    q = SearchField()
    state = forms.ChoiceField(label=_("State"), required=False)
    since = DayField(label=pgettext_lazy("a day", "From"), required=False)
    until = DayField(label=_("Until"), required=False)

    def __init__(
        self, data: Any, *, states: Iterable[tuple[str, Words]] = (), hint: Words = ""
    ) -> None:
        super().__init__(data)
        choices = list(states)
        if choices:
            offer(self, "state", [("", _("All")), *choices])
        else:
            del self.fields["state"]
        self.fields["q"].widget.attrs["placeholder"] = hint

    def in_days(self, rows: QuerySet[Any], moment: str) -> QuerySet[Any]:
        """Rows whose `moment` lies between the days asked for, both included."""
        asked = self.asked()
        return queries.in_days(rows, moment, since=asked.get("since"), until=asked.get("until"))


@dataclass(frozen=True, slots=True)
class Sheet:
    """How the rows of a list become a workbook."""

    title: Words
    columns: Sequence[Column]

    def download(self, rows: Iterable[Any]) -> HttpResponse:
        headings = [str(heading) for heading, _value in self.columns]
        cells = ([value(row) for _heading, value in self.columns] for row in rows)
        return workbook(str(self.title), headings, cells)


def list_page(
    request: HttpRequest,
    template: str,
    rows: QuerySet[Any],
    *,
    form: ListForm,
    sheet: Sheet,
    put: Callable[[Iterable[Any]], None] = lambda rows: None,
    **context: Any,
) -> HttpResponse:
    """A page of `rows`, or with `?format=xlsx` all of them.

    put: adds to the rows shown what is not a column of theirs.
    """
    if request.GET.get("format") == "xlsx":
        found = list(rows[: sheets.MOST_ROWS])
        put(found)
        return sheet.download(found)
    page = Paginator(rows, ON_A_PAGE).get_page(request.GET.get("page"))
    put(page.object_list)
    context |= {"page": page, "form": form, "is_filtered": bool(form.asked())}
    return render(request, template, context)
