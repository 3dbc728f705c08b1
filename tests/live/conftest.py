"""Makers of live sessions."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shanhuo.kernel import clock
from shanhuo.live.models import Cast, Session
from shanhuo.live.states import CastRole
from shanhuo.people.models import Organisation, User

Maker = Callable[..., Any]


@pytest.fixture
def files(settings: Any, tmp_path: Any) -> Any:
    """Folders of one test's own."""
    settings.MEDIA_DIR, settings.PRIVATE_DIR = tmp_path / "media", tmp_path / "private"
    return tmp_path


@pytest.fixture
def make_session(lin: User, cooperative: Organisation) -> Maker:
    """Make a session of Lin's cooperative that may go on air; an `on_air` one has been seen."""

    def make(status: str = Session.Status.SCHEDULED, **fields: Any) -> Session:
        now = clock.now()
        times: dict[str, Any] = {}
        if status in {"on_air", "interrupted"}:
            times["on_air_at"] = now
        if status == "interrupted":
            times["interrupted_at"] = now
        session = Session.objects.create(
            title="脆李开园",
            organisation=cooperative,
            county=cooperative.county,
            host=lin,
            status=status,
            created_at=now - timedelta(days=1),
            starts_at=now,
            **times,
            **fields,
        )
        Cast.objects.create(
            session=session,
            user=lin,
            role=CastRole.HOST,
            organisation=cooperative,
            county=cooperative.county,
            share_basis_points=10_000,
        )
        return session

    return make
