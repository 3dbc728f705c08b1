"""What is left of a show is sealed, and one changed byte is named."""

import errno
import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from shanhuo.kernel import audit, facts, jobs
from shanhuo.live.events import SessionEnded
from shanhuo.live.evidence import folder, verify
from shanhuo.live.media import takes
from shanhuo.live.models import Bundle, Message, Session, Supplement, Take
from shanhuo.live.services import sealing, verifying
from shanhuo.live.services.sealing import NotYetSealable


@pytest.fixture
def sealed(ended, noon):
    sealing.seal(session_id=ended.pk, now=noon)
    ended.refresh_from_db()
    return ended


def bundle_of(session) -> Path:
    return folder.part_folder(session.public_id, 0)


def lines(session, name: str, part: int = 0) -> list[dict]:
    path = folder.part_folder(session.public_id, part) / "records" / f"{name}.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


def findings(session, now) -> list[str]:
    found = verifying.verify_bundle(bundle_id=session.bundle.pk, now=now)
    return [str(finding) for finding in found]


def test_a_bundle_holds_the_show_and_names_nobody(sealed, lin, mei, noon):
    manifest = json.loads((bundle_of(sealed) / "manifest.json").read_text())
    names = [entry["name"] for entry in manifest["files"]]
    assert names[-2:] == ["takes/take-001.mp4", "takes/take-002.mp4"]
    assert (len(names), sealed.bundle.file_count) == (len(sealing.RECORDS) + 2, len(names))
    assert lines(sealed, "session")[0]["script"] == "先讲脆李，再答疑。"
    assert [line["price_fen"] for line in lines(sealed, "pins")] == [3980]
    hidden = lines(sealed, "messages")[1]
    assert (hidden["author"], hidden["status"]) == (mei.public_id, "hidden")
    assert hidden["decided_by"] == lin.public_id
    written = b"".join(path.read_bytes() for path in (bundle_of(sealed) / "records").iterdir())
    assert mei.display_name.encode() not in written
    assert (sealed.status, sealed.sealed_at) == (Session.Status.SEALED, noon)
    assert findings(sealed, noon) == []


def test_the_audit_chain_holds_the_head(sealed):
    audit.seal()
    [anchor] = audit.anchors(verb=sealing.SEAL, subject=f"live.Session:{sealed.public_id}")
    assert anchor.detail["manifest"] == sealed.bundle.manifest_digest
    assert (anchor.sequence, anchor.previous) == (1, "")
    assert anchor.digest != ""


def test_a_recording_lies_on_the_disk_once(sealed):
    recording = takes.folder_of(sealed.public_id) / "take-001.mp4"
    assert (bundle_of(sealed) / "takes" / recording.name).samefile(recording)


def flip(path: Path, place: int) -> None:
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 1]))


def test_one_changed_byte_of_a_film_is_named(sealed, noon):
    flip(bundle_of(sealed) / "takes" / "take-002.mp4", 1_500_000)
    assert findings(sealed, noon) == [
        "bundle/takes/take-002.mp4: changed: first between byte 1048576 and byte 2097151"
    ]
    assert "take-002" in Bundle.objects.get().damage


def test_an_added_and_a_missing_file_are_named(sealed, noon):
    (bundle_of(sealed) / "records" / "pins.jsonl").rename(bundle_of(sealed) / "pins.jsonl")
    assert findings(sealed, noon) == [
        "bundle/pins.jsonl: added: the manifest does not list it",
        "bundle/records/pins.jsonl: missing",
    ]


def test_two_films_in_each_others_place_are_named(sealed, noon):
    films = bundle_of(sealed) / "takes"
    (films / "take-001.mp4").rename(films / "x")
    (films / "take-002.mp4").rename(films / "take-001.mp4")
    (films / "x").rename(films / "take-002.mp4")
    assert [finding.split(":")[0] for finding in findings(sealed, noon)] == [
        "bundle/takes/take-001.mp4",
        "bundle/takes/take-002.mp4",
    ]


def test_reordered_lines_of_chat_are_named(sealed, noon):
    path = bundle_of(sealed) / "records" / "messages.jsonl"
    path.write_text("".join(reversed(path.read_text().splitlines(keepends=True))))
    assert [finding.split(":")[0] for finding in findings(sealed, noon)] == [
        "bundle/records/messages.jsonl"
    ]


def test_a_forged_manifest_is_betrayed_by_the_audit_chain(sealed, noon):
    """Whoever rewrites a file, the manifest and the database still has the audit chain to face."""
    folder_ = bundle_of(sealed)
    path = folder_ / "records" / "pins.jsonl"
    path.write_text(path.read_text().replace("3980", "9980"))
    manifest = json.loads((folder_ / "manifest.json").read_text())
    link = verify.first_link(manifest)
    for entry in manifest["files"]:
        if entry["name"] == "records/pins.jsonl":
            entry["sha256"] = verify.digest_of(path)
        link = entry["chain"] = verify.next_link(link, entry)
    manifest["head"] = link
    (folder_ / "manifest.json").write_bytes(verify.canonical(manifest) + b"\n")
    digest = verify.digest_of(folder_ / "manifest.json")
    Bundle.objects.update(manifest_digest=digest)
    assert findings(sealed, noon) == [
        "bundle/manifest.json: the audit chain has another digest for it"
    ]


def test_a_full_disk_is_said_and_tried_again(ended, noon, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            sealing.seal(session_id=ended.pk, now=noon)
    ended.refresh_from_db()
    assert (ended.status, ended.sealing_problem) == (Session.Status.ENDED, "disk_full")
    assert sorted(p.name for p in takes.folder_of(ended.public_id).iterdir()) == [
        ".sealing.lock",
        "take-001.mp4",
        "take-002.mp4",
    ]
    sealing.seal_what_waits(now=noon + timedelta(minutes=10))
    ended.refresh_from_db()
    assert (ended.status, ended.sealing_problem) == (Session.Status.SEALED, "")


def test_what_a_killed_worker_left_is_done_again(ended, noon):
    """Killed while filling, or after the folder had its name but before anybody vouched for it."""
    for name in (".sealing", "bundle"):
        left = takes.folder_of(ended.public_id) / name
        left.mkdir()
        (left / "manifest.json").write_text("half")
    sealing.seal(session_id=ended.pk, now=noon)
    assert findings(ended, noon) == []


def test_nothing_is_sealed_while_a_take_is_open(ended, noon):
    Take.objects.filter(number=2).update(ended_at=None)
    with pytest.raises(NotYetSealable):
        sealing.seal(session_id=ended.pk, now=noon)
    assert Bundle.objects.count() == 0


def test_the_end_of_a_show_seals_it(ended, noon, django_capture_on_commit_callbacks):
    fact = SessionEnded(
        session_id=ended.pk,
        public_id=ended.public_id,
        kind="selling",
        county="500237",
        host_id=ended.host_id,
        why="host",
        on_air_seconds=1500,
    )
    facts.record(fact, now=noon - timedelta(seconds=10))
    jobs.run_due()
    assert Bundle.objects.get().session_id == ended.pk


def test_what_comes_late_is_sealed_behind_it(sealed, noon):
    """A line hidden after the show, then shown again: two supplements, the bundle untouched."""
    before = verify.digest_of(bundle_of(sealed) / "manifest.json")
    for status in ("hidden", "shown"):
        Message.objects.filter(body="这个甜吗").update(status=status)
        Session.objects.filter(pk=sealed.pk).update(room_version=sealed.room_version + 7)
        sealed.room_version += 7
        assert sealing.bundles_with_news().count() == 1
        assert sealing.seal_supplement(bundle_id=sealed.bundle.pk, now=noon)
    told = [[line["status"] for line in lines(sealed, "messages", part)] for part in (0, 1, 2)]
    assert told == [["shown", "hidden"], ["hidden"], ["shown"]]
    assert verify.digest_of(bundle_of(sealed) / "manifest.json") == before
    assert (findings(sealed, noon), sealing.bundles_with_news().count()) == ([], 0)
    assert list(Supplement.objects.values_list("number", "file_count")) == [(1, 1), (2, 1)]


def test_a_step_without_news_makes_no_supplement(sealed, noon):
    Session.objects.filter(pk=sealed.pk).update(room_version=99)
    assert not sealing.seal_supplement(bundle_id=sealed.bundle.pk, now=noon)
    assert (Supplement.objects.count(), sealing.bundles_with_news().count()) == (0, 0)
    assert not folder.part_folder(sealed.public_id, 1).exists()


def test_a_removed_supplement_is_named(sealed, noon):
    Message.objects.update(status="hidden")
    sealing.seal_supplement(bundle_id=sealed.bundle.pk, now=noon)
    folder.part_folder(sealed.public_id, 1).rename(folder.part_folder(sealed.public_id, 2))
    assert findings(sealed, noon) == [
        "supplement-001/manifest.json: missing",
        "supplement-002: added: nobody sealed it",
    ]


def test_the_verifier_needs_no_platform(sealed):
    """It runs alone, by path, in a Python without any package."""
    command = [sys.executable, "-I", "-S", verify.__file__]
    whole = takes.folder_of(sealed.public_id)
    assert subprocess.run([*command, str(whole)], check=False, capture_output=True).returncode == 0
    flip(bundle_of(sealed) / "records" / "cast.jsonl", 3)
    ran = subprocess.run([*command, str(whole)], check=False, capture_output=True, text=True)
    assert ran.returncode == 1
    assert ran.stdout.startswith(
        "DAMAGED  bundle/records/cast.jsonl: changed: first between byte 0"
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="any user may read what root may")
def test_sealed_films_are_not_for_writing(sealed):
    mode = (bundle_of(sealed) / "takes" / "take-001.mp4").stat().st_mode
    assert mode & 0o777 == 0o400
