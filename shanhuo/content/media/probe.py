"""What a film is, as ffmpeg's reader reports it.

There is no ffprobe beside the ffmpeg that pip brings, so its report is read line by line. Text of
the file itself (titles, places) is printed indented and behind a colon, so that it cannot pass for
a stream line.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from shanhuo.content.media import jail
from shanhuo.content.media.problems import MediaProblem, MediaRefused

LONGEST_SECONDS = 300
SMALLEST_SIDE = 32
PROBE_SECONDS = 15

_STREAM = re.compile(r"^  Stream #0:\d+[^:]*: (?P<kind>\w+): (?P<codec>\w+)(?P<rest>.*)$")
_DURATION = re.compile(r"^  Duration: (\d+):(\d+):(\d+)\.(\d+)")
_ROTATION = re.compile(r"^ +Display Matrix: rotation of (-?\d+)")
_PICTURE = re.compile(
    r", (?P<format>(?:yuvj?|gray|gbrp|rgb|nv)\w*)(?:\((?P<colour>[^)]*)\))?.*?"
    r", (?P<width>\d+)x(?P<height>\d+)"
)
_ASPECT = re.compile(r"SAR (\d+):(\d+)")
_RATE = re.compile(r", ([\d.]+)(k?) fps")
_HDR_TRANSFERS = ("smpte2084", "arib-std-b67")


@dataclass(frozen=True, slots=True)
class Film:
    """Width and height are those of the upright picture in square pixels, before any scaling."""

    duration_ms: int
    codec: str
    pixel_format: str
    width: int
    height: int
    frames_per_second: float
    is_hdr: bool
    audio_codec: str

    @property
    def can_be_copied(self) -> bool:
        """Every browser plays it as it is: only its container need be written anew."""
        eight_bit = self.pixel_format in ("yuv420p", "yuvj420p")
        return self.codec == "h264" and eight_bit and self.audio_codec in ("", "aac")


def probe(name: str, demuxer: str, *, folder: Path) -> Film:
    """Look into a film. Raises MediaRefused with what is wrong with it."""
    ran = jail.run(jail.reading(name, demuxer), folder=folder, wall_seconds=PROBE_SECONDS)
    return _checked(read_report(ran.report))


def read_report(report: str) -> Film:
    """The film that a report of `ffmpeg -i` describes. Raises MediaRefused."""
    lines = report.splitlines()
    streams = [match for line in lines if (match := _STREAM.match(line))]
    if not 0 < len(streams) < jail.MOST_STREAMS:
        raise MediaRefused(MediaProblem.DAMAGED)
    picture = _first(streams, "Video")
    if picture is None:
        raise MediaRefused(MediaProblem.NO_PICTURE)
    sizes = _PICTURE.search(picture["rest"])
    if sizes is None:
        raise MediaRefused(MediaProblem.UNKNOWN_CODEC)
    width, height = _upright(sizes, picture["rest"], _rotation(lines))
    audio = _first(streams, "Audio")
    return Film(
        duration_ms=_duration_ms(lines),
        codec=picture["codec"],
        pixel_format=sizes["format"],
        width=width,
        height=height,
        frames_per_second=_rate(picture["rest"]),
        is_hdr=any(transfer in (sizes["colour"] or "") for transfer in _HDR_TRANSFERS),
        audio_codec=audio["codec"] if audio else "",
    )


def _checked(film: Film) -> Film:
    if film.duration_ms > LONGEST_SECONDS * 1000:
        raise MediaRefused(MediaProblem.TOO_LONG)
    if film.width * film.height > jail.MOST_PIXELS:
        raise MediaRefused(MediaProblem.TOO_LARGE)
    if min(film.width, film.height) < SMALLEST_SIDE:
        raise MediaRefused(MediaProblem.TOO_SMALL)
    if film.codec not in jail.DECODERS and film.codec != "av1":
        raise MediaRefused(MediaProblem.UNKNOWN_CODEC)
    return film


def _first(streams: list[re.Match[str]], kind: str) -> re.Match[str] | None:
    wanted = (match for match in streams if match["kind"] == kind)
    return next((match for match in wanted if "(attached pic)" not in match["rest"]), None)


def _duration_ms(lines: list[str]) -> int:
    """0 if the container does not say, as in a recording that a browser streamed."""
    for line in lines:
        if match := _DURATION.match(line):
            hours, minutes, seconds, hundredths = map(int, match.groups())
            return ((hours * 60 + minutes) * 60 + seconds) * 1000 + hundredths * 10
    return 0


def _rotation(lines: list[str]) -> int:
    return next((int(match[1]) for line in lines if (match := _ROTATION.match(line))), 0)


def _upright(sizes: re.Match[str], rest: str, rotation: int) -> tuple[int, int]:
    width, height = int(sizes["width"]), int(sizes["height"])
    aspect = _ASPECT.search(rest)
    if aspect and int(aspect[1]) and int(aspect[2]):
        width = round(width * int(aspect[1]) / int(aspect[2]))
    return (height, width) if rotation % 180 else (width, height)


def _rate(rest: str) -> float:
    """0 if it is not known."""
    match = _RATE.search(rest)
    return float(match[1]) * (1000 if match[2] else 1) if match else 0.0
