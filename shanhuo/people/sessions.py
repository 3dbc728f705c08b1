"""The session engine: Django's table, read by a prepared question, since every page begins so."""

from datetime import datetime

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from shanhuo.kernel.prepared import prepared


class SessionStore(db.SessionStore):
    """Django's, but for how a session is found."""

    def _get_session_from_db(self) -> Session | None:
        found = _living(key=self.session_key or "", now=timezone.now())
        if found:
            return found[0]
        self._session_key = None
        return None


@prepared
def _living(key: str, now: datetime) -> QuerySet[Session]:
    return Session.objects.filter(session_key=key, expire_date__gt=now)
