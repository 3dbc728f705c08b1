"""Where files lie.

    private/uploads/<id>.part        bytes on their way in
    private/work/<random>/           one ffmpeg run: its input, its output, nothing else
    private/posts/<media key>/       what became of them, for the author and the reviewers
    media/posts/<media key>/         the same files once the post is published, for everybody

A folder appears whole or not at all: it is filled under another name and renamed.
"""

import os
import shutil
from pathlib import Path

from django.conf import settings

from shanhuo.kernel.ids import new_public_id

# Before this a page asks who is looking: the author, or a reviewer.
PRIVATE_URL = "/private-media/"


def upload_file(upload_id: str) -> Path:
    """The file that an upload grows in."""
    return _folder("uploads") / f"{upload_id}.part"


def new_work_folder() -> Path:
    """An empty folder of its own for one run; the caller removes it."""
    folder = _folder("work") / new_public_id()
    folder.mkdir(mode=0o700)
    return folder


def private_folder(media_key: str) -> Path:
    """The finished files of a post."""
    return _folder("posts") / media_key


def public_folder(media_key: str) -> Path:
    """The same files where everybody may fetch them, while the post is published."""
    return settings.MEDIA_DIR / "posts" / media_key


def place(work: Path, media_key: str) -> None:
    """Move finished files onto the private shelf, in place of what was there."""
    _swap(work, private_folder(media_key))


def add(file: Path, media_key: str, name: str) -> None:
    """Put one finished file beside the others."""
    folder = private_folder(media_key)
    folder.mkdir(parents=True, exist_ok=True)
    file.replace(folder / name)


def show(media_key: str) -> None:
    """Open the files to everybody. Safe to call twice."""
    target = public_folder(media_key)
    copy = target.with_name(f".{media_key}.{new_public_id()}")
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(private_folder(media_key), copy, copy_function=_link)
    _swap(copy, target)


def hide(media_key: str) -> None:
    """Close them again, all at once. Safe to call twice."""
    _remove(public_folder(media_key))


def discard(media_key: str) -> None:
    """Remove every file of a post."""
    hide(media_key)
    _remove(private_folder(media_key))


def _folder(name: str) -> Path:
    folder: Path = settings.PRIVATE_DIR / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _link(source: str, target: str) -> None:
    """A second name for the same bytes; a copy where the disk cannot do that."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _swap(new: Path, target: Path) -> None:
    _remove(target)
    new.rename(target)


def _remove(folder: Path) -> None:
    if not folder.exists():
        return
    # Renaming first: a reader finds all of the folder or none of it.
    doomed = folder.with_name(f".{folder.name}.{new_public_id()}")
    folder.rename(doomed)
    shutil.rmtree(doomed, ignore_errors=True)
