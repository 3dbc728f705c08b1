"""Bytes on their way in: piece by piece, each safe on disk before it is acknowledged."""

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, BinaryIO

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from shanhuo.content import limits
from shanhuo.content.media import shelf, sniff
from shanhuo.content.media.problems import MediaProblem, MediaRefused
from shanhuo.content.models import Post, Upload
from shanhuo.content.services.posting import EDITABLE, PostClosed, own_post
from shanhuo.content.services.preparing import prepare
from shanhuo.kernel import limits as counters
from shanhuo.kernel.errors import Refusal

# The disk, the person's quota on it, or the longest file that the service may write (LimitFSIZE).
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class NoSuchUpload(Refusal):
    code = "no_such_upload"
    status = 404
    message = _("There is no such upload. It was finished, cancelled, or has expired.")


class UploadBusy(Refusal):
    code = "upload_busy"
    status = 423
    message = _("Another page is sending this file right now.")


class WrongOffset(Refusal):
    code = "wrong_offset"
    status = 409
    message = _("The server has %(offset)s bytes of this file. Go on from there.")


class TooManyBytes(Refusal):
    code = "too_many_bytes"
    status = 413
    message = _("The file is larger than announced, or than %(megabytes)s MB.")


class TooManyUploads(Refusal):
    code = "too_many_uploads"
    status = 429
    message = _("Too many unfinished uploads. Finish or cancel one of them first.")


class StorageFull(Refusal):
    code = "storage_full"
    status = 507
    message = _("The platform has no room for files right now. What you sent so far is kept.")


def begin_upload(
    *, author: Any, post_id: int, total_bytes: int, now: datetime, position: int = 0, name: str = ""
) -> Upload:
    """Announce a file for a draft. An unfinished one at the same position is forgotten.

    Raises NotYourPost, PostClosed, MediaRefused (empty), TooManyBytes, TooManyUploads, TooMany,
    StorageFull.
    """
    counters.take(
        scope="content.upload",
        key=author.public_id,
        cap=limits.UPLOADS_PER_DAY,
        window=timedelta(days=1),
        now=now,
    )
    with transaction.atomic():
        post = own_post(post_id=post_id, author=author)
        _check_announcement(post, position=position, total_bytes=total_bytes)
        forget_uploads(Upload.objects.filter(post=post, position=position))
        _check_quota(author, total_bytes)
        upload = Upload.objects.create(
            post=post,
            position=position,
            file_name="".join(filter(str.isprintable, name))[:120],
            total_bytes=total_bytes,
            started_at=now,
            expires_at=now + limits.UPLOAD_KEPT_FOR,
        )
        post.media_ready, post.media_problem = False, ""
        post.save(update_fields=["media_ready", "media_problem"])
    return upload


def receive_piece(
    *, author: Any, upload_id: str, offset: int, piece: bytes, now: datetime
) -> Upload:
    """Append a piece at `offset`; when this returns, it survives a power cut.

    Raises NoSuchUpload (also for somebody else's), UploadBusy, WrongOffset, TooManyBytes,
    StorageFull (nothing of the piece is kept), MediaRefused (its first bytes are no film or photo).
    """
    upload = own_upload(author=author, upload_id=upload_id, now=now)
    with _alone_with(upload) as file:
        upload.refresh_from_db()
        if upload.finished_at or upload.received_bytes != offset:
            raise WrongOffset(offset=upload.received_bytes)
        if offset + len(piece) > upload.total_bytes:
            raise TooManyBytes(megabytes=upload.total_bytes // limits.MIB)
        if offset == 0 and piece:
            _check_first_bytes(upload, piece)
        _append(file, piece, offset=offset)
        _note(upload, offset + len(piece), now=now)
    return upload


def own_upload(*, author: Any, upload_id: str, now: datetime) -> Upload:
    """The author's living upload. Raises NoSuchUpload."""
    living = Upload.objects.select_related("post").filter(public_id=upload_id, expires_at__gt=now)
    upload = living.filter(post__author=author).first()
    if upload is None:
        raise NoSuchUpload
    return upload


def cancel_upload(*, author: Any, upload_id: str, now: datetime) -> None:
    """Forget an upload and its bytes. Raises NoSuchUpload."""
    upload = own_upload(author=author, upload_id=upload_id, now=now)
    forget_uploads(Upload.objects.filter(pk=upload.pk, finished_at=None))


def forget_expired_uploads(*, now: datetime) -> int:
    """Remove what nobody went on sending; returns how many."""
    return forget_uploads(Upload.objects.filter(finished_at=None, expires_at__lte=now))


def forget_uploads(uploads: Any) -> int:
    """Remove uploads and, once that is certain, their bytes."""
    ids = list(uploads.values_list("public_id", flat=True))
    uploads.delete()
    transaction.on_commit(lambda: _remove_files(ids))
    return len(ids)


def _remove_files(upload_ids: list[str]) -> None:
    for upload_id in upload_ids:
        shelf.upload_file(upload_id).unlink(missing_ok=True)


def _check_announcement(post: Post, *, position: int, total_bytes: int) -> None:
    if post.status not in EDITABLE:
        raise PostClosed
    is_clip = post.kind == Post.Kind.CLIP
    most = limits.FILM_BYTES if is_clip else limits.PHOTO_BYTES
    if total_bytes <= 0:
        raise MediaRefused(MediaProblem.EMPTY)
    if total_bytes > most or position not in range(1 if is_clip else limits.PHOTOS_PER_POST):
        raise TooManyBytes(megabytes=most // limits.MIB)
    free = shutil.disk_usage(shelf.upload_file("any").parent).free
    # The film, its copy and its renditions stand side by side for a while.
    if free - 3 * total_bytes < limits.DISK_RESERVE_BYTES:
        raise StorageFull


def _check_quota(author: Any, total_bytes: int) -> None:
    open_uploads = Upload.objects.filter(post__author=author, finished_at=None)
    announced = open_uploads.aggregate(total=Sum("total_bytes"))["total"] or 0
    if (
        open_uploads.count() >= limits.UNFINISHED_PER_PERSON
        or announced + total_bytes > limits.UNFINISHED_BYTES_PER_PERSON
    ):
        raise TooManyUploads


@contextmanager
def _alone_with(upload: Upload) -> Iterator[BinaryIO]:
    """The upload's file, locked against every other writer of every process."""
    path = shelf.upload_file(upload.public_id)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b", buffering=0) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UploadBusy from error
        yield file


def _check_first_bytes(upload: Upload, piece: bytes) -> None:
    """Refuse at once what could never be used: the sender saves the rest of the bytes."""
    container = sniff.container_of(piece[: sniff.HEAD_BYTES])
    wanted = sniff.Family.FILM if upload.post.kind == Post.Kind.CLIP else sniff.Family.PICTURE
    if container is None or container.family != wanted:
        problem = MediaProblem.WRONG_KIND if container else MediaProblem.UNKNOWN_TYPE
        Post.objects.filter(pk=upload.post_id).update(media_problem=problem)
        forget_uploads(Upload.objects.filter(pk=upload.pk))
        raise MediaRefused(problem)


def _append(file: BinaryIO, piece: bytes, *, offset: int) -> None:
    # A piece written before a crash, and not noted, is overwritten.
    file.truncate(offset)
    file.seek(offset)
    try:
        _write_all(file.fileno(), piece)
        os.fdatasync(file.fileno())
    except OSError as error:
        with suppress(OSError):
            file.truncate(offset)
        if error.errno in FULL:
            raise StorageFull from error
        raise


def _write_all(descriptor: int, piece: bytes) -> None:
    rest = memoryview(piece)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


@transaction.atomic
def _note(upload: Upload, received: int, *, now: datetime) -> None:
    """Acknowledge bytes; the last one hands the file to the workers in the same transaction."""
    upload.received_bytes = received
    upload.finished_at = now if received == upload.total_bytes else None
    noted = Upload.objects.filter(pk=upload.pk).update(
        received_bytes=received,
        finished_at=upload.finished_at,
        expires_at=now + limits.UPLOAD_KEPT_FOR,
    )
    if not noted:  # cancelled, or expired, while this piece was on its way
        raise NoSuchUpload
    if upload.finished_at:
        editable = Post.objects.filter(pk=upload.post_id, status__in=EDITABLE)
        editable.update(status=Post.Status.PROCESSING, progress_percent=0)
        prepare.enqueue(upload.pk)
