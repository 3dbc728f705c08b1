"""Why something was shown, and what the feed may know.

The feed itself is the hot door `GET /hot/feed`, signals go to `POST /hot/signals`: docs/signals.md.
All of them know the viewer by the cookie `sh_viewer`, which the feed gives.
"""

from dataclasses import replace
from datetime import datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema

from shanhuo.people.access import Access
from shanhuo.regions import queries as regions
from shanhuo.traffic import reasons, viewers
from shanhuo.traffic.kinds import Flags
from shanhuo.traffic.sheets import NotASheet, unseal

router = Router(tags=["traffic"])
ACCESS = {
    "GET /api/feed/why": Access.ANYONE,
    "GET /api/feed/settings": Access.ANYONE,
    "PUT /api/feed/settings": Access.ANYONE,
}


class WhyIn(Schema):
    sheet: str = Field(max_length=2_000)
    slot: int = Field(ge=0, le=47)


class WhyOut(Schema):
    """What was logged when it was shown. `chance`: how likely this place was to show it."""

    source: str
    words: str
    county: str
    shown_at: datetime
    chance: float
    price: float
    grant: int
    policy: int
    personal: bool


class FeedSettings(Schema):
    """`county`: adcode whose clips come first, or "" for none."""

    personal: bool
    county: str = Field("", max_length=6)


@router.get("/feed/why", response=WhyOut, summary="Why was I shown this?")
def why(request: HttpRequest, query: Query[WhyIn]) -> WhyOut:
    """404 for a sheet that is not the viewer's own."""
    viewer = _viewer(request)
    try:
        sheet = unseal(query.sheet)
    except NotASheet as error:
        raise Http404 from error
    if viewer is None or sheet.viewer != viewer.key or query.slot >= len(sheet.slots):
        raise Http404
    found = reasons.explain(sheet, query.slot)
    return WhyOut(
        source=found.source.name.lower(),
        words=str(found.words),
        county=f"{found.county:06d}",
        shown_at=found.shown_at,
        chance=found.chance,
        price=found.price,
        grant=found.grant,
        policy=found.policy,
        personal=found.personal,
    )


@router.get("/feed/settings", response=FeedSettings, summary="What the feed may know")
def read_settings(request: HttpRequest) -> FeedSettings:
    viewer = _viewer(request) or viewers.new_viewer()
    county = f"{viewer.county:06d}" if viewer.county else ""
    return FeedSettings(personal=viewer.personal, county=county)


@router.put("/feed/settings", response=FeedSettings, summary="Decide what the feed may know")
def write_settings(
    request: HttpRequest, response: HttpResponse, body: FeedSettings
) -> FeedSettings:
    """The answer sets the viewer token; the very next list obeys. 404 for an unknown county."""
    if body.county and regions.county_of(body.county) is None:
        raise Http404
    viewer = replace(_viewer(request) or viewers.new_viewer(), county=int(body.county or 0))
    viewer = viewer.with_flag(Flags.NOT_PERSONAL, on=not body.personal)
    response.set_cookie(
        viewers.COOKIE,
        viewers.write(viewer),
        max_age=viewers.LIFE_S,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return body


def _viewer(request: HttpRequest) -> viewers.Viewer | None:
    return viewers.read(request.COOKIES.get(viewers.COOKIE, ""))
