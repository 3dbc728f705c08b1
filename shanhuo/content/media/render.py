"""A film for everybody: one decode, two sizes, HLS and MP4 of each, one cover.

Presets were chosen by measurement (bench/v1.py, docs/decisions): `superfast` with the look-ahead of
slower presets switched back on costs what `superfast` costs and looks like `veryfast`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from shanhuo.content.media import cover, jail
from shanhuo.content.media.probe import LONGEST_SECONDS, Film, read_report
from shanhuo.content.media.problems import MediaProblem, MediaRefused
from shanhuo.kernel import images

AUDIO_BITS = 80_000
KEYFRAME_SECONDS = 2
FASTEST_RATE = 30
QUICK_SECONDS = 20
# A film may end a little early by its own count; what is missing beyond that was never sent.
SHORTEST_SHARE = 0.9
SLACK_MS = 300
BROKEN_FRAMES_SHARE = 0.1
TOO_MANY_BROKEN_FRAMES = 69  # ffmpeg's exit code for it


@dataclass(frozen=True, slots=True)
class Rung:
    """One size on the ladder. `short_side` in pixels; bits per second are an upper bound."""

    name: str
    short_side: int
    long_side: int
    crf: int
    video_bits: int
    level: str
    codec: str  # as a playlist names it: H.264 High at `level`


RUNGS = (
    Rung("480p", 480, 1024, 27, 400_000, "3.1", "avc1.64001f"),
    Rung("720p", 720, 1536, 26, 1_800_000, "4.0", "avc1.640028"),
)


@dataclass(frozen=True, slots=True)
class Rendered:
    """What stands in the folder now. Sizes are those of the largest rung."""

    duration_ms: int
    width: int
    height: int
    rungs: tuple[str, ...]
    cover_fingerprint: str


def copy_quickly(name: str, demuxer: str, *, folder: Path) -> Path | None:
    """A playable copy within a moment, its streams untouched; None if they must be redone.

    Places, names of phones and every other track stay behind. The picture's own side notes (SEI)
    go, too: some cameras keep positions there. One run copies and reports what it copied: looking
    first would take as long again. Raises MediaRefused for what is no film at all.
    """
    copy = folder / "quick.mp4"
    arguments = [
        *("-v", "info", "-nostats", *jail.reading(name, demuxer)),
        *("-map", "0:v:0", "-map", "0:a:0?", "-c", "copy", "-bsf:v", "filter_units=remove_types=6"),
        *("-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact"),
        *("-movflags", "+faststart", copy.name),
    ]
    ran = jail.run(arguments, folder=folder, wall_seconds=QUICK_SECONDS)
    return copy if ran.code == 0 and read_report(ran.report).can_be_copied else None


def render(
    name: str,
    demuxer: str,
    film: Film,
    *,
    folder: Path,
    on_progress: Callable[[int], None] | None = None,
) -> Rendered:
    """Fill `folder` with all that is served of a film.

    on_progress: called with a percentage now and then. Raises MediaRefused if the film is damaged,
    breaks off, or takes too long; OSError if the disk is full or ffmpeg failed for its own reasons.
    """
    rungs = ladder(film)
    watch = _Watch(film.duration_ms, on_progress)
    ran = jail.run(
        render_arguments(name, demuxer, film),
        folder=folder,
        wall_seconds=60 + 8 * (film.duration_ms or LONGEST_SECONDS * 1000) / 1000,
        on_line=watch.read,
    )
    _judge(ran, film, reached_ms=watch.reached_ms)
    (folder / "master.m3u8").write_text(master_playlist(film, rungs))
    width, height = size_on(rungs[-1], film)
    return Rendered(
        duration_ms=watch.reached_ms,
        width=width,
        height=height,
        rungs=tuple(rung.name for rung in rungs),
        cover_fingerprint=_cover(folder / "cover.png", folder),
    )


def ladder(film: Film) -> tuple[Rung, ...]:
    """480p always; 720p if the film has more to show than 480p does."""
    small, large = RUNGS
    return (small, large) if min(film.width, film.height) > small.short_side else (small,)


def size_on(rung: Rung, film: Film) -> tuple[int, int]:
    """Even pixels of the film on a rung: shrunk to fit, never enlarged."""
    short, long = sorted((film.width, film.height))
    share = min(1.0, rung.short_side / short, rung.long_side / long)
    return _even(film.width * share), _even(film.height * share)


def render_arguments(name: str, demuxer: str, film: Film) -> list[str]:
    """One run of ffmpeg: read once, scale down the ladder, write everything."""
    rungs = ladder(film)
    arguments = [
        *("-v", "error", "-progress", "pipe:1", "-stats_period", "1"),
        *("-err_detect", "explode", "-max_error_rate", str(BROKEN_FRAMES_SHARE)),
        *("-t", str(LONGEST_SECONDS + 1), *jail.reading(name, demuxer)),
        *("-filter_complex", _graph(film, rungs)),
    ]
    for rung in rungs:
        arguments += ["-map", f"[{rung.name}]"]
    arguments += ["-map", "0:a:0?"]
    for index, rung in enumerate(rungs):
        arguments += _encoder(index, rung)
    return [
        *arguments,
        *("-c:a", "aac", "-b:a", str(AUDIO_BITS), "-ac", "2", "-ar", "44100"),
        *("-force_key_frames", f"expr:gte(t,n_forced*{KEYFRAME_SECONDS})", "-fps_mode", "vfr"),
        *("-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact"),
        *("-flags", "+global_header", "-f", "tee"),
        "|".join(part for index, rung in enumerate(rungs) for part in _files(index, rung)),
        *("-map", "[cover]", "-frames:v", "1", "-update", "1", "-map_metadata", "-1", "cover.png"),
    ]


def _graph(film: Film, rungs: tuple[Rung, ...]) -> str:
    """Largest size first; each smaller one is made from it, and the cover from the smallest."""
    width, height = size_on(rungs[-1], film)
    # Shrinking is the first thing: all that follows touches fewer pixels.
    first = [f"scale={width}:{height}:flags=bicubic:out_range=tv", "setsar=1"]
    if not 0 < film.frames_per_second <= FASTEST_RATE + 1:
        first.insert(0, f"fps={FASTEST_RATE}")
    if film.is_hdr:
        first += [
            *("zscale=t=linear:npl=203", "format=gbrpf32le", "tonemap=hable:desat=0"),
            "zscale=p=bt709:t=bt709:m=bt709:r=tv",
        ]
    chain = f"[0:v:0]{','.join([*first, 'format=yuv420p'])}"
    if len(rungs) == 1:
        return f"{chain},split=2[480p][c];[c]thumbnail=50[cover]"
    small_width, small_height = size_on(rungs[0], film)
    return (
        f"{chain},split=2[720p][s];"
        f"[s]scale={small_width}:{small_height}:flags=bicubic,split=2[480p][c];"
        "[c]thumbnail=50[cover]"
    )


def _encoder(index: int, rung: Rung) -> list[str]:
    options = {
        "c": "libx264",
        "preset": "superfast",
        "crf": rung.crf,
        "maxrate": rung.video_bits,
        "bufsize": rung.video_bits * 2,
        "profile": "high",
        "level": rung.level,
        "x264-params": "mbtree=1:rc-lookahead=10",
    }
    return [word for key, value in options.items() for word in (f"-{key}:v:{index}", str(value))]


def _files(index: int, rung: Rung) -> list[str]:
    streams = f"select='{index},a'"  # by number: a colon would need escaping twice
    segments = f"hls_time={KEYFRAME_SECONDS}:hls_playlist_type=vod:hls_segment_type=fmp4"
    return [
        f"[f=mp4:movflags=+faststart:{streams}]{rung.name}.mp4",
        f"[f=hls:{segments}:hls_flags=single_file:{streams}]{rung.name}.m3u8",
    ]


def master_playlist(film: Film, rungs: tuple[Rung, ...]) -> str:
    """The smallest rung first: a player begins with it."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:7"]
    for rung in rungs:
        width, height = size_on(rung, film)
        codecs = f"{rung.codec},mp4a.40.2" if film.audio_codec else rung.codec
        bits = rung.video_bits + (AUDIO_BITS if film.audio_codec else 0)
        lines += [
            f'#EXT-X-STREAM-INF:BANDWIDTH={bits},RESOLUTION={width}x{height},CODECS="{codecs}"',
            f"{rung.name}.m3u8",
        ]
    return "\n".join(lines) + "\n"


def _cover(source: Path, folder: Path) -> str:
    """Put the cover in place of the still `source`; returns its fingerprint."""
    with source.open("rb") as file:
        picture = images.open_picture(file)
    source.unlink()
    return cover.draw(picture, folder)


class _Watch:
    """Reads ffmpeg's progress lines."""

    def __init__(self, duration_ms: int, tell: Callable[[int], None] | None) -> None:
        self.reached_ms = 0
        self._duration_ms = duration_ms
        self._tell = tell

    def read(self, line: str) -> None:
        name, _, value = line.strip().partition("=")
        if name != "out_time_us" or not value.isdigit():
            return
        self.reached_ms = int(value) // 1000
        if self._tell and self._duration_ms:
            self._tell(min(99, self.reached_ms * 100 // self._duration_ms))


def _judge(ran: jail.Ran, film: Film, *, reached_ms: int) -> None:
    """Raise what a run means: a bad film, or a bad day of ours."""
    if ran.code == TOO_MANY_BROKEN_FRAMES:
        raise MediaRefused(MediaProblem.DAMAGED)
    if ran.code != 0:
        if "No space left" in ran.report:
            raise OSError("no space left for the renditions")
        raise MediaRefused(MediaProblem.DAMAGED) if reached_ms == 0 else OSError(ran.report[:300])
    if reached_ms > LONGEST_SECONDS * 1000:
        raise MediaRefused(MediaProblem.TOO_LONG)
    if reached_ms < film.duration_ms * SHORTEST_SHARE - SLACK_MS:
        raise MediaRefused(MediaProblem.CUT_SHORT)


def _even(length: float) -> int:
    return max(2, round(length / 2) * 2)
