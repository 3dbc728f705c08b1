"""Sealed evidence, for those who verify and hand it out."""

from django.db.models import QuerySet

from shanhuo.live.models import Bundle


def bundles(public_id: str | None = None) -> QuerySet[Bundle]:
    """Every bundle, or that of one session; the latest sealed first."""
    found = Bundle.objects.select_related("session")
    if public_id:
        found = found.filter(session__public_id=public_id)
    return found.order_by("-sealed_at", "-pk")
