"""Banners and opening cards on pages: always marked, always closed with one tap."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from shanhuo.kernel import clock
from shanhuo.traffic import viewers
from shanhuo.traffic.grants.drawing import Placard
from shanhuo.traffic.grants.words import PLACEMENT_OF, PlacementName
from shanhuo.traffic.serving import serving
from shanhuo.web.viewers import viewer_of

_PAGES = {
    "county": ("impact:county", "open_county"),
    "goods": ("shop:product", "click_product"),
    "post": ("content:post", "open_post"),
    "session": ("live:room", "open_post"),
}


@dataclass(frozen=True, slots=True)
class Support:
    """A placard on a page. `told`: the signal of whoever opens its `address`."""

    placard: Placard
    sheet: str
    address: str
    told: str


def banner_on(request: HttpRequest, *, adcode: str = "") -> Support | None:
    """What stands at the top of a page that has a place for it; `adcode` of a county's page."""
    return _placed(request, "banner", county=int(adcode or 0))


def opening_card(request: HttpRequest) -> Support | None:
    """What comes behind the first page of a visit."""
    return _placed(request, "splash")


def _placed(request: HttpRequest, placement: PlacementName, *, county: int = 0) -> Support | None:
    """Only for browsers that brought their token: what never comes back, as most programs do, would
    keep exposures in the air that nobody sees. Asks memory alone: where no thread keeps the feed
    up, nothing stands here."""
    if request.method != "GET" or viewers.read(request.COOKIES.get(viewers.COOKIE, "")) is None:
        return None
    placards, viewer = serving().live.placards, viewer_of(request)
    placed = placards.place(PLACEMENT_OF[placement], viewer, county=county, now=clock.now())
    if placed is None:
        return None
    page, told = _PAGES[placed.placard.kind]
    address = reverse(page, args=[placed.placard.public_id])
    return Support(placed.placard, placed.sheet, address, told)
