"""What killed processes left behind, set right by a task that looks now and then."""

import shutil
from datetime import datetime
from pathlib import Path

from django.conf import settings

from shanhuo.content import limits
from shanhuo.content.media import shelf
from shanhuo.content.media.problems import MediaProblem
from shanhuo.content.models import Post, Upload
from shanhuo.content.services import processing
from shanhuo.content.services.preparing import prepare
from shanhuo.kernel import jobs


def tidy_files(*, now: datetime) -> None:
    """Remove work folders and upload files that belong to nobody; close and open public folders.

    A process killed between a commit and its rename leaves a post on the wrong shelf for an hour.
    """
    private: Path = settings.PRIVATE_DIR
    for folder in _older_than(private / "work", now - limits.WORK_KEPT_FOR):
        shutil.rmtree(folder, ignore_errors=True)
    living = set(Upload.objects.values_list("public_id", flat=True))
    for file in _older_than(private / "uploads", now - limits.WORK_KEPT_FOR):
        if file.stem not in living:
            file.unlink(missing_ok=True)
    _match_public_folders()


def park_failed_posts() -> int:
    """Tell the authors whose media were given up after the last attempt; returns how many."""
    parked = 0
    for (upload_id,) in jobs.dead_arguments(prepare):
        upload = Upload.objects.filter(pk=upload_id).first()
        if upload:
            processing.turn_media_down(post_id=upload.post_id, problem=MediaProblem.FAILED)
            shelf.upload_file(upload.public_id).unlink(missing_ok=True)
            parked += 1
    return parked


def _match_public_folders() -> None:
    shown = {folder.name for folder in (settings.MEDIA_DIR / "posts").glob("[!.]*")}
    published = Post.objects.filter(status=Post.Status.PUBLISHED)
    wanted = set(published.values_list("media_key", flat=True))
    for media_key in shown - wanted:
        shelf.hide(media_key)
    for media_key in wanted - shown:
        if shelf.private_folder(media_key).exists():
            shelf.show(media_key)


def _older_than(folder: Path, moment: datetime) -> list[Path]:
    limit = moment.timestamp()
    return [entry for entry in folder.glob("*") if entry.stat().st_mtime < limit]
