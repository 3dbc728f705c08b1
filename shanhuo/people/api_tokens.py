"""Tokens for programs that act for a person. Nothing is stored: a token names the account and its
session epoch, so signing out everywhere ends every token at once."""

from datetime import datetime, timedelta

from django.db import transaction

from shanhuo.kernel import audit, tokens
from shanhuo.people.models import User

PURPOSE = "people.api"
LASTS = timedelta(days=90)


@transaction.atomic
def issue(*, user: User, now: datetime) -> str:
    """A token that acts as `user` for 90 days; shown once, kept nowhere."""
    subject = f"people.User:{user.public_id}"
    audit.record(verb="api_token.issue", actor=user, subject=subject, now=now)
    payload = f"{user.public_id}:{user.session_epoch}".encode()
    return tokens.sign(PURPOSE, payload, expires_at=now + LASTS)


def user_of(token: str, *, now: datetime) -> User:
    """Whom a token acts for. Raises BadToken: forged, too old, ended, or the account is closed."""
    public_id, epoch = tokens.read(PURPOSE, token, now=now).decode().split(":")
    user = User.objects.filter(public_id=public_id, session_epoch=int(epoch)).first()
    if user is None or not user.is_active:
        raise tokens.BadToken
    return user
