"""The usual way: a Django view on the ORM, with nothing in between. Baseline of F1.

It orders by newest and serialises what a card needs; no ranking, no rules, no session, no sheet.
"""

from typing import Any

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, JsonResponse
from django.urls import path

django.setup()

from shanhuo.content.models import Post  # noqa: E402


def feed(request: HttpRequest) -> JsonResponse:
    """Ten newest clips."""
    rows = Post.objects.filter(status="published").order_by("-published_at")
    rows = rows.select_related("author", "county", "clip", "product")
    return JsonResponse({"items": [_item(row) for row in rows.prefetch_related("topics")[:10]]})


def _item(row: Any) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "caption": row.caption,
        "topics": [topic.name for topic in row.topics.all()],
        "cover": f"/media/posts/{row.media_key}/cover.webp",
        "video": {
            "mp4": f"/media/posts/{row.media_key}/480p.mp4",
            "duration_ms": row.clip.duration_ms,
        },
        "author": {"id": row.author.public_id, "name": row.author.display_name},
        "county": {"code": row.county.adcode, "name": row.county.name},
        "product": row.product and {"id": row.product.public_id, "title": row.product.title},
        "published_at": row.published_at,
    }


settings.MIDDLEWARE = []
settings.ROOT_URLCONF = __name__
urlpatterns = [path("feed", feed)]
application = get_wsgi_application()
