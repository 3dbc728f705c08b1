"""How a session finds its person: the two ways to sign in, and one prepared question for both."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.backends import ModelBackend
from django.db.models import QuerySet

from shanhuo.kernel.prepared import prepared
from shanhuo.people.models import User


class _KnownByNumber:
    def get_user(self, user_id: Any) -> User | None:
        found = _account(number=user_id)
        return found[0] if found and found[0].is_active else None


@prepared
def _account(number: int) -> QuerySet[User]:
    return User.objects.filter(pk=number)


class PasswordBackend(_KnownByNumber, ModelBackend):
    """Technicians of the back office."""


class CodeBackend(_KnownByNumber, AuthenticationBackend):  # type: ignore[misc]
    """Everybody else: a code was sent to their telephone."""
