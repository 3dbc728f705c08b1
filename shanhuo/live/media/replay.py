"""The playlist of a replay, read back: which part of it shows which time. Knows no table."""

import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from shanhuo.content.media import cover, jail
from shanhuo.content.media import shelf as work
from shanhuo.content.media.problems import MediaRefused
from shanhuo.kernel import images
from shanhuo.live.media import takes
from shanhuo.live.timeline import Timeline

MASTER, COVER = "replay.m3u8", "cover.webp"
RUNGS = ("top", "480p", "audio")
SMALL_FIRST = ("480p", "top", "audio")
PICTURE_SECONDS = 20
_LENGTH = re.compile(r"#EXTINF:(\d+)(?:\.(\d+))?,")
_SETUP = re.compile(r'#EXT-X-MAP:URI="([\w./-]+)"')
_MOMENT = "#EXT-X-PROGRAM-DATE-TIME:"
_OVER = "#EXT-X-ENDLIST"


@dataclass(frozen=True, slots=True)
class Part:
    """A few seconds of pictures: when they were filmed, and the files that show them."""

    moment_ms: int
    for_ms: int
    setup: Path
    file: Path

    @property
    def until_ms(self) -> int:
        return self.moment_ms + self.for_ms


@dataclass(frozen=True, slots=True)
class Playlist:
    """`is_over`: nothing will be added to it."""

    parts: list[Part]
    is_over: bool

    @property
    def timeline(self) -> Timeline:
        return Timeline.of_parts((part.moment_ms, part.for_ms) for part in self.parts)


def public_folder(media_key: str) -> Path:
    """What everybody may fetch of a session."""
    folder: Path = settings.MEDIA_DIR / "live" / media_key
    return folder


def address_of(media_key: str, name: str = MASTER) -> str:
    return f"{settings.MEDIA_URL}live/{media_key}/{name}"


def read(folder: Path, rungs: Sequence[str] = RUNGS) -> Playlist:
    """The first of the rungs that has a replay, else the best; empty while there is none."""
    for rung in rungs:
        path = folder / rung / MASTER
        if path.is_file():
            return parse(path.read_text(), path.parent)
    return Playlist([], is_over=False)


def parse(text: str, folder: Path) -> Playlist:
    """A media playlist as the studio writes it; a file outside the session's folder is none."""
    lines = text.splitlines()
    inside = folder.parent.resolve()
    parts = [part for part in _parts(lines, folder) if part.file.is_relative_to(inside)]
    return Playlist(parts, is_over=_OVER in lines)


def _parts(lines: list[str], folder: Path) -> Iterator[Part]:
    setup, moment_ms, for_ms = folder, 0, 0
    for line in lines:
        if match := _SETUP.match(line):
            setup = (folder / match[1]).resolve()
        elif line.startswith(_MOMENT):
            moment = datetime.fromisoformat(line.removeprefix(_MOMENT))
            moment_ms = round(moment.timestamp() * 1000)
        elif match := _LENGTH.match(line):
            for_ms = int(match[1]) * 1000 + int((match[2] or "0").ljust(3, "0")[:3])
        elif line and not line.startswith("#"):
            yield Part(moment_ms, for_ms, setup, (folder / line).resolve())
            moment_ms += for_ms


def runs_of(parts: list[Part]) -> list[list[Part]]:
    """Parts that follow each other without a hole, from one camera: one film each."""
    runs: list[list[Part]] = []
    for part in parts:
        before = runs[-1][-1] if runs else None
        if before is None or (before.setup, before.until_ms) != (part.setup, part.moment_ms):
            runs.append([])
        runs[-1].append(part)
    return runs


def draw_cover(folder: Path, parts: list[Part]) -> bool:
    """The picture in the middle of the replay as `cover.webp|jpg`; False if there is none.

    The bytes are a stranger's: ffmpeg opens them in its cage.
    """
    middle = parts[len(parts) // 2]
    desk = work.new_work_folder()
    try:
        (desk / "part.mp4").write_bytes(middle.setup.read_bytes() + middle.file.read_bytes())
        still = ("-map", "0:v:0", "-frames:v", "1", "-update", "1", "still.png")
        jail.run(
            ["-v", "error", *jail.reading("part.mp4", "mov"), *still],
            folder=desk,
            wall_seconds=PICTURE_SECONDS,
        )
        if not (desk / "still.png").is_file():
            return False
        with (desk / "still.png").open("rb") as file:
            cover.draw(images.open_picture(file), folder)
        return True
    except (MediaRefused, FileNotFoundError):
        return False
    finally:
        shutil.rmtree(desk, ignore_errors=True)


def clip_path(media_key: str, explanation_id: int) -> Path:
    """The film of one explanation. It lies beside the replay, and goes where the replay goes."""
    return public_folder(media_key) / "clips" / f"{explanation_id}.mp4"


def film_path(session: str) -> Path:
    """The whole replay in one file, for those who made it."""
    return takes.folder_of(session) / "film.mp4"


def film_desk(session: str) -> Path:
    """Where that file is being made."""
    return takes.folder_of(session) / "film"


def take_away(media_key: str, session: str) -> None:
    """Nobody may fetch it any more, also not who knows the address. Safe to call twice."""
    folder, hidden = public_folder(media_key), _hidden(session)
    if folder.exists() and not hidden.exists():
        hidden.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.rename(hidden)


def bring_back(media_key: str, session: str) -> None:
    """As it was. Safe to call twice."""
    folder, hidden = public_folder(media_key), _hidden(session)
    if hidden.exists():
        # The room may have written its last words there meanwhile.
        shutil.rmtree(folder, ignore_errors=True)
        hidden.rename(folder)


def _hidden(session: str) -> Path:
    return takes.folder_of(session) / "withdrawn"
