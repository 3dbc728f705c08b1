"""Who acts through a page."""

from typing import cast

from django.http import HttpRequest

from shanhuo.people.queries import AnyUser


def actor_of(request: HttpRequest) -> AnyUser:
    """The signed-in person; the access table lets nobody else in."""
    return cast(AnyUser, request.user)
