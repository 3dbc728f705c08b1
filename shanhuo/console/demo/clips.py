"""Short upright clips made from the neutral CC0 pictures, so that the demo season has films."""

import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg

MEDIA_DIR = Path(__file__).parent / "media"
PICTURES = (
    "tea_gardens.jpg",
    "spices_market.jpg",
    "green_fields.jpg",
    "grapes.jpg",
    "chamomile.jpg",
    "lavender_field.jpg",
    "mountain_lake.jpg",
    "blue_flowers.jpg",
    "pier_sunset.jpg",
    "grapefruit_slice.jpg",
)
FILMS = ("flower.mp4", "stream.mp4")

WIDTH, HEIGHT, FRAMES_PER_S = 480, 854, 24
CORES = 2

# How the frame travels over a picture; `{s}` is the length of the clip in seconds.
_CAMERA = {
    "left_to_right": "x='(iw-ow)*t/{s}':y='(ih-oh)/2'",
    "right_to_left": "x='(iw-ow)*(1-t/{s})':y='(ih-oh)/2'",
    "rising": "x='(iw-ow)/2':y='(ih-oh)*(1-t/{s})'",
    "sinking": "x='(iw-ow)/3':y='(ih-oh)*t/{s}'",
}


@dataclass(frozen=True, slots=True)
class Recipe:
    """What one clip shows. The same recipe always gives the same picture stream."""

    source: str
    camera: str
    seconds: int
    hue_degrees: int


def recipes(count: int) -> list[Recipe]:
    """`count` recipes, no two alike, each source used about equally often."""
    sources = (*PICTURES, *FILMS)
    cameras = tuple(_CAMERA)
    return [
        Recipe(
            source=sources[number % len(sources)],
            camera=cameras[(number + number // len(sources)) % len(cameras)],
            seconds=5 + number % 4,
            hue_degrees=(number // len(sources)) * 7,
        )
        for number in range(count)
    ]


def make_clips(wanted: Sequence[Recipe], *, folder: Path) -> Iterator[Path]:
    """Write `0.mp4`, `1.mp4`, … into `folder`, in order; clips already there are kept."""
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(CORES) as pool:
        yield from pool.map(
            _make_clip, wanted, [folder / f"{number}.mp4" for number in range(len(wanted))]
        )


def _make_clip(recipe: Recipe, path: Path) -> Path:
    if path.exists():
        return path
    unfinished = path.with_suffix(".part.mp4")
    subprocess.run(  # noqa: S603 - a fixed program and arguments of our own
        [imageio_ffmpeg.get_ffmpeg_exe(), *_arguments(recipe), str(unfinished)],
        check=True,
        stdin=subprocess.DEVNULL,
    )
    return unfinished.replace(path)


def _arguments(recipe: Recipe) -> list[str]:
    is_film = recipe.source in FILMS
    camera = _CAMERA[recipe.camera].format(s=recipe.seconds)
    still = [] if is_film else ["loop=-1:1:0", f"setpts=N/{FRAMES_PER_S}/TB"]
    filters = [
        "scale=-2:960",
        *still,
        f"crop={WIDTH}:{HEIGHT}:{camera}",
        f"hue=h={recipe.hue_degrees}",
        "format=yuv420p",
    ]
    return [
        *("-nostdin", "-y", "-v", "error", "-threads", "1"),
        *(("-stream_loop", "3") if is_film else ()),
        *("-i", str(MEDIA_DIR / recipe.source)),
        # A breath of noise: phones would show a muted-speaker mark on a clip without sound.
        *("-f", "lavfi", "-i", "anoisesrc=color=brown:amplitude=0.02:sample_rate=44100:seed=1"),
        *("-map", "0:v", "-map", "1:a"),
        *("-vf", ",".join(filters), "-t", str(recipe.seconds), "-r", str(FRAMES_PER_S)),
        *("-c:v", "libx264", "-preset", "ultrafast", "-crf", "32"),
        *("-maxrate", "480k", "-bufsize", "480k", "-g", str(2 * FRAMES_PER_S)),
        *("-c:a", "aac", "-b:a", "32k", "-ac", "1"),
        *("-map_metadata", "-1", "-movflags", "+faststart"),
    ]
