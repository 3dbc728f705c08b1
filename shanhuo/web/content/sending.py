"""Files that came with a plain form, for phones without script: the same way in, piece by piece."""

from collections.abc import Sequence
from typing import Any

from django.core.files.uploadedfile import UploadedFile

from shanhuo.content import limits
from shanhuo.content import services as content
from shanhuo.content.states import PostKind
from shanhuo.kernel import clock


def take_files(post: Any, files: Sequence[UploadedFile[bytes]], *, author: Any) -> None:
    """Put the files of a form into a draft. Raises what the upload services raise."""
    wanted = files[:1] if post.kind == PostKind.CLIP else files[: limits.PHOTOS_PER_POST]
    for position, file in enumerate(wanted):
        _take(post, file, author=author, position=position)


def _take(post: Any, file: UploadedFile[bytes], *, author: Any, position: int) -> None:
    upload = content.begin_upload(
        author=author,
        post_id=post.pk,
        total_bytes=file.size or 0,
        position=position,
        name=file.name or "",
        now=clock.now(),
    )
    for piece in file.chunks(limits.PIECE_BYTES):
        upload = content.receive_piece(
            author=author,
            upload_id=upload.public_id,
            offset=upload.received_bytes,
            piece=piece,
            now=clock.now(),
        )
    if post.kind == PostKind.CLIP and upload.finished_at:
        content.play_at_once(upload)
