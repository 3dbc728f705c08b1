"""The viewer token of a browser, on calm pages."""

from collections.abc import Callable
from dataclasses import replace

from django.http import HttpRequest, HttpResponse

from shanhuo.traffic import viewers
from shanhuo.traffic.kinds import Flags
from shanhuo.traffic.sheets import Sheet, unseal_own
from shanhuo.traffic.viewers import Viewer

Answer = Callable[[HttpRequest], HttpResponse]


class ViewerMiddleware:
    """Keeps the token in step with who is signed in and with youth mode.

    Signing in makes the browser the account's viewer; signing out makes it a new one, so that the
    next person on this phone does not find the last one's feed. Choices stay with the browser.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.get("Content-Type", "").startswith("text/html"):
            before = viewers.read(request.COOKIES.get(viewers.COOKIE, ""))
            wanted = viewer_of(request)
            if wanted != before and viewers.COOKIE not in response.cookies:
                viewers.give(response, wanted)
        return response


def viewer_of(request: HttpRequest) -> Viewer:
    """Who is watching; made up once per request where the browser is new."""
    known: Viewer | None = getattr(request, "_viewer", None)
    if known is None:
        known = _viewer_now(request)
        request._viewer = known  # type: ignore[attr-defined]
    return known


def _viewer_now(request: HttpRequest) -> Viewer:
    viewer = viewers.read(request.COOKIES.get(viewers.COOKIE, ""))
    secret = getattr(request.user, "viewer_secret", "")
    if secret:
        kept = viewer or Viewer(0)
        viewer = viewers.viewer_of(secret, flags=kept.flags, county=kept.county)
    elif viewer is None or viewer.signed_in:
        kept = viewer or Viewer(0)
        viewer = replace(kept, key=viewers.new_viewer().key, flags=kept.flags & ~Flags.SIGNED_IN)
    young = getattr(getattr(request, "shell", None), "youth", False)
    return viewer.with_flag(Flags.YOUTH, on=young)


def own_slot(request: HttpRequest, *, token: str, slot: str) -> tuple[Sheet, int]:
    """A slot of a sheet that was shown to this browser. Raises NotASheet."""
    return unseal_own(token, slot, viewer=viewer_of(request).key)
