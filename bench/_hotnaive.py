"""The usual Django way to sell a scarce thing: one transaction an order, `F()` update, create."""

import json
from typing import Any

import django
from django.conf import settings

django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.db.models import F  # noqa: E402
from django.http import HttpRequest, JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402
from django.views.decorators.csrf import csrf_exempt  # noqa: E402

from shanhuo.kernel import clock  # noqa: E402
from shanhuo.orders.models import HotClaim, HotSale  # noqa: E402
from shanhuo.orders.services import read_entry  # noqa: E402


@csrf_exempt
def buy(request: HttpRequest) -> JsonResponse:
    now = clock.now()
    entry = read_entry(json.loads(request.body)["token"], now=now)
    with transaction.atomic():
        sale = HotSale.objects.filter(pk=entry.sale_id, left_count__gte=1)
        if not sale.update(left_count=F("left_count") - 1):
            return JsonResponse({"code": "sold_out"}, status=409)
        HotClaim.objects.create(
            sale_id=entry.sale_id,
            buyer_id=entry.buyer_id,
            quantity=1,
            claimed_at=now,
            expires_at=now,
        )
    return JsonResponse({"state": "kept"})


urlpatterns = [path("hot/buy", buy)]
settings.ROOT_URLCONF = __name__
settings.MIDDLEWARE = []
_django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Any) -> Any:
    connection.settings_dict["CONN_MAX_AGE"] = 600
    return _django(environ, start_response)
