"""Boxes, tags, chunks and playlists: exact bytes in, exact bytes out, and attacks on each."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from shanhuo.live.media import flv, fmp4, rtmp, shelf, takes
from shanhuo.live.media.cutting import Cutter
from shanhuo.live.media.frames import Damaged, Frame, PictureSetup, Sound, SoundSetup
from shanhuo.live.media.shelf import Line
from shanhuo.live.media.sources import Mp4Source, children
from tests.live import hls

# 1280x720, High, as x264 writes it; and AAC-LC, 44.1 kHz, mono.
PICTURE = PictureSetup(
    bytes.fromhex(
        "0164001fffe1001a6764001facd940500 5bb0110000003001000000303c0f1831960010006"
        "68ebe3cb22c0".replace(" ", "")
    )
)
SOUND = SoundSetup(bytes.fromhex("1208"))
EPOCH = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)


def picture(at_ms: int, *, is_key: bool = False) -> Frame:
    return Frame(at_ms, b"\0\0\0\1p", is_key)


def cut(*frames: Frame, cutter: Cutter | None = None) -> list[tuple[int, int, int]]:
    cutter = cutter or Cutter(has_sound=False, offset_ms=0)
    cutter.push(PICTURE, now=0)
    for frame in frames:
        cutter.push(frame, now=0)
    return [(part.at_ms, part.until_ms, len(part.frames)) for part in cutter.ready(now=0)]


def test_set_up_says_size_codec_and_rate() -> None:
    assert (PICTURE.codec, PICTURE.size, PICTURE.plays_in_browsers) == (
        "avc1.64001f",
        (1280, 720),
        True,
    )
    assert (SOUND.rate, SOUND.channels) == (44_100, 1)
    assert not PictureSetup(b"\1\x6e" + PICTURE.record[2:]).plays_in_browsers  # High 10


def test_a_part_begins_with_a_keyframe_and_ends_before_the_next() -> None:
    stream = [picture(at, is_key=at % 1000 == 0) for at in range(0, 2500, 500)]
    assert cut(picture(-40), *stream) == [(0, 1000, 2), (1000, 2000, 2)]


def test_keyframes_that_come_too_often_do_not_make_more_parts() -> None:
    stream = [picture(at, is_key=True) for at in range(0, 1100, 150)]
    assert [length for *_, length in cut(*stream)] == [3, 3]


def test_an_announced_end_needs_no_next_keyframe() -> None:
    cutter = Cutter(has_sound=False, offset_ms=0)
    cutter.expect_end(960, 1000)
    stream = [picture(0, is_key=True), picture(500), picture(960)]
    assert cut(*stream, cutter=cutter) == [(0, 1000, 3)]


def test_sound_that_is_late_is_waited_for_but_not_for_ever() -> None:
    cutter = Cutter(has_sound=True, offset_ms=0, sound=SOUND)
    assert cut(picture(0, is_key=True), picture(1000, is_key=True), cutter=cutter) == []
    assert len(list(cutter.ready(now=1.0))) == 1


def test_a_camera_without_keyframes_is_cut_all_the_same_and_bounded() -> None:
    stream = [picture(at, is_key=at == 0) for at in range(0, 25_000, 1000)]
    assert [until for _, until, _ in cut(*stream)] == [10_000, 20_000]
    with pytest.raises(Damaged):
        cut(*(Frame(at, bytes(5_000_000), is_key=at == 0) for at in range(20)))


def test_sound_is_placed_by_counting_and_found_anew_after_a_hole() -> None:
    cutter = Cutter(has_sound=True, offset_ms=0)
    cutter.push(SOUND, now=0)
    cutter.push(PICTURE, now=0)
    for at in (0, 1000, 2000, 3000):
        cutter.push(picture(at, is_key=True), now=0)
        if at != 1000:
            cutter.push(Sound(at + 23, b"s"), now=0)
    starts = [(part.sound_start, len(part.sounds)) for part in cutter.ready(now=9)]
    assert starts == [(23 * 44_100 // 1000, 1), (0, 0), (2023 * 44_100 // 1000, 1)]


def test_tags_survive_being_torn_apart() -> None:
    file = flv.HEADER
    file += flv.write_tag(flv.PICTURE, 0, b"\x17\0\0\0\0" + PICTURE.record)
    file += flv.write_tag(flv.PICTURE, 2**24 + 7, b"\x17\1\0\0\x05key")
    file += flv.write_tag(flv.SOUND, 40, b"\xaf\0" + SOUND.record)
    reader = flv.TagReader()
    tags = [tag for at in range(len(file)) for tag in reader.feed(file[at : at + 1])]
    assert [flv.read_piece(tag) for tag in tags] == [
        PICTURE,
        Frame(2**24 + 7, b"key", is_key=True, shift_ms=5),
        SOUND,
    ]
    assert (tags[1].is_key, tags[0].is_setup) == (True, True)
    assert tags[1].offset == len(flv.HEADER) + 11 + 5 + len(PICTURE.record) + 4


@pytest.mark.parametrize("wrong", [b"GIF89a" + bytes(20), flv.HEADER + b"\x09\xff\xff\xff" * 4])
def test_what_is_no_flv_is_refused_at_once(wrong: bytes) -> None:
    with pytest.raises(Damaged):
        list(flv.TagReader().feed(wrong))


@pytest.mark.parametrize("body", [b"\x12\1\0\0\0vp6", b"\x90\0\0\0\0hevc"])
def test_a_picture_that_browsers_do_not_play_is_named(body: bytes) -> None:
    with pytest.raises(flv.OtherCodec):
        flv.read_piece(flv.Tag(flv.PICTURE, 0, body, 0))


def test_our_parts_are_read_by_our_own_reader_of_fragments() -> None:
    source = Mp4Source()
    setup = fmp4.setup(PICTURE, SOUND)
    part = fmp4.part(
        3,
        frames=[picture(5000, is_key=True), picture(5040)],
        until_ms=5080,
        sounds=[Sound(5000, b"s")],
        sound_start=220_500,
    )
    whole = setup + part
    given = [pair for at in range(0, len(whole), 7) for pair in source.feed(whole[at : at + 7])]
    assert (source.head, source.is_h264, source.has_sound) == (setup, True, True)
    [(data, point)] = given
    assert (data, point) == (part, point)
    assert point is not None
    assert (point.offset, point.at_ms, point.last_ms, point.end_ms) == (
        len(setup),
        5000,
        5040,
        5080,
    )


@pytest.mark.parametrize("wrong", [b"\0\0\0\1moov", b"\xff\xff\xff\xffmoof", bytes(16)])
def test_boxes_that_lie_about_their_length_are_refused(wrong: bytes) -> None:
    with pytest.raises(Damaged):
        list(Mp4Source().feed(wrong))
    with pytest.raises(Damaged):
        list(children(b"\0\0\0\x18moof\0\0\0\3traf" + bytes(8), b"moof", b"traf"))


def parts_of_two_takes(seconds: int) -> list[Line]:
    """Half-second parts; the second camera follows after a minute, and its tenth after a hole."""
    first = [Line(1, n, n * 500, 500, 0, "top", 0) for n in range(2 * seconds)]
    second = [Line(2, n, 60_000 + n * 500, 500, 0, "top", 1) for n in range(9)]
    return [*first, *second, Line(2, 9, 66_000, 480, 0, "480p", 2)]


def test_a_playlist_shows_the_last_parts_and_says_where_takes_meet() -> None:
    text = shelf.playlist("480p", parts_of_two_takes(20), epoch=EPOCH, is_over=False)
    assert text.splitlines()[3:11] == [
        "#EXT-X-MEDIA-SEQUENCE:29",
        "#EXT-X-DISCONTINUITY-SEQUENCE:0",
        '#EXT-X-MAP:URI="../top/001-0.mp4"',
        "#EXT-X-PROGRAM-DATE-TIME:2026-07-01T04:00:14.500+00:00",
        "#EXTINF:0.500,",
        "../top/001-00029.m4s",
        "#EXTINF:0.500,",
        "../top/001-00030.m4s",
    ]
    assert text.splitlines()[-5:] == [
        "#EXT-X-DISCONTINUITY",
        '#EXT-X-MAP:URI="002-0.mp4"',
        "#EXT-X-PROGRAM-DATE-TIME:2026-07-01T04:01:06.000+00:00",
        "#EXTINF:0.480,",
        "002-00009.m4s",
    ]


def test_every_playlist_of_a_growing_film_keeps_the_rules_of_hls() -> None:
    lines = parts_of_two_takes(20)
    before: list[hls.Segment] = []
    for length in range(1, len(lines) + 1):
        text = shelf.playlist("480p", lines[:length], epoch=EPOCH, is_over=False)
        segments = hls.read(text, is_live=True)
        hls.follows(before, segments)
        before = segments
    replay = hls.read(shelf.playlist("480p", lines, epoch=EPOCH, is_over=True), is_live=False)
    hls.follows(before, replay[len(lines) - len(before) :])
    assert (len(replay), [one.turn for one in replay[-11:]]) == (50, [0, *[1] * 9, 2])


def test_what_breaks_the_rules_of_hls_is_noticed() -> None:
    good = shelf.playlist("top", parts_of_two_takes(20), epoch=EPOCH, is_over=False)
    for old, new in (
        ("TARGETDURATION:2", "TARGETDURATION:4"),
        ("#EXT-X-DISCONTINUITY\n", ""),
        ("#EXTINF:0.480,\n", ""),
        ('#EXT-X-MAP:URI="001-0.mp4"\n', ""),
        ("#EXT-X-PROGRAM-DATE-TIME:2026-07-01T04:00:14.500+00:00\n", ""),
    ):
        with pytest.raises(AssertionError):
            hls.read(good.replace(old, new, 1), is_live=True)


def test_a_late_first_picture_leaves_no_hole_between_parts() -> None:
    stream = [picture(at, is_key=at % 500 < 40) for at in (0, 250, 537, 750, 1010, 1250, 1530)]
    parts = cut(*stream)
    assert [until for _, until, _ in parts[:-1]] == [at for at, *_ in parts[1:]]


def test_a_line_that_a_crash_tore_is_forgotten_and_the_next_is_whole(files: Path) -> None:
    rung = shelf.Rung("s1", "k1", "top", epoch=EPOCH)
    rung.tell(Line(1, 0, 0, 1000, 0, "top"))
    path = files / "private/live/s1/k1/top.jsonl"
    with path.open("ab") as file:
        file.write(b'{"take":1,"num')
    again = shelf.Rung("s1", "k1", "top", epoch=EPOCH)
    again.tell(Line(1, 1, 1000, 1000, 0, "top"))
    assert [line.number for line in shelf.lines_of("s1", "k1", "top")] == [0, 1]


def piece_of(take: Any, piece: bytes, offset: int) -> int:
    return takes.append(takes.path_of(take), piece, offset=offset)


def test_pieces_stand_where_they_belong_and_two_writers_cannot_both_have_it(files: Path) -> None:
    take = SimpleNamespace(session="s1", number=1, container="mp4")
    assert piece_of(take, b"abc", 0) == 3
    for offset in (0, 2, 4, 10**12):
        with pytest.raises(takes.WrongOffset) as wrong:
            piece_of(take, b"XYZ", offset)
        assert wrong.value.received == 3
    assert piece_of(take, b"def", 3) == 6
    assert takes.path_of(take).read_bytes() == b"abcdef"


def test_a_recording_leaves_the_last_of_the_disk_to_orders(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = SimpleNamespace(session="s1", number=1, container="mp4")
    piece_of(take, b"abc", 0)
    monkeypatch.setattr(takes, "RESERVE_BYTES", 2**62)
    with pytest.raises(takes.DiskFull):
        piece_of(take, b"def", 3)
    monkeypatch.undo()
    assert piece_of(take, b"def", 3) == 6


def chunked(*messages: bytes) -> list[rtmp.Message]:
    reader = rtmp.ChunkReader()
    return [one for message in messages for one in reader.feed(message)]


def test_a_command_of_ours_is_read_back() -> None:
    told = rtmp.command("connect", 1, {"app": "live", "n": 2.5}, None)
    [message] = chunked(told)
    assert rtmp.read_values(message.body) == ["connect", 1.0, {"app": "live", "n": 2.5}, None]


def test_the_list_of_codecs_of_a_newer_encoder_is_read() -> None:
    codecs = b"\x0a\0\0\0\2" + rtmp.write_values("hvc1", "av01")
    told = rtmp.write_values("connect", 1) + b"\x03\0\x0afourCcList" + codecs + b"\0\0\x09"
    assert rtmp.read_values(told) == ["connect", 1.0, {"fourCcList": ["hvc1", "av01"]}]


def test_a_long_message_in_chunks_is_one_message() -> None:
    body = bytes(range(256)) * 40
    told = rtmp.write_message(rtmp.SET_CHUNK, b"\0\0\x10\0", lane=2)
    told += rtmp.write_message(rtmp.PICTURE, body, lane=6, stream=1)
    reader = rtmp.ChunkReader()
    found = [one for at in range(0, len(told), 100) for one in reader.feed(told[at : at + 100])]
    assert [(one.kind, one.stream, one.body == body) for one in found] == [(rtmp.PICTURE, 1, True)]


@pytest.mark.parametrize(
    "hostile",
    [
        b"\x03" + bytes(3) + b"\xff\xff\xff" + bytes([rtmp.PICTURE]) + bytes(200),
        b"\x02" + bytes(3) + b"\0\0\4" + bytes([rtmp.SET_CHUNK]) + bytes(4) + b"\x7f\xff\xff\xff",
        b"\x02" + bytes(3) + b"\0\0\4" + bytes([rtmp.SET_CHUNK]) + bytes(4) + bytes(4),
        b"\xc9" + bytes(200),
        b"".join(
            bytes([lane]) + bytes(3) + b"\0\x10\0" + bytes([rtmp.COMMAND]) + bytes(4 + 128)
            for lane in range(3, 15)
        ),
    ],
)
def test_attack_33_a_hostile_encoder_is_cut_off_before_it_costs_memory(hostile: bytes) -> None:
    with pytest.raises(Damaged):
        chunked(hostile)


@pytest.mark.parametrize(
    "hostile",
    [
        b"\x02\xff\xff",
        b"\x03\0\1a" * 9,
        b"\x0a",
        b"\x0a\xff\xff\xff\xff" + b"\5" * 99,
        b"\x0a\0\0\0\1" * 9,
        b"\x03" + b"\0\1a\x03" * 9,
        b"\0\1",
    ],
)
def test_attack_34_values_without_end_or_depth_are_refused(hostile: bytes) -> None:
    with pytest.raises(Damaged):
        rtmp.read_values(hostile)
