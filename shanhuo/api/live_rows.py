"""The rows that operations of live selling start from: never by bare id."""

from typing import Any

from django.http import Http404, HttpRequest

from shanhuo.live import queries, rules


def visible(request: HttpRequest, public_id: str) -> Any:
    return one_of(queries.sessions_visible_to(request.user), public_id)


def directed(request: HttpRequest, public_id: str) -> Any:
    """A session that the caller may change."""
    return one_of(queries.sessions_directed_by(request.user), public_id)


def moderated(request: HttpRequest, public_id: str) -> Any:
    row = visible(request, public_id)
    return _where(rules.can_moderate(request.user, row), row)


def replayed(request: HttpRequest, public_id: str) -> Any:
    """A session whose replay the caller answers for."""
    row = visible(request, public_id)
    return _where(rules.can_withdraw_replay(request.user, row), row)


def one_of(rows: Any, public_id: str) -> Any:
    row = rows.filter(public_id=public_id).first()
    return _where(row is not None, row)


def _where(may: bool, row: Any) -> Any:
    if not may:
        raise Http404
    return row
