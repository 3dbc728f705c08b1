"""Where the pictures of a session stand for everybody, and the playlists that name them.

    media/live/<key>/index.m3u8                master, the same for the whole session
    media/live/<key>/<rung>/index.m3u8         the last seconds of a rung, across takes
    media/live/<key>/<rung>/001-0.mp4          set-up of take 1; 001-00007.m4s its part 7
    media/live/<key>/replay.m3u8               everything, written when a take ends
    private/live/<session>/<key>/<rung>.jsonl  one line per part that is on the shelf

A part is there before its line, and its line before the playlist names it, so that a process that
is killed anywhere goes on behind the last line.
"""

import math
import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings

from shanhuo.live.media import takes

TOP, SMALL, SOUND = "top", "480p", "audio"
RUNGS = (TOP, SMALL, SOUND)
WINDOW_MS = 10_000
TARGET_S = 2
"""The length of a part that is announced, unless a camera makes longer ones."""
HOLE_MS = 150
SMALL_BITS, SOUND_BITS = 400_000, 96_000


class Line(msgspec.Struct, frozen=True):
    """One part of a rung. `home`: the rung whose file it is; `turn`: how many joints lie before it.

    at_ms: on the session's own clock, which began with its first take. resume: where in the file of
    the take a reader finds what comes after this part.
    """

    take: int
    number: int
    at_ms: int
    for_ms: int
    setup: int
    home: str
    turn: int = 0
    resume: int = 0

    @property
    def until_ms(self) -> int:
        return self.at_ms + self.for_ms

    @property
    def name(self) -> str:
        return part_name(self.take, self.number)

    @property
    def setup_name(self) -> str:
        return setup_name(self.take, self.setup)


_reader = msgspec.json.Decoder(Line)


def address_of(session: Any, *, is_rehearsal: bool = False) -> str:
    """The address of the master playlist of a session; it never changes."""
    key = session.rehearsal_key if is_rehearsal else session.media_key
    return f"{settings.MEDIA_URL}live/{key}/index.m3u8"


def public_folder(key: str) -> Path:
    """What everybody may fetch of a session."""
    folder: Path = settings.MEDIA_DIR / "live" / key
    return folder


def part_name(take: int, number: int) -> str:
    return f"{take:03d}-{number:05d}.m4s"


def setup_name(take: int, setup: int) -> str:
    return f"{take:03d}-{setup}.mp4"


def lines_of(session: str, key: str, rung: str) -> list[Line]:
    """Every part of a rung so far, oldest first. A line that was cut off by a crash is none."""
    try:
        text = _list_path(session, key, rung).read_bytes()
    except FileNotFoundError:
        return []
    return [_reader.decode(line) for line in text.split(b"\n")[:-1]]


class Rung:
    """One rung of one session: puts parts on the shelf and keeps its playlist."""

    def __init__(self, session: str, key: str, name: str, *, epoch: datetime) -> None:
        self.name = name
        self._folder = public_folder(key) / name
        self._list = _list_path(session, key, name)
        self._epoch = epoch
        self.lines = lines_of(session, key, name)
        self._cut_torn_line()

    def put_setup(self, take: int, setup: int, content: bytes) -> None:
        _write(self._folder / setup_name(take, setup), content)

    def setup_of(self, line: Line) -> bytes:
        """The set-up that a part on the shelf needs; empty if it is not there."""
        try:
            return (self._folder / line.setup_name).read_bytes()
        except FileNotFoundError:
            return b""

    def put(self, take: int, number: int, content: bytes) -> None:
        """The bytes of a part; nobody hears of it before `tell`."""
        _write(self._folder / part_name(take, number), content)

    def turn_at(self, take: int, setup: int, at_ms: int) -> int:
        """The turn of the next part: another one after a change of camera, of set-up, or a hole.

        Asked of the top rung for all of them: players that go from one rung to another look for
        the same turn there (RFC 8216, 6.2.4).
        """
        if not self.lines:
            return 0
        last = self.lines[-1]
        follows = (last.take, last.setup) == (take, setup) and at_ms - last.until_ms < HOLE_MS
        return last.turn + (not follows)

    def tell(self, line: Line) -> None:
        """Name a part that is on the shelf."""
        takes.require_room(self._list.parent)
        try:
            with self._list.open("ab") as file:
                file.write(msgspec.json.encode(line) + b"\n")
        except OSError as error:
            self._cut_torn_line()
            raise takes.as_full(error) from error
        self.lines.append(line)
        self.write_playlist()

    def write_playlist(self, *, is_over: bool = False) -> None:
        text = playlist(self.name, self.lines, epoch=self._epoch, is_over=is_over)
        _write(self._folder / "index.m3u8", text.encode())

    def write_replay(self, *, is_over: bool) -> None:
        text = playlist(self.name, self.lines, epoch=self._epoch, is_over=is_over, window_ms=0)
        _write(self._folder / "replay.m3u8", text.encode())

    def last_of(self, take: int) -> Line | None:
        """The newest part of a take."""
        return next((line for line in reversed(self.lines) if line.take == take), None)

    def _cut_torn_line(self) -> None:
        """What a crash left half written would spoil the next line."""
        self._list.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            text = self._list.read_bytes()
            os.truncate(self._list, text.rfind(b"\n") + 1)


def playlist(
    rung: str, lines: Sequence[Line], *, epoch: datetime, is_over: bool, window_ms: int = WINDOW_MS
) -> str:
    """A media playlist (RFC 8216) of the last parts, or of all of them."""
    longest = max((line.for_ms for line in lines), default=0)
    target_s = max(TARGET_S, math.ceil(longest / 1000))
    shown = lines if is_over or not window_ms else _last(lines, max(window_ms, 3000 * target_s))
    text = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{target_s}",
        f"#EXT-X-MEDIA-SEQUENCE:{len(lines) - len(shown)}",
        f"#EXT-X-DISCONTINUITY-SEQUENCE:{shown[0].turn if shown else 0}",
    ]
    before: Line | None = None
    for line in shown:
        text += _entry(rung, line, before, epoch)
        before = line
    if is_over:
        text.append("#EXT-X-ENDLIST")
    return "\n".join(text) + "\n"


def _last(lines: Sequence[Line], window_ms: int) -> Sequence[Line]:
    """As many of the newest as fill the window: players need three target durations (6.2.2)."""
    first, filled_ms = len(lines), 0
    while first and filled_ms < window_ms:
        first -= 1
        filled_ms += lines[first].for_ms
    return lines[first:]


def _entry(rung: str, line: Line, before: Line | None, epoch: datetime) -> list[str]:
    """What follows without a hole has the time that follows, and needs not say so."""
    home = "" if line.home == rung else f"../{line.home}/"
    text = []
    if before is not None and before.turn != line.turn:
        text.append("#EXT-X-DISCONTINUITY")
    if before is None or (before.home, before.setup_name) != (line.home, line.setup_name):
        text.append(f'#EXT-X-MAP:URI="{home}{line.setup_name}"')
    if before is None or before.turn != line.turn or before.until_ms != line.at_ms:
        moment = epoch + timedelta(milliseconds=line.at_ms)
        text.append(f"#EXT-X-PROGRAM-DATE-TIME:{moment.isoformat(timespec='milliseconds')}")
    return [*text, f"#EXTINF:{line.for_ms / 1000:.3f},", f"{home}{line.name}"]


def write_master(
    key: str, *, codec: str, size: tuple[int, int], bits: int, has_sound: bool
) -> None:
    """Written with the first part; players that have it never ask again, so it stays."""
    folder = public_folder(key)
    if (folder / "index.m3u8").exists():
        return
    for name in ("index.m3u8", "replay.m3u8"):
        text = master(name, codec=codec, size=size, bits=bits, has_sound=has_sound)
        _write(folder / name, text.encode())


def master(name: str, *, codec: str, size: tuple[int, int], bits: int, has_sound: bool) -> str:
    """The smallest picture first: a player begins with it."""
    sound = ",mp4a.40.2" if has_sound else ""
    width, height = small_size(size)
    text = [
        *("#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"),
        f"#EXT-X-STREAM-INF:BANDWIDTH={SMALL_BITS},RESOLUTION={width}x{height},"
        f'CODECS="avc1.64001f{sound}"',
        f"{SMALL}/{name}",
        f"#EXT-X-STREAM-INF:BANDWIDTH={max(bits, SMALL_BITS + 1)},RESOLUTION={size[0]}x{size[1]},"
        f'CODECS="{codec}{sound}"',
        f"{TOP}/{name}",
    ]
    if has_sound:
        text += [f'#EXT-X-STREAM-INF:BANDWIDTH={SOUND_BITS},CODECS="mp4a.40.2"', f"{SOUND}/{name}"]
    return "\n".join(text) + "\n"


def small_size(size: tuple[int, int]) -> tuple[int, int]:
    """The 480p of a picture: even, and never enlarged."""
    share = min(1.0, 480 / max(1, min(size)))
    return max(2, round(size[0] * share / 2) * 2), max(2, round(size[1] * share / 2) * 2)


def _list_path(session: str, key: str, rung: str) -> Path:
    return takes.folder_of(session) / key / f"{rung}.jsonl"


def _write(path: Path, content: bytes) -> None:
    """All of it under its name, or nothing. Raises takes.DiskFull."""
    path.parent.mkdir(parents=True, exist_ok=True)
    takes.require_room(path.parent)
    copy = path.with_name(f".{path.name}")
    try:
        copy.write_bytes(content)
        copy.replace(path)
    except OSError as error:
        copy.unlink(missing_ok=True)
        raise takes.as_full(error) from error
