"""Cuts what comes in frame by frame into parts that can each be watched from their beginning."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from shanhuo.live.media import fmp4
from shanhuo.live.media.flv import Piece
from shanhuo.live.media.frames import Damaged, Frame, PictureSetup, Sound, SoundSetup

SHORTEST_MS = 400
"""Two keyframes closer than this begin one part, not two."""
LONGEST_MS = 10_000
"""A camera that makes no keyframe for so long is cut all the same."""
SOUND_LATE_MS = 60
SOUND_WAIT_S = 0.4
"""Sound goes through an encoder and comes a little later; it is waited for, but not for long."""
FIRST_SOUND_S = 4.0
"""Longer for the very first: what a session begins with is announced for all of it."""
LARGEST_BYTES = 48 * 1024 * 1024
JUMP_MS = 120
ROUNDING_MS = 2
SEAM_MS = 1200
"""A camera that is late with the first picture of a part by less leaves no hole before it: that one
is shown a little earlier. Otherwise an hour would be longer than the sum of its parts."""


@dataclass(frozen=True, slots=True)
class Part:
    """Something that can be watched: times on the session's own clock."""

    at_ms: int
    until_ms: int
    picture: PictureSetup
    sound: SoundSetup | None
    frames: list[Frame]
    sounds: list[Sound]
    sound_start: int
    is_whole: bool

    @property
    def for_ms(self) -> int:
        return self.until_ms - self.at_ms


@dataclass(slots=True)
class Cutter:
    """Frames in, parts out. `has_sound`: whether sound is to be expected."""

    has_sound: bool
    offset_ms: int
    until_ms: int = 0
    picture: PictureSetup | None = None
    sound: SoundSetup | None = None
    _frames: list[Frame] = field(default_factory=list)
    _sounds: list[Sound] = field(default_factory=list)
    _cuts: list[tuple[int, float]] = field(default_factory=list)
    _ends: list[tuple[int, int]] = field(default_factory=list)
    _heard_ms: int = -1
    _next_sample: int | None = None
    _bytes: int = 0

    def push(self, piece: Piece, *, now: float) -> None:
        """Take one piece. `now`: seconds of a clock that only runs forward."""
        if isinstance(piece, PictureSetup):
            self.picture = piece
        elif isinstance(piece, SoundSetup):
            self.sound = piece
            self.has_sound = True
        elif isinstance(piece, Frame):
            self._see(piece, now)
        else:
            self._heard_ms = piece.at_ms + self.offset_ms
            self._sounds.append(Sound(self._heard_ms, piece.data))
            self._weigh(len(piece.data))

    def expect_end(self, last_ms: int, at_ms: int) -> None:
        """After the picture of `last_ms` comes a keyframe: no need to wait for it."""
        self._ends.append((last_ms + self.offset_ms, at_ms + self.offset_ms))

    def ready(self, *, now: float) -> Iterator[Part]:
        """Parts that are complete."""
        while self._cuts:
            at_ms, noted = self._cuts[0]
            late = self.has_sound and self._heard_ms < at_ms - SOUND_LATE_MS
            if late and now - noted < (SOUND_WAIT_S if self.sound else FIRST_SOUND_S):
                return
            del self._cuts[0]
            if part := self._take(at_ms):
                yield part

    def rest(self) -> Iterator[Part]:
        """What is left when nothing more comes."""
        if self._frames:
            times = [frame.at_ms for frame in self._frames]
            usual = (times[-1] - times[0]) // max(1, len(times) - 1) or 33
            self._cuts.append((times[-1] + min(usual, 200), 0.0))
        yield from self.ready(now=math.inf)

    def _see(self, frame: Frame, now: float) -> None:
        # A group may announce its end a little late: what follows it follows it all the same.
        at_ms = max(
            frame.at_ms + self.offset_ms, self._cuts[-1][0] if self._cuts else self.until_ms
        )
        if not self._frames and not frame.is_key:
            return  # nothing can be shown before a keyframe
        if self._frames:
            at_ms = max(at_ms, self._frames[-1].at_ms + 1)
            if frame.is_key or at_ms - self._start_ms >= LONGEST_MS:
                self._cut(at_ms, now)
        self._frames.append(Frame(at_ms, frame.data, frame.is_key, frame.shift_ms))
        self._weigh(len(frame.data))
        while self._ends and at_ms >= self._ends[0][0] - ROUNDING_MS:
            self._cut(self._ends.pop(0)[1], now)

    @property
    def _start_ms(self) -> int:
        return self._cuts[-1][0] if self._cuts else self._frames[0].at_ms

    def _cut(self, at_ms: int, now: float) -> None:
        if self._frames and at_ms - self._start_ms >= SHORTEST_MS:
            self._cuts.append((at_ms, now))

    def _weigh(self, count: int) -> None:
        self._bytes += count
        if self._bytes > LARGEST_BYTES:
            raise Damaged("a part without end")

    def _take(self, until_ms: int) -> Part | None:
        frames = [frame for frame in self._frames if frame.at_ms < until_ms]
        sounds = [sound for sound in self._sounds if sound.at_ms < until_ms]
        if self.picture is None or not frames:
            return None
        if 0 < frames[0].at_ms - self.until_ms < SEAM_MS:
            frames[0] = replace(frames[0], at_ms=self.until_ms)
        self._frames = self._frames[len(frames) :]
        self._sounds = self._sounds[len(sounds) :]
        self._bytes = sum(len(frame.data) for frame in self._frames)
        self._bytes += sum(len(sound.data) for sound in self._sounds)
        self.until_ms = until_ms
        return Part(
            at_ms=frames[0].at_ms,
            until_ms=until_ms,
            picture=self.picture,
            sound=self.sound,
            frames=frames,
            sounds=sounds if self.sound else [],
            sound_start=self._place(sounds),
            is_whole=frames[0].is_key,
        )

    def _place(self, sounds: list[Sound]) -> int:
        """The first sample of a run. Counted, because times in whole ms would click; found anew
        where the sound jumps."""
        if not sounds or self.sound is None:
            return 0
        rate = self.sound.rate
        start = max(0, sounds[0].at_ms * rate // 1000)
        if (
            self._next_sample is not None
            and abs(start - self._next_sample) < JUMP_MS * rate // 1000
        ):
            start = self._next_sample
        self._next_sample = start + len(sounds) * fmp4.SAMPLES
        return start
