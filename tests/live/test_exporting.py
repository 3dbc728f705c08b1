"""One file for a court: complete, verifiable alone, and on the record."""

import subprocess
import sys
from datetime import timedelta
from zipfile import ZipFile

import pytest
from django.core.management import CommandError, call_command

from shanhuo.kernel import audit
from shanhuo.kernel.models import AuditEntry
from shanhuo.live.models import EvidenceExport, Message
from shanhuo.live.services import exporting, sealing
from shanhuo.live.services.exporting import ReasonMissing


@pytest.fixture
def bundle(ended, noon):
    sealing.seal(session_id=ended.pk, now=noon)
    Message.objects.update(status="hidden")
    sealing.seal_supplement(bundle_id=ended.bundle.pk, now=noon)
    audit.seal()
    return ended.bundle


def test_the_export_verifies_without_the_platform(bundle, noon, tmp_path, capsys):
    target = tmp_path / "evidence.zip"
    session = bundle.session.public_id
    call_command("evidence", "export", session, "--to", str(target), "--reason", "（2026）渝01号")
    assert "run: python verify.py" in capsys.readouterr().out
    with ZipFile(target) as package:
        package.extractall(tmp_path / "court")
    unpacked = tmp_path / "court" / f"evidence-{session}"
    assert sorted(path.name for path in unpacked.iterdir()) == [
        "README.md",
        "anchors.json",
        "bundle",
        "supplement-001",
        "verify.py",
    ]
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "verify.py"], cwd=unpacked, capture_output=True, check=False
    )
    assert (ran.returncode, ran.stdout[:2]) == (0, b"OK")
    written = AuditEntry.objects.get(verb="evidence.export")
    assert written.detail["reason"] == "（2026）渝01号"


def test_an_export_without_a_reason_is_refused(bundle, op, noon):
    with pytest.raises(ReasonMissing):
        exporting.ask(bundle_id=bundle.pk, by=op, reason="   ", now=noon)
    assert EvidenceExport.objects.count() == 0


def test_a_copy_is_removed_after_a_week_and_its_record_stays(bundle, op, noon):
    export = exporting.ask(bundle_id=bundle.pk, by=op, reason="仲裁 12 号", now=noon)
    size = exporting.write(export_id=export.pk, now=noon)
    assert exporting.file_of(export).stat().st_size == size
    exporting.forget_old_files(now=noon + timedelta(days=8))
    export.refresh_from_db()
    assert (exporting.file_of(export).exists(), export.total_bytes) == (False, None)


def test_a_full_disk_leaves_no_half_package(bundle, op, noon, tmp_path, monkeypatch):
    export = exporting.ask(bundle_id=bundle.pk, by=op, reason="仲裁 12 号", now=noon)
    monkeypatch.setattr(ZipFile, "writestr", lambda *_: (_ for _ in ()).throw(OSError(28, "full")))
    with pytest.raises(OSError, match="full"):
        exporting.write(export_id=export.pk, now=noon)
    export.refresh_from_db()
    assert (export.problem, export.ready_at) == ("full", None)
    assert list(exporting.file_of(export).parent.iterdir()) == []


def test_verify_exits_with_an_error_where_a_byte_differs(bundle, capsys):
    call_command("evidence", "verify", "--all")
    assert capsys.readouterr().out.startswith("OK ")
    AuditEntry.objects.filter(sequence=1).update(actor="nobody")
    with pytest.raises(CommandError, match="0 of 1 bundles differ"):
        call_command("evidence", "verify", bundle.session.public_id)
    assert "the audit chain breaks at entry 1" in capsys.readouterr().out
