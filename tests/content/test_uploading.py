"""A farmer on GPRS: pieces get lost, the phone dies, two tabs are open, somebody lies."""

import errno
import os
from base64 import b64encode
from datetime import timedelta
from hashlib import sha1, sha256

import pytest
from django.test import Client

from shanhuo.content import limits
from shanhuo.content import services as content
from shanhuo.content.media import shelf
from shanhuo.content.models import Post, Upload
from shanhuo.content.services import uploading
from shanhuo.kernel import clock, jobs
from shanhuo.kernel.models import Job
from tests.content.conftest import MEDIA
from tests.threads import at_once

CLIP = (MEDIA / "video" / "stream_h264_aac_480x360.mp4").read_bytes()
PIECE = 100_000


class Phone:
    """A tus client, as plain as the protocol."""

    def __init__(self, user):
        self.client = Client()
        self.client.force_login(user)

    def announce(self, post, length, **metadata):
        pairs = {"post": post.public_id, **metadata}
        coded = ",".join(
            f"{key} {b64encode(value.encode()).decode()}" for key, value in pairs.items()
        )
        return self.client.post(
            "/api/uploads",
            headers={
                "Tus-Resumable": "1.0.0",
                "Upload-Length": str(length),
                "Upload-Metadata": coded,
            },
        )

    def send(self, address, offset, piece, **headers):
        return self.client.patch(
            address,
            data=piece,
            content_type="application/offset+octet-stream",
            headers={"Tus-Resumable": "1.0.0", "Upload-Offset": str(offset), **headers},
        )

    def ask(self, address):
        return self.client.head(address, headers={"Tus-Resumable": "1.0.0"})

    def cancel(self, address):
        return self.client.delete(address, headers={"Tus-Resumable": "1.0.0"})

    def send_all(self, address, data=CLIP, start=0):
        for offset in range(start, len(data), PIECE):
            answer = self.send(address, offset, data[offset : offset + PIECE])
            assert answer.status_code == 204, answer.content
        return answer


@pytest.fixture
def phone(zhao):
    return Phone(zhao)


@pytest.fixture
def address(phone, make_draft):
    return phone.announce(make_draft(), len(CLIP), filename="梨园.mp4")["Location"]


def test_twenty_interruptions_still_yield_one_whole_post(phone, make_draft):
    post = make_draft()
    address = phone.announce(post, len(CLIP))["Location"]
    sent = 0
    for _ in range(20):
        piece = CLIP[sent : sent + 5_000]
        assert phone.send(address, sent, piece).status_code == 204
        sent = int(phone.ask(address)["Upload-Offset"])
    phone.send_all(address, start=sent)
    jobs.run_due()
    assert [(p.public_id, p.status) for p in Post.objects.all()] == [(post.public_id, "in_review")]


def test_the_draft_is_safe_before_the_first_byte(make_draft):
    post = make_draft(caption="风大,慢慢传")
    assert Post.objects.get(pk=post.pk).caption == "风大,慢慢传"


def test_what_the_server_can_do(phone):
    answer = phone.client.options("/api/uploads")
    assert answer.status_code == 204
    assert answer["Tus-Extension"] == "creation,checksum,termination,expiration"
    assert answer["Tus-Checksum-Algorithm"] == "sha1,sha256"


def test_a_piece_with_the_right_checksum_is_kept(phone, address):
    for algorithm, start in ((sha1, 0), (sha256, PIECE)):
        piece = CLIP[start : start + PIECE]
        digest = b64encode(algorithm(piece).digest()).decode()
        check = {"Upload-Checksum": f"{algorithm().name} {digest}"}
        assert phone.send(address, start, piece, **check).status_code == 204


def test_attack_23_a_damaged_piece_is_refused_and_nothing_is_kept(phone, address):
    wrong = b64encode(sha256(b"other bytes").digest()).decode()
    answer = phone.send(address, 0, CLIP[:PIECE], **{"Upload-Checksum": f"sha256 {wrong}"})
    assert (answer.status_code, answer.json()["code"]) == (460, "checksum_mismatch")
    assert phone.ask(address)["Upload-Offset"] == "0"


def test_attack_23_a_wrong_offset_is_told_the_right_one(phone, address):
    phone.send(address, 0, CLIP[:PIECE])
    for offset in (0, 1, PIECE - 1, PIECE + 1, len(CLIP)):
        answer = phone.send(address, offset, b"ten bytes!")
        assert (answer.status_code, answer["Upload-Offset"]) == (409, str(PIECE))


@pytest.mark.parametrize("offset", ["-1", "1.5", "", "١", "9" * 30, "0x10"])
def test_attack_23_an_offset_that_is_no_number(phone, address, offset):
    assert phone.send(address, offset, b"x").status_code == 400


def test_attack_23_more_bytes_than_announced(phone, make_draft):
    address = phone.announce(make_draft(), 1000)["Location"]
    answer = phone.send(address, 0, CLIP[:1001])
    assert (answer.status_code, answer.json()["code"]) == (413, "too_many_bytes")
    assert phone.ask(address)["Upload-Offset"] == "0"


@pytest.mark.parametrize(
    ("length", "status"),
    [("0", 415), ("-5", 400), ("abc", 400), ("", 400), (str(limits.FILM_BYTES + 1), 413)],
)
def test_attack_23_lengths_that_cannot_be(phone, make_draft, length, status):
    assert phone.announce(make_draft(), length).status_code == status
    assert Upload.objects.count() == 0


def test_attack_23_somebody_elses_upload_is_not_there(address, make_organisation, make_user):
    other = make_user("别人")
    make_organisation("creator", name="别人的号", members=(other,))
    thief = Phone(other)
    assert thief.ask(address).status_code == 404
    assert thief.send(address, 0, CLIP[:PIECE]).status_code == 404
    assert thief.cancel(address).status_code == 404
    assert Upload.objects.get().received_bytes == 0


def test_attack_23_nor_is_somebody_elses_draft(make_draft, make_organisation, make_user):
    other = make_user("别人")
    make_organisation("creator", name="别人的号", members=(other,))
    assert Phone(other).announce(make_draft(), 100).status_code == 404


def test_a_piece_above_the_limit_is_refused(phone, make_draft):
    address = phone.announce(make_draft(), 4 * limits.MIB)["Location"]
    answer = phone.send(address, 0, b"\0" * (limits.PIECE_BYTES + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "piece_too_large")


def test_another_version_of_the_protocol_is_refused(phone, address):
    answer = phone.client.head(address, headers={"Tus-Resumable": "0.2.2"})
    assert (answer.status_code, answer["Tus-Version"]) == (412, "1.0.0")


def test_a_cancelled_upload_leaves_no_bytes(phone, address, django_capture_on_commit_callbacks):
    phone.send(address, 0, CLIP[:PIECE])
    with django_capture_on_commit_callbacks(execute=True):
        assert phone.cancel(address).status_code == 204
    assert Upload.objects.count() == 0
    assert list(shelf.upload_file("x").parent.iterdir()) == []
    assert phone.ask(address).status_code == 404


def test_attack_23_what_is_never_finished_expires(
    make_draft, send, zhao, noon, django_capture_on_commit_callbacks
):
    post = make_draft()
    upload = content.begin_upload(author=zhao, post_id=post.pk, total_bytes=len(CLIP), now=noon)
    content.receive_piece(
        author=zhao, upload_id=upload.public_id, offset=0, piece=CLIP[:PIECE], now=noon
    )
    later = noon + limits.UPLOAD_KEPT_FOR
    with pytest.raises(content.NoSuchUpload):
        content.own_upload(author=zhao, upload_id=upload.public_id, now=later)
    assert content.forget_expired_uploads(now=later - timedelta(seconds=1)) == 0
    with django_capture_on_commit_callbacks(execute=True):
        assert content.forget_expired_uploads(now=later) == 1
    assert list(shelf.upload_file("x").parent.iterdir()) == []
    assert Post.objects.get().status == "draft"


def test_attack_23_too_many_unfinished_uploads(phone, make_draft):
    for _ in range(limits.UNFINISHED_PER_PERSON):
        assert phone.announce(make_draft(), 1000).status_code == 201
    assert phone.announce(make_draft(), 1000).status_code == 429


def test_attack_23_a_quota_of_bytes(phone, make_draft):
    statuses = [phone.announce(make_draft(), limits.FILM_BYTES).status_code for _ in range(4)]
    assert statuses == [201, 201, 201, 429]


def test_attack_23_a_second_writer_waits_outside(phone, address):
    upload = Upload.objects.get()
    with uploading._alone_with(upload):
        answer = phone.send(address, 0, CLIP[:PIECE])
    assert (answer.status_code, answer.json()["code"]) == (423, "upload_busy")
    assert phone.send(address, 0, CLIP[:PIECE]).status_code == 204


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_attack_23_two_writers_at_once_leave_one_whole_file(zhao, make_draft):
    post = make_draft()
    upload = content.begin_upload(
        author=zhao, post_id=post.pk, total_bytes=len(CLIP), now=clock.now()
    )
    refused = []

    def write() -> None:
        offset = 0
        while offset < len(CLIP):
            try:
                content.receive_piece(
                    author=zhao,
                    upload_id=upload.public_id,
                    offset=offset,
                    piece=CLIP[offset : offset + 20_000],
                    now=clock.now(),
                )
                offset += 20_000
            except content.UploadBusy:
                refused.append("busy")
            except content.WrongOffset as refusal:
                refused.append("offset")
                offset = refusal.details["offset"]

    assert at_once([write, write]) == [None, None]
    assert shelf.upload_file(upload.public_id).read_bytes() == CLIP
    assert refused
    assert Job.objects.filter(task__endswith=".prepare").count() == 1


def test_a_full_disk_refuses_kindly_and_the_upload_goes_on_later(phone, address, monkeypatch):
    phone.send(address, 0, CLIP[:PIECE])
    real = os.write

    def half_then_full(descriptor, data):
        if len(data) > 1000:
            return real(descriptor, data[:1000])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(uploading.os, "write", half_then_full)
    answer = phone.send(address, PIECE, CLIP[PIECE : PIECE + 1500])
    assert (answer.status_code, answer.json()["code"]) == (507, "storage_full")
    assert shelf.upload_file(Upload.objects.get().public_id).stat().st_size == PIECE
    monkeypatch.setattr(uploading.os, "write", real)
    phone.send_all(address, start=PIECE)
    jobs.run_due()
    assert Post.objects.get().status == "in_review"


def test_a_nearly_full_disk_takes_no_new_film(phone, make_draft, monkeypatch):
    monkeypatch.setattr(limits, "DISK_RESERVE_BYTES", 2**62)
    assert phone.announce(make_draft(), 1000).status_code == 507


def test_bytes_written_but_not_noted_before_a_crash_are_overwritten(phone, address):
    phone.send(address, 0, CLIP[:PIECE])
    with shelf.upload_file(Upload.objects.get().public_id).open("ab") as file:
        file.write(b"half a piece of a process that was killed")
    phone.send_all(address, start=PIECE)
    assert shelf.upload_file(Upload.objects.get().public_id).read_bytes() == CLIP


# Attack 20 and 21: texts that ffmpeg would follow to other files, and names.

FOLLOWED = {
    "ffconcat": b"ffconcat version 1.0\nfile ../../other/480p.mp4\n",
    "concat": b"file '/etc/passwd'\nduration 3\n",
    "dash": b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period>',
    "hls": b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n/etc/passwd\n",
    "hls http": b"#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:8000/private\n",
    "sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nm=video 5004 RTP/AVP 96\n",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
    "playlist": b"[playlist]\nFile1=../secret.mp4\n",
    "html": b"<!DOCTYPE html><script>alert(1)</script>",
    "zip": b"PK\x03\x04" + b"\0" * 60,
    "gif": b"GIF89a" + b"\0" * 60,
    "nul": b"\0" * 200,
}


@pytest.mark.parametrize("name", ["clip.mp4", "photo.jpg"])
@pytest.mark.parametrize("text", FOLLOWED.values(), ids=FOLLOWED)
def test_attack_20_a_text_under_a_films_name_is_refused_at_its_first_bytes(
    phone, make_draft, text, name, django_capture_on_commit_callbacks
):
    post = make_draft("clip" if name.endswith("mp4") else "photos")
    address = phone.announce(post, len(text) + 1000, filename=name)["Location"]
    with django_capture_on_commit_callbacks(execute=True):
        answer = phone.send(address, 0, text)
    assert (answer.status_code, answer.json()["code"]) == (415, "media_refused")
    post.refresh_from_db()
    assert (post.status, post.media_problem) == ("draft", "unknown_type")
    assert Upload.objects.count() == 0
    assert list(shelf.upload_file("x").parent.iterdir()) == []


@pytest.mark.parametrize("text", FOLLOWED.values(), ids=FOLLOWED)
def test_attack_20_behind_a_films_first_bytes_it_is_read_as_a_film_only(post_from, text):
    post = post_from(b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + text)
    assert (post.status, post.media_problem) == ("draft", "damaged")


@pytest.mark.parametrize(
    "name",
    ["../../../etc/passwd", "a\0b.mp4", "x" * 300, "clip.mp4.html", "\u202e4pm.exe", "<script>"],
)
def test_attack_21_a_files_name_is_shown_and_never_used(phone, make_draft, name):
    answer = phone.announce(make_draft(), len(CLIP), filename=name)
    assert answer.status_code == 201
    phone.send_all(answer["Location"])
    stored = [path.name for path in shelf.upload_file("x").parent.iterdir()]
    assert stored == [f"{Upload.objects.get().public_id}.part"]


def test_a_film_is_no_photo_and_a_photo_no_film(phone, make_draft):
    picture = (MEDIA / "image" / "grapefruit_slice_332.jpg").read_bytes()
    for kind, data in (("clip", picture), ("photos", CLIP)):
        address = phone.announce(make_draft(kind), len(data))["Location"]
        answer = phone.send(address, 0, data[:PIECE])
        assert answer.json()["details"] == {"problem": "wrong_kind"}
