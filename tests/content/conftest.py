"""Files that phones really wrote, and a short way to send them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shanhuo.content import services as content
from shanhuo.content.models import Post, Upload
from shanhuo.kernel import clock, jobs
from shanhuo.people.models import Membership

MEDIA = Path(__file__).parents[1] / "media"


@pytest.fixture(autouse=True)
def own_folders(settings: Any, tmp_path: Path) -> None:
    """No test writes where another one reads."""
    settings.MEDIA_DIR, settings.PRIVATE_DIR = tmp_path / "media", tmp_path / "private"


@pytest.fixture
def make_draft(zhao: Any) -> Callable[..., Post]:
    def make(kind: str = "clip", *, author: Any = None, caption: str = "今早下树") -> Post:
        writer = author or zhao
        membership = Membership.objects.select_related("organisation").get(user=writer)
        return content.draft_post(
            author=writer,
            organisation_id=membership.organisation_id,
            county_id=membership.organisation.county_id,
            kind=kind,
            caption=caption,
            wants_review=kind == "clip",
            now=clock.now(),
        )

    return make


@pytest.fixture
def send(zhao: Any) -> Callable[..., Upload]:
    """Send bytes for a draft, in pieces of `piece` bytes; runs no job."""

    def send(post: Post, data: bytes, *, position: int = 0, piece: int = 1024 * 1024) -> Upload:
        upload = content.begin_upload(
            author=post.author,
            post_id=post.pk,
            total_bytes=len(data),
            position=position,
            now=clock.now(),
        )
        for offset in range(0, len(data), piece):
            upload = content.receive_piece(
                author=post.author,
                upload_id=upload.public_id,
                offset=offset,
                piece=data[offset : offset + piece],
                now=clock.now(),
            )
        return upload

    return send


@pytest.fixture
def post_from(
    make_draft: Callable[..., Post], send: Callable[..., Upload]
) -> Callable[[bytes], Post]:
    """The clip's post after every job has run."""

    def post_from(data: bytes) -> Post:
        post = make_draft()
        send(post, data)
        jobs.run_due()
        post.refresh_from_db()
        return post

    return post_from
