"""One table over every page: address name -> whom it serves. What is not listed is not there.

Pages are listed in `<area>/access.py`. An entry ending in `*` covers a whole namespace of somebody
else's routes. The tables of all faces are named in `settings.ACCESS_TABLES`; `AccessMiddleware`
enforces them together.
"""

import re
from functools import cache

from django.conf import settings
from django.http import HttpRequest
from django.urls import ResolverMatch
from django.utils.module_loading import import_string

from shanhuo.people.access import Access
from shanhuo.web.account.access import TABLE as ACCOUNT
from shanhuo.web.content.access import TABLE as CONTENT
from shanhuo.web.county.access import TABLE as COUNTY
from shanhuo.web.feed.access import TABLE as FEED
from shanhuo.web.grants.access import TABLE as GRANTS
from shanhuo.web.impact.access import TABLE as IMPACT
from shanhuo.web.live.access import TABLE as LIVE
from shanhuo.web.ops.access import TABLE as OPS
from shanhuo.web.seller.access import TABLE as SELLER
from shanhuo.web.shop.access import TABLE as SHOP
from shanhuo.web.site.access import TABLE as SITE
from shanhuo.web.trade.access import TABLE as TRADE

TABLE: dict[str, Access] = {
    **ACCOUNT,
    **CONTENT,
    **COUNTY,
    **FEED,
    **GRANTS,
    **IMPACT,
    **LIVE,
    **OPS,
    **SELLER,
    **SHOP,
    **SITE,
    **TRADE,
    "admin:*": Access.TECHNICIAN,
    # The door of the back office must be open to those who are not inside yet.
    "admin:login": Access.ANYONE,
    "admin:jsi18n": Access.ANYONE,
}

_CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")


def route_key(method: str, match: ResolverMatch) -> str:
    """How the tables name a route: pages by name, operations as `GET /api/orders/{public_id}`."""
    if match.route.startswith("api/"):
        verb = "GET" if method in ("HEAD", "OPTIONS") else method
        return f"{verb} /" + _CONVERTER.sub(r"{\1}", match.route)
    return match.view_name


def wanted_for(request: HttpRequest, match: ResolverMatch) -> Access | None:
    """Whom the address serves; None where no table lists it."""
    table = whole_table()
    key = route_key(request.method or "GET", match)
    namespace = f"{match.namespaces[0]}:*" if match.namespaces else ""
    return table.get(key) or table.get(namespace)


@cache
def whole_table() -> dict[str, Access]:
    """Pages, API and hot doors in one table."""
    return {
        key: access
        for name in settings.ACCESS_TABLES
        for key, access in import_string(name).items()
    }
