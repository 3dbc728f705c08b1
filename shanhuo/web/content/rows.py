"""The rows that content pages start from: never by bare id."""

from typing import Any

from django.http import Http404, HttpRequest

from shanhuo.content import queries


def user_of(request: HttpRequest) -> Any:
    """Who is asking; somebody signed in, where the access table says so."""
    return request.user


def visible_post(request: HttpRequest, public_id: str) -> Any:
    return _one(queries.posts_visible_to(request.user), public_id)


def published_post(request: HttpRequest, public_id: str) -> Any:
    return _one(queries.published_posts(), public_id)


def own_post(request: HttpRequest, public_id: str) -> Any:
    return _one(queries.posts_of(request.user), public_id)


def _one(rows: Any, public_id: str) -> Any:
    row = rows.filter(public_id=public_id).first()
    if row is None:
        raise Http404
    return row
