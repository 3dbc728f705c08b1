"""What this room holds about a person in tables: their interest tags, and contracts that support
them."""

from datetime import datetime
from typing import Any

from django.db.models import F, Q

from shanhuo.content import queries as content
from shanhuo.people.personal_data import Holding
from shanhuo.traffic import interests
from shanhuo.traffic.models import Contract, Interest
from shanhuo.traffic.viewers import viewer_of


def _export(user: Any) -> dict[str, Any]:
    rows = Interest.objects.filter(viewer=viewer_of(user.viewer_secret).key).order_by("pk")
    return {
        "interests": [
            {
                "about": row.about,
                "subject": row.subject,
                "wish": row.wish,
                "forgotten_at": row.forgotten_at.isoformat() if row.forgotten_at else None,
            }
            for row in rows
        ]
    }


def _erase(user: Any, _now: datetime) -> None:
    """Before the account's secret goes, without which nobody finds the interests. Contracts stay in
    the ledger: under the number of the account or the clip, not under what it was called."""
    if user.viewer_secret:
        interests.erase(viewer=viewer_of(user.viewer_secret).key)
    clips = Q(kind=Contract.Kind.POST, target__in=content.ids_written_by(user))
    theirs = clips | Q(kind=Contract.Kind.CREATOR, target=user.pk)
    Contract.objects.filter(theirs).update(name=F("target_public_id"))


HOLDING = Holding(export=_export, erase=_erase)
