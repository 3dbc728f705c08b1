"""What one would write first: Django views on the ORM. Baselines for F1 and E1, not used elsewhere.

The same work is done: the viewer token is checked, the sheet is opened, a unique constraint takes
care of repeats, and the transaction is durable (SQLite, write-ahead log, synchronous FULL).
"""

import json
import os
from typing import Any

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application

from shanhuo.config import INSECURE_KEY

settings.configure(
    SECRET_KEY=INSECURE_KEY,
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    MIDDLEWARE=[],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ["BENCH_DATABASE"],
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
            },
        }
    },
)
django.setup()

from django.db import connection, models, transaction  # noqa: E402
from django.http import HttpRequest, JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402

from shanhuo.traffic import sheets, viewers  # noqa: E402


class SignalRow(models.Model):
    """One signal, as an ORM row."""

    sheet = models.CharField(max_length=20)
    slot = models.PositiveSmallIntegerField()
    kind = models.PositiveSmallIntegerField()
    viewer = models.CharField(max_length=20)
    object = models.BigIntegerField()
    county = models.IntegerField()
    value = models.BigIntegerField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "bench"
        constraints = [
            models.UniqueConstraint(fields=["sheet", "slot", "kind"], name="signal_once")
        ]


def take(request: HttpRequest) -> JsonResponse:
    """The naive collector."""
    viewer = viewers.read(request.COOKIES.get(viewers.COOKIE, ""))
    body = json.loads(request.body)
    opened = [sheets.unseal(token) for token in body["sheets"]]
    if viewer is None or any(sheet.viewer != viewer.key for sheet in opened):
        return JsonResponse({"code": "refused"}, status=401)
    rows = [
        _row(opened[sheet], slot, kind, value) for sheet, slot, kind, _, value in body["signals"]
    ]
    with transaction.atomic():
        SignalRow._default_manager.bulk_create(rows, ignore_conflicts=True)
    return JsonResponse({"accepted": len(rows)})


def _row(sheet: Any, slot: int, kind: int, value: int) -> SignalRow:
    shown = sheet.slots[slot]
    return SignalRow(
        sheet=str(sheet.id),
        slot=slot,
        kind=kind,
        viewer=str(sheet.viewer),
        object=int(shown["object"]),
        county=int(shown["county"]),
        value=value,
    )


def _create_tables() -> None:
    with connection.schema_editor() as editor:
        editor.create_model(SignalRow)


urlpatterns = [path("hot/signals", take)]
_create_tables()
application = get_wsgi_application()
