"""The rows that pages of live selling start from: never by bare id."""

from typing import Any

from django.http import Http404, HttpRequest
from django.utils.translation import gettext_lazy as _

from shanhuo.kernel.errors import Refusal
from shanhuo.live import queries
from shanhuo.web import shell


class NoLiveForYouth(Refusal):
    code = "youth_mode"
    status = 403
    message = _("Youth mode is on: live selling is not shown until a guardian turns it off.")


def visible_session(request: HttpRequest, public_id: str) -> Any:
    """Raises NoLiveForYouth."""
    refuse_minors(request)
    return _one(queries.sessions_visible_to(request.user), public_id)


def directed_session(request: HttpRequest, public_id: str) -> Any:
    """A session that the reader may change."""
    return _one(queries.sessions_directed_by(request.user), public_id)


def own_session(request: HttpRequest, public_id: str) -> Any:
    """A session that the reader has a part in."""
    return _one(queries.sessions_of(request.user), public_id)


def refuse_minors(request: HttpRequest) -> None:
    if shell.read(request).youth:
        raise NoLiveForYouth


def _one(rows: Any, public_id: str) -> Any:
    row = rows.filter(public_id=public_id).first()
    if row is None:
        raise Http404
    return row
