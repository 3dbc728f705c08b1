"""Who asks, behind a door that lets only signed-in people through."""

from django.http import HttpRequest

from shanhuo.people.queries import AnyUser


def person(request: HttpRequest) -> AnyUser:
    """The signed-in user. The access table has kept everybody else out."""
    assert isinstance(request.user, AnyUser)  # noqa: S101 - a door that failed must not pass
    return request.user
