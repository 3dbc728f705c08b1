"""Answers of agronomists, found by crop and symptom, each at its second of a replay."""

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from shanhuo.live import queries
from shanhuo.web.fields import SearchField
from shanhuo.web.filters import Filters
from shanhuo.web.forms import offer
from shanhuo.web.live.rows import refuse_minors

ROWS = 20


class AnswersForm(Filters):
    """What is odd is left out, not an error."""

    q = SearchField(label=_("Crop or symptom"))
    crop = forms.ChoiceField(label=_("Crop"), required=False)

    def __init__(self, data: object) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        crops = [(crop, crop) for crop in queries.answered_crops()]
        offer(self, "crop", [("", _("All")), *crops])


@require_safe
def answers(request: HttpRequest) -> HttpResponse:
    refuse_minors(request)
    form = AnswersForm(request.GET)
    asked = form.asked()
    page = Paginator(queries.answers(**asked), ROWS).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "is_filtered": bool(asked),
        "page": page,
        "clips": queries.clips_of(list(page.object_list)),
    }
    return render(request, "web/live/answers.html", context)
