"""Writes fragmented MP4 (ISO/IEC 14496-12, 14496-15): what browsers play, piece by piece.

Pictures and sounds go in as they are; nothing is decoded, so a session costs next to nothing.
"""

import struct
from collections.abc import Sequence

from shanhuo.live.media.frames import UPRIGHT, Frame, PictureSetup, Sound, SoundSetup, Turn

SAMPLES = 1024
PICTURE_TRACK, SOUND_TRACK = 1, 2
MS = 1000
_KEY, _NOT_KEY = 0x02000000, 0x01010000


def setup(picture: PictureSetup | None, sound: SoundSetup | None) -> bytes:
    """The initialisation segment: what a player must have before any part."""
    tracks, defaults = b"", b""
    if picture is not None:
        tracks += _picture_track(picture)
        defaults += _full(b"trex", 0, 0, struct.pack(">5I", PICTURE_TRACK, 1, 0, 0, 0))
    if sound is not None:
        tracks += _sound_track(sound)
        defaults += _full(b"trex", 0, 0, struct.pack(">5I", SOUND_TRACK, 1, SAMPLES, 0, _KEY))
    times = struct.pack(">4IIH10x", 0, 0, MS, 0, 0x10000, 0x100)
    movie = _full(b"mvhd", 0, 0, times + _matrix(UPRIGHT) + bytes(24) + b"\0\0\0\3")
    brands = _box(b"ftyp", b"iso6\0\0\0\1iso6cmfcmp41")
    return brands + _box(b"moov", movie + tracks + _box(b"mvex", defaults))


def part(
    number: int,
    *,
    frames: Sequence[Frame] = (),
    until_ms: int = 0,
    sounds: Sequence[Sound] = (),
    sound_start: int = 0,
) -> bytes:
    """A media segment. until_ms: when the last picture is over; sound_start: in samples."""
    runs: list[tuple[bytes, bytes, bytes]] = []
    if frames:
        runs.append(_picture_run(frames, until_ms))
    if sounds:
        runs.append(_sound_run(sounds, sound_start))
    head = _full(b"mfhd", 0, 0, struct.pack(">I", number))
    # The length of a run does not depend on the offset in it: measure first, then write it.
    size = 8 + len(head) + sum(len(_fragment(lead, table, 0)) for lead, table, _ in runs)
    offset = size + 8
    body = head
    for lead, table, data in runs:
        body += _fragment(lead, table, offset)
        offset += len(data)
    return _box(b"moof", body) + _box(b"mdat", b"".join(data for *_, data in runs))


def _picture_run(frames: Sequence[Frame], until_ms: int) -> tuple[bytes, bytes, bytes]:
    ends = [frame.at_ms for frame in frames[1:]] + [until_ms]
    table = b"".join(
        struct.pack(
            ">IIIi",
            max(1, end - frame.at_ms),
            len(frame.data),
            _KEY if frame.is_key else _NOT_KEY,
            frame.shift_ms,
        )
        for frame, end in zip(frames, ends, strict=True)
    )
    lead = _track_lead(PICTURE_TRACK, frames[0].at_ms)
    # Version 1: a picture may be shown before its time of decoding.
    head = struct.pack(">BBH", 1, 0, 0x0F01) + struct.pack(">I", len(frames))
    return lead, head + table, b"".join(frame.data for frame in frames)


def _sound_run(sounds: Sequence[Sound], start: int) -> tuple[bytes, bytes, bytes]:
    table = b"".join(struct.pack(">I", len(sound.data)) for sound in sounds)
    head = struct.pack(">BBH", 0, 0, 0x0201) + struct.pack(">I", len(sounds))
    return _track_lead(SOUND_TRACK, start), head + table, b"".join(one.data for one in sounds)


def _track_lead(track: int, start: int) -> bytes:
    lead = _full(b"tfhd", 0, 0x020000, struct.pack(">I", track))
    return lead + _full(b"tfdt", 1, 0, struct.pack(">Q", start))


def _fragment(lead: bytes, table: bytes, offset: int) -> bytes:
    run = table[:8] + struct.pack(">i", offset) + table[8:]
    return _box(b"traf", lead + _box(b"trun", run))


def _picture_track(picture: PictureSetup) -> bytes:
    width, height = picture.size
    entry = struct.pack(">6xH16xHH", 1, width, height) + struct.pack(
        ">IIIH", 0x480000, 0x480000, 0, 1
    )
    entry += bytes(32) + struct.pack(">Hh", 24, -1) + _box(b"avcC", picture.record)
    return _track(
        PICTURE_TRACK,
        timescale=MS,
        handler=b"vide",
        media_head=_full(b"vmhd", 0, 1, bytes(8)),
        entry=_box(b"avc1", entry),
        size=(width, height),
        turn=picture.turn,
    )


def _sound_track(sound: SoundSetup) -> bytes:
    entry = struct.pack(">6xH8xHHI", 1, sound.channels, 16, 0)
    entry += struct.pack(">I", sound.rate << 16 & 0xFFFFFFFF) + _sound_setup(sound)
    return _track(
        SOUND_TRACK,
        timescale=sound.rate,
        handler=b"soun",
        media_head=_full(b"smhd", 0, 0, bytes(4)),
        entry=_box(b"mp4a", entry),
        size=(0, 0),
    )


def _sound_setup(sound: SoundSetup) -> bytes:
    """An `esds` box (ISO/IEC 14496-1, 7.2.6)."""
    specific = _descriptor(5, sound.record)
    decoder = _descriptor(4, b"\x40\x15" + bytes(11) + specific)
    return _full(b"esds", 0, 0, _descriptor(3, b"\0\1\0" + decoder + _descriptor(6, b"\2")))


def _descriptor(tag: int, content: bytes) -> bytes:
    return bytes([tag, len(content)]) + content


def _track(
    number: int,
    *,
    timescale: int,
    handler: bytes,
    media_head: bytes,
    entry: bytes,
    size: tuple[int, int],
    turn: Turn = UPRIGHT,
) -> bytes:
    volume = 0x100 if handler == b"soun" else 0
    head = struct.pack(">5I8xHHHH", 0, 0, number, 0, 0, 0, 0, volume, 0)
    head += _matrix(turn) + struct.pack(">II", size[0] << 16, size[1] << 16)
    tables = _full(b"stsd", 0, 0, struct.pack(">I", 1) + entry)
    for name in (b"stts", b"stsc", b"stco"):
        tables += _full(name, 0, 0, bytes(4))
    tables += _full(b"stsz", 0, 0, bytes(8))
    here = _box(b"dinf", _full(b"dref", 0, 0, struct.pack(">I", 1) + _full(b"url ", 0, 1, b"")))
    media = _full(b"mdhd", 0, 0, struct.pack(">4IHH", 0, 0, timescale, 0, 0x55C4, 0))
    media += _full(b"hdlr", 0, 0, bytes(4) + handler + bytes(12) + b"\0")
    media += _box(b"minf", media_head + here + _box(b"stbl", tables))
    return _box(b"trak", _full(b"tkhd", 0, 3, head) + _box(b"mdia", media))


def _matrix(turn: Turn) -> bytes:
    a, b, c, d = (value << 16 for value in turn)
    return struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 0x40000000)


def _full(name: bytes, version: int, flags: int, content: bytes) -> bytes:
    return _box(name, bytes([version]) + flags.to_bytes(3) + content)


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + name + content
