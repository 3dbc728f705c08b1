"""What this room holds about a person in tables: their interest tags."""

from datetime import datetime
from typing import Any

from shanhuo.people.personal_data import Holding
from shanhuo.traffic import interests
from shanhuo.traffic.models import Interest
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
    """Before the account's secret goes, without which nobody finds these rows."""
    if user.viewer_secret:
        interests.erase(viewer=viewer_of(user.viewer_secret).key)


HOLDING = Holding(export=_export, erase=_erase)
