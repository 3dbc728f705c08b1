"""How a room hears that something in its session changed."""

from django.db.models import F

from shanhuo.live.models import Session


def tell_room(session: Session) -> None:
    """From the next tick on, viewers read anew what is shown."""
    Session.objects.filter(pk=session.pk).update(room_version=F("room_version") + 1)
