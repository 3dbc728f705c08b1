"""What led a viewer to a session, as far as the request says.

An address may say it itself (`?via=share`); else it is the page before, which browsers tell within
the platform. Both are the viewer's word: a false one moves one entry of one's own to another row.
"""

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import Resolver404, resolve

from shanhuo.live.states import Arrival

_SAID = {one.name.lower(): one for one in Arrival}
_PAGES = {
    "live:list": Arrival.LIST,
    "live:reminders": Arrival.REMINDER,
    "site:me": Arrival.REMINDER,
    "site:home": Arrival.HOME,
    "feed:watch": Arrival.CLIPS,
    "content:post": Arrival.CLIPS,
    "content:search": Arrival.SEARCH,
    "content:creator": Arrival.CREATOR,
    "impact:county": Arrival.COUNTY,
    "shop:storefront": Arrival.COUNTY,
    "shop:product": Arrival.PRODUCT,
    "shop:goods": Arrival.PRODUCT,
}


def came_by(request: HttpRequest) -> Arrival:
    """`via` in the address where it is a known word, or the page before."""
    said = _SAID.get(request.GET.get("via", ""))
    before = urlsplit(request.headers.get("Referer", ""))
    if said or not before.netloc:
        return said or Arrival.DIRECT
    if before.netloc != request.get_host():
        return Arrival.OUTSIDE
    try:
        return _PAGES.get(resolve(before.path).view_name, Arrival.OTHER)
    except Resolver404:
        return Arrival.OTHER
