"""你的兴趣标签: what the feed believes of the one who looks, and what they say to it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from shanhuo.kernel import clock
from shanhuo.kernel.errors import Refusal
from shanhuo.traffic import tags, viewers
from shanhuo.traffic.kinds import Flags
from shanhuo.traffic.wishes import About, Wish
from shanhuo.web.viewers import viewer_of

_SIGNS = {About.TOPIC: "", About.COUNTY: "place", About.AUTHOR: "person"}


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def interests(request: HttpRequest) -> HttpResponse:
    """Signed in or not; every change holds for the next list."""
    if request.method != "POST":
        return _page(request)
    act = request.POST.get("act", "")
    if act in ("on", "off"):
        return _switch(request, personal=act == "on")
    try:
        problem = _obey(request, act)
    except Refusal as refusal:
        problem = str(refusal)
    return _page(request, problem=problem) if problem else redirect("feed:interests")


def _obey(request: HttpRequest, act: str) -> str:
    """Do it; what was not understood comes back in words."""
    viewer, now = viewer_of(request), clock.now()
    address = str(request.META.get("REMOTE_ADDR"))
    if act == "delete_all":
        tags.delete_all(viewer, address=address, now=now)
        return ""
    if act == "add":
        meant = tags.meant_by(request.POST.get("text", "")[:40])
        if meant is None:
            return _("No clip has this topic yet, and no single county has this name.")
        tags.say(viewer, *meant, Wish.CHOSEN, address=address, now=now)
        return ""
    about, key = request.POST.get("about", ""), request.POST.get("key", "")
    if about not in (About.TOPIC, About.COUNTY, About.AUTHOR):
        raise Http404
    if act == "delete":
        tags.delete(viewer, About(about), key, address=address, now=now)
    elif act in (Wish.CHOSEN, Wish.MUTED):
        tags.say(viewer, About(about), key, Wish(act), address=address, now=now)
    else:
        raise Http404
    return ""


def _switch(request: HttpRequest, *, personal: bool) -> HttpResponse:
    response = redirect("feed:interests")
    viewers.give(response, viewer_of(request).with_flag(Flags.NOT_PERSONAL, on=not personal))
    return response


def _page(request: HttpRequest, *, problem: str = "") -> HttpResponse:
    viewer = viewer_of(request)
    found = tags.tags_of(viewer, now=clock.now())
    groups = [
        (
            _("Chosen by you"),
            _("Their clips have places of their own, and count half as much again."),
            Wish.CHOSEN,
        ),
        (
            _("What the feed believes"),
            _("From what you watched and did; the strongest first."),
            Wish.NONE,
        ),
        (_("Muted by you"), _("Nothing of this is shown to you in the feed."), Wish.MUTED),
    ]
    context = {
        "viewer": viewer,
        "groups": [
            (title, text, [(tag, _SIGNS[tag.about]) for tag in found if tag.wish == wish])
            for title, text, wish in groups
        ],
        "has_tags": bool(found),
        "suggestions": tags.suggestions(found),
        "problem": problem,
        "text": request.POST.get("text", ""),
    }
    return render(request, "web/feed/interests.html", context, status=422 if problem else 200)
