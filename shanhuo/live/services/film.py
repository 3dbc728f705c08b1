"""Films made of a replay: all of it as one file for those who made it, and a clip of each product.

The whole is made once, when somebody asks for it: it is as large as the replay. It is not public:
what was handed out cannot be taken back, and a replay can. With the replay it is withdrawn.
"""

import shutil
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shanhuo.content.media.problems import MediaRefused
from shanhuo.kernel.errors import Refusal
from shanhuo.live import rules
from shanhuo.live.media import replay as media
from shanhuo.live.media import stitching, takes
from shanhuo.live.models import Explanation, Replay, Session
from shanhuo.live.services.replay import NotYours

if TYPE_CHECKING:
    from shanhuo.people.models import User

FILM_WITHIN_S = 1800.0
CLIP_WITHIN_S = 60.0
DISK_FULL = "disk_full"


class NoReplay(Refusal):
    code = "no_replay"
    status = 409
    message = _("There is no replay, or it was withdrawn.")


@transaction.atomic
def ask(*, session_id: int, by: "User", now: datetime) -> bool:
    """Have the whole replay made into one file. False where it is made, or being made.

    Raises NotYours, NoReplay.
    """
    session = Session.objects.get(pk=session_id)
    if not rules.can_withdraw_replay(by, session):
        raise NotYours
    row = Replay.objects.select_for_update(no_key=True).filter(session=session).first()
    if row is None or row.withdrawn_at:
        raise NoReplay
    waits = row.film_asked_at is not None and not row.film_problem
    if row.file_bytes is not None or waits:
        return False
    Replay.objects.filter(pk=row.pk).update(film_asked_at=now, film_problem="", film_of_bytes=None)
    return True


def make(*, session_id: int) -> None:
    """Write the file that was asked for. Safe to run twice, and after a kill."""
    row = Replay.objects.select_related("session").get(session=session_id)
    if row.film_asked_at is None or row.file_bytes is not None:
        return
    session = row.session.public_id
    desk = media.film_desk(session)
    shutil.rmtree(desk, ignore_errors=True)
    try:
        desk.mkdir(mode=0o700, parents=True)
        size = _make(row, desk)
    except (MediaRefused, OSError) as error:
        _note(row, film_problem=_problem_of(error))
    else:
        # Withdrawn meanwhile: nobody waits for the film any more.
        if not _note(row, file_bytes=size):
            media.film_path(session).unlink(missing_ok=True)
    finally:
        shutil.rmtree(desk, ignore_errors=True)


def cut_clips(*, session_id: int) -> None:
    """A film of each explanation that the replay shows. Safe to run twice."""
    session = Session.objects.get(pk=session_id)
    playlist = media.read(media.public_folder(session.media_key), media.SMALL_FIRST)
    for row in Explanation.objects.filter(item__session=session, ended_at__isnull=False):
        begun, ended = _ms(row.started_at), _ms(row.ended_at or row.started_at)
        parts = [
            part for part in playlist.parts if part.until_ms > begun and part.moment_ms < ended
        ]
        path = media.clip_path(session.media_key, row.pk)
        if parts and not path.is_file():
            _cut(parts, path)


def _cut(parts: list[media.Part], path: Path) -> None:
    """Parts that cannot be a film leave no clip: the page then leads into the replay."""
    if not takes.has_room(path.parent.parent):
        return
    path.parent.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=path.parent, prefix=".") as desk:
        try:
            stitching.stitch(parts, desk=Path(desk), within_s=CLIP_WITHIN_S).rename(path)
        except (MediaRefused, FileNotFoundError):
            return


def _make(row: Replay, desk: Path) -> int:
    parts = media.read(media.public_folder(row.session.media_key)).parts
    total = stitching.bytes_of(parts)
    _note(row, film_of_bytes=total)
    if shutil.disk_usage(desk).free < total + takes.RESERVE_BYTES:
        raise takes.DiskFull
    film = stitching.stitch(parts, desk=desk, within_s=FILM_WITHIN_S)
    size = film.stat().st_size
    film.rename(media.film_path(row.session.public_id))
    return size


def _problem_of(error: MediaRefused | OSError) -> str:
    if isinstance(error, MediaRefused):
        return str(error.problem.value)
    return DISK_FULL if isinstance(takes.as_full(error), takes.DiskFull) else "failed"


def _note(row: Replay, **columns: object) -> bool:
    """Write it down while somebody waits for the film; whether somebody does."""
    waiting = Q(pk=row.pk, withdrawn_at=None, film_asked_at__isnull=False)
    return bool(Replay.objects.filter(waiting).update(**columns))


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
