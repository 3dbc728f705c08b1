"""From the bytes of a finished upload to the files that are served.

Everything here may run late, twice, or be killed at any line: files appear by renaming, rows change
after the files, and the upload is forgotten last.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import file_digest
from pathlib import Path

from shanhuo.content.media import photo, probe, render, shelf, sniff
from shanhuo.content.media.problems import MediaProblem, MediaRefused
from shanhuo.content.models import Post, Upload
from shanhuo.content.services import processing
from shanhuo.kernel import clock, jobs

INPUT = "input"
QUICK = "quick.mp4"


@jobs.task()
def prepare(upload_id: int) -> None:
    """Turn a finished upload into renditions, or turn it down with a reason."""
    upload = Upload.objects.select_related("post").filter(pk=upload_id).first()
    if upload is None or not upload.finished_at:
        return
    try:
        if upload.post.kind == Post.Kind.CLIP:
            _prepare_clip(upload, now=clock.now())
        else:
            _prepare_photo(upload, now=clock.now())
    except MediaRefused as refusal:
        processing.turn_media_down(post_id=upload.post_id, problem=refusal.problem)
    shelf.upload_file(upload.public_id).unlink(missing_ok=True)


def play_at_once(upload: Upload) -> bool:
    """Put a playable copy of a finished film on its author's shelf; whether there is one now.

    Takes a fraction of a second, so that the request that brought the last byte can do it. What
    fails here fails again in `prepare`, which tells the author why.
    """
    with _work_on(upload) as folder:
        try:
            container = _container(folder / INPUT)
            copy = render.copy_quickly(INPUT, container.demuxer, folder=folder)
        except MediaRefused:
            return False
        if copy:
            shelf.add(copy, upload.post.media_key, QUICK)
        return copy is not None


def _prepare_clip(upload: Upload, *, now: datetime) -> None:
    def tell(percent: int) -> None:
        processing.note_progress(post_id=upload.post_id, percent=percent)

    with _work_on(upload) as folder:
        container = _container(folder / INPUT)
        film = probe.probe(INPUT, container.demuxer, folder=folder)
        rendered = render.render(INPUT, container.demuxer, film, folder=folder, on_progress=tell)
        digest = _digest(folder / INPUT)
        (folder / INPUT).unlink()
        shelf.place(folder, upload.post.media_key)
    processing.store_clip(
        post_id=upload.post_id,
        duration_ms=rendered.duration_ms,
        width=rendered.width,
        height=rendered.height,
        has_sound=bool(film.audio_codec),
        rungs=rendered.rungs,
        content_digest=digest,
        cover_fingerprint=rendered.cover_fingerprint,
        now=now,
    )


def _prepare_photo(upload: Upload, *, now: datetime) -> None:
    with _work_on(upload) as folder:
        drawn = photo.draw(folder / INPUT, folder=folder, position=upload.position)
        digest = _digest(folder / INPUT)
        (folder / INPUT).unlink()
        for file in folder.iterdir():
            shelf.add(file, upload.post.media_key, file.name)
    processing.store_photo(
        post_id=upload.post_id,
        position=upload.position,
        width=drawn.width,
        height=drawn.height,
        content_digest=digest,
        cover_fingerprint=drawn.fingerprint,
        now=now,
    )


@contextmanager
def _work_on(upload: Upload) -> Iterator[Path]:
    """A folder with nothing but the input; gone afterwards, unless it was put on the shelf."""
    source = shelf.upload_file(upload.public_id)
    if not source.exists():
        raise MediaRefused(MediaProblem.FAILED)
    folder = shelf.new_work_folder()
    try:
        # A second name, not a copy: the bytes of a long film are not written twice.
        (folder / INPUT).hardlink_to(source)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _container(file: Path) -> sniff.Container:
    with file.open("rb") as opened:
        container = sniff.container_of(opened.read(sniff.HEAD_BYTES))
    if container is None or not container.demuxer:
        raise MediaRefused(MediaProblem.UNKNOWN_TYPE)
    return container


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return file_digest(opened, "sha256").hexdigest()
