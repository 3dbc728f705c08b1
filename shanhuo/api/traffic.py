"""Why something was shown, and what the feed may know.

The feed itself is the hot door `GET /hot/feed`, signals go to `POST /hot/signals`: docs/signals.md.
All of them know the viewer by the cookie `sh_viewer`, which the feed gives.
"""

from dataclasses import replace
from datetime import datetime
from typing import Literal

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema

from shanhuo.kernel import clock
from shanhuo.people.access import Access
from shanhuo.regions import queries as regions
from shanhuo.traffic import reasons, tags, viewers
from shanhuo.traffic.grants import queries as grants
from shanhuo.traffic.kinds import Flags
from shanhuo.traffic.sheets import NotASheet, unseal
from shanhuo.traffic.wishes import About, Wish

router = Router(tags=["traffic"])
ACCESS = {
    "GET /api/feed/why": Access.ANYONE,
    "GET /api/feed/settings": Access.ANYONE,
    "PUT /api/feed/settings": Access.ANYONE,
    "GET /api/feed/interests": Access.ANYONE,
    "PUT /api/feed/interests": Access.ANYONE,
    "DELETE /api/feed/interests": Access.ANYONE,
}


class WhyIn(Schema):
    sheet: str = Field(max_length=2_000)
    slot: int = Field(ge=0, le=47)


class WhyOut(Schema):
    """What was logged when it was shown. `chance`: how likely this place was to show it. `pooled`:
    the grant had meant it for one thing of the county, which cannot use it any more."""

    source: str
    words: str
    county: str
    shown_at: datetime
    chance: float
    price: float
    grant: int
    pooled: bool
    policy: int
    personal: bool


class FeedSettings(Schema):
    """`county`: adcode whose clips come first, or "" for none."""

    personal: bool
    county: str = Field("", max_length=6)


class TagOut(Schema):
    """`about`: topic, county or author; `key`: its name, adcode or id. `wish`: "chosen", "muted"
    or ""."""

    about: str
    key: str
    name: str
    wish: str
    reasons: list[str]


class TagsOut(Schema):
    """`personal`: whether anything but what was muted is used at all."""

    personal: bool
    tags: list[TagOut]


class TagIn(Schema):
    """`deleted` takes a tag away, with all that was learned about it until now."""

    about: Literal["topic", "county", "author"]
    key: str = Field(max_length=40)
    wish: Literal["chosen", "muted", "deleted"]


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
        pooled=grants.is_pool(found.grant),
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
    viewers.give(response, viewer)
    return body


@router.get("/feed/interests", response=TagsOut, summary="What the feed believes I like")
def read_interests(request: HttpRequest) -> TagsOut:
    return _tags(_own_viewer(request))


@router.put("/feed/interests", response=TagsOut, summary="Choose, mute or delete an interest tag")
def write_interest(request: HttpRequest, response: HttpResponse, body: TagIn) -> TagsOut:
    """The very next list obeys. 404 `unknown_interest`; 409 `not_to_choose` (authors are followed),
    `too_many_interests`; 429 `too_many`."""
    viewer, about = _remembered(request, response), About(body.about)
    address, now = str(request.META.get("REMOTE_ADDR")), clock.now()
    if body.wish == "deleted":
        tags.delete(viewer, about, body.key, address=address, now=now)
    else:
        tags.say(viewer, about, body.key, Wish(body.wish), address=address, now=now)
    return _tags(viewer)


@router.delete("/feed/interests", response=TagsOut, summary="Delete all my interest tags")
def delete_interests(request: HttpRequest, response: HttpResponse) -> TagsOut:
    """Nothing learned, chosen or muted until now counts any more."""
    viewer = _remembered(request, response)
    tags.delete_all(viewer, address=str(request.META.get("REMOTE_ADDR")), now=clock.now())
    return _tags(viewer)


def _tags(viewer: viewers.Viewer) -> TagsOut:
    found = [
        TagOut(
            about=one.about.value,
            key=one.key,
            name=one.name,
            wish=one.wish,
            reasons=[str(why) for why in one.reasons],
        )
        for one in tags.tags_of(viewer, now=clock.now())
    ]
    return TagsOut(personal=viewer.personal, tags=found)


def _own_viewer(request: HttpRequest) -> viewers.Viewer:
    """The account's viewer where somebody is signed in, else the browser's, else a new one."""
    known = _viewer(request)
    secret = getattr(request.user, "viewer_secret", "")
    if secret:
        kept = known or viewers.Viewer(0)
        return viewers.viewer_of(secret, flags=kept.flags, county=kept.county)
    return known or viewers.new_viewer()


def _remembered(request: HttpRequest, response: HttpResponse) -> viewers.Viewer:
    """As above; who comes without a token takes one along, or the wish would be nobody's."""
    viewer = _own_viewer(request)
    if viewer != _viewer(request):
        viewers.give(response, viewer)
    return viewer


def _viewer(request: HttpRequest) -> viewers.Viewer | None:
    return viewers.read(request.COOKIES.get(viewers.COOKIE, ""))
