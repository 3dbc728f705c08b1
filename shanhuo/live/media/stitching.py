"""Parts of a replay behind one another as one MP4: copied, not transcoded. Knows no table.

Each run of parts without a hole becomes a playlist of its own, and ffmpeg lays the runs end to end:
so the time between two takes is gone, as it is in the replay. The bytes are a stranger's: ffmpeg
opens them in its cage, which sees nothing but their second names in the working folder.
"""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from shanhuo.content.media import jail
from shanhuo.content.media.problems import MediaProblem, MediaRefused
from shanhuo.live.media.replay import Part, runs_of

FILM = "film.mp4"
MORE_FOR_INDEX = 1.2
INDEX_BYTES = 16 * 1024**2


def stitch(parts: Sequence[Part], *, desk: Path, within_s: float) -> Path:
    """`film.mp4` in `desk`, an empty folder. Its index stands first: a browser begins at once.

    Raises MediaRefused, FileNotFoundError (a part is gone).
    """
    lists = [_lay_out(run, desk, number) for number, run in enumerate(runs_of(list(parts)))]
    text = "".join(f"file {name}\n" for name in lists)
    (desk / "runs.txt").write_text(f"ffconcat version 1.0\n{text}")
    copied = ("-map", "0:v:0?", "-map", "0:a:0?", "-c", "copy", "-movflags", "+faststart")
    ran = jail.run(
        ["-v", "error", *jail.reading("runs.txt", "concat"), *copied, FILM],
        folder=desk,
        wall_seconds=within_s,
        file_bytes=round(bytes_of(parts) * MORE_FOR_INDEX) + INDEX_BYTES,
    )
    if ran.code or not (desk / FILM).is_file():
        raise MediaRefused(MediaProblem.DAMAGED)
    return desk / FILM


def bytes_of(parts: Sequence[Part]) -> int:
    """About as long as the film will be. Raises FileNotFoundError."""
    return sum(part.file.stat().st_size for part in parts)


def _lay_out(run: Sequence[Part], desk: Path, number: int) -> str:
    """The name of the playlist of one run; its files have second names beside it."""
    setup = _link(run[0].setup, desk / f"{number}-setup.mp4")
    longest = max(part.for_ms for part in run)
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", f"#EXT-X-TARGETDURATION:{-(-longest // 1000)}"]
    lines.append(f'#EXT-X-MAP:URI="{setup}"')
    for place, part in enumerate(run):
        name = _link(part.file, desk / f"{number}-{place}.m4s")
        lines += [f"#EXTINF:{part.for_ms / 1000:.3f},", name]
    playlist = f"{number}.m3u8"
    (desk / playlist).write_text("\n".join([*lines, "#EXT-X-ENDLIST", ""]))
    return playlist


def _link(source: Path, target: Path) -> str:
    """A second name for the same bytes; a copy where the disk cannot do that."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(source, target)
    return target.name
