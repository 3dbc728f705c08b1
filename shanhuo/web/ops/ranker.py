"""The ranker's page: what ranks now, how well it foretells, what the shelf holds; two deeds."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from shanhuo.kernel import clock
from shanhuo.kernel.errors import Refusal
from shanhuo.people.actors import actor_of
from shanhuo.traffic import steering
from shanhuo.traffic.learning.training import ENOUGH_EXPOSURES, ENOUGH_LONG_VIEWS
from shanhuo.traffic.learning.watching import ENOUGH_THINGS, ENOUGH_WATCHES
from shanhuo.traffic.steering import Kind

STAGES = {
    "empty": (
        gettext_lazy("Empty"),
        gettext_lazy("Nothing is published. Let the first clip through the review."),
    ),
    "popularity": (
        gettext_lazy("By popularity"),
        gettext_lazy("No model counts: clips rank by how they are received, faded by a day."),
    ),
    "learned": (
        gettext_lazy("Learned"),
        gettext_lazy("Clips rank by what the model expects of each viewer."),
    ),
}
GOALS = {
    "long_view": gettext_lazy("Watched for long"),
    "purchase_click": gettext_lazy("Purchase click"),
    "visit": gettext_lazy("Went to the county"),
}
NAMES = {
    Kind.RANKER: gettext_lazy("The ranker"),
    Kind.NEIGHBOURS: gettext_lazy("Neighbours: what is watched beside what"),
}


@never_cache
@require_safe
def ranker(request: HttpRequest) -> HttpResponse:
    found = steering.oversight(now=clock.now())
    name, meaning = STAGES[found.stage]
    context = {
        "stage": name,
        "meaning": meaning,
        "found": found,
        "standings": [(NAMES[one.kind], one) for one in (found.ranker, found.neighbours)],
        "weights": [(GOALS.get(goal, goal), weight) for goal, weight in found.weights.items()],
        "enough": {
            "exposures": ENOUGH_EXPOSURES,
            "long_views": ENOUGH_LONG_VIEWS,
            "watches": ENOUGH_WATCHES,
            "posts": ENOUGH_THINGS,
        },
    }
    return render(request, "web/ops/ranker.html", context)


@require_POST
def train(request: HttpRequest) -> HttpResponse:
    steering.train_soon(operator=actor_of(request), now=clock.now())
    messages.success(request, _("The worker trains now. Reload in a minute."))
    return redirect("ops:ranker")


@require_POST
def roll_back(request: HttpRequest, kind: str) -> HttpResponse:
    if kind not in list(Kind):
        raise Http404
    try:
        version = steering.roll_back(kind=Kind(kind), operator=actor_of(request), now=clock.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Model %(version)s counts again.") % {"version": version})
    return redirect("ops:ranker")
