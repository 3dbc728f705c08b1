"""The ranker's page and API: an operator sees how things stand, trains, and goes back."""

import pytest
from django.test import Client

from shanhuo.kernel.models import AuditEntry
from shanhuo.traffic import moments, teaching
from shanhuo.traffic.learning.effects import Effects
from shanhuo.traffic.learning.shelf import Model

pytestmark = pytest.mark.django_db
REPORT = {"held_out": 400.0, "candidate": 0.61, "current": 0.62, "average": 0.65}


@pytest.fixture(autouse=True)
def shelf(settings, tmp_path):
    settings.SIGNALS_DIR, settings.RANKER_DIR = tmp_path / "signals", tmp_path / "ranker"
    return teaching.shelf()


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def put(shelf, version: int, *, now) -> None:
    effects = {"long_view": Effects(0.0, ())}
    shelf.put(Model(version, moments.to_ms(now), 4_000, effects, REPORT))


def page(client) -> str:
    answer = client.get("/ops/ranker")
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_before_anything_was_learned_the_page_says_what_is_needed(op, stranger, noon):
    said = page(signed_in(op))
    assert "还没有学到什么" in said
    assert "2,000" in said
    assert signed_in(stranger).get("/ops/ranker").status_code in (403, 404)


def test_a_training_in_vain_is_told(op, noon):
    teaching.train(now=noon)
    assert "样本太少" in page(signed_in(op))
    said = signed_in(op).get("/api/ranker").json()
    assert (said["stage"], said["ranker"]["state"]) == ("empty", "absent")
    assert said["ranker"]["attempt"] == {
        "at": "2026-07-01T04:00:00Z",
        "taught": 0,
        "counts": False,
        "new": None,
        "current": None,
        "usual": None,
    }


def test_an_operator_goes_back_and_an_auditor_only_looks(op, audit_person, shelf, noon):
    put(shelf, 1, now=noon)
    put(shelf, 2, now=noon)
    client = signed_in(op)
    assert "ranker-000002.model · ranker-000001.model" in page(client)
    reader = signed_in(audit_person)
    assert "ranker/roll-back" not in page(reader)
    assert reader.post("/ops/ranker/roll-back/ranker").status_code in (403, 404)
    assert client.post("/ops/ranker/roll-back/ranker").status_code == 302
    assert shelf.current().version == 1
    assert client.post("/ops/ranker/roll-back/nonsense").status_code == 404
    unsure = {"kind": "ranker", "sure": False}
    api = "/api/ranker/roll-back"
    assert client.post(api, unsure, content_type="application/json").status_code == 422
    again = client.post(api, {**unsure, "sure": True}, content_type="application/json")
    assert (again.status_code, again.json()["code"]) == (409, "no_earlier_model")
    assert [entry.verb for entry in AuditEntry.objects.filter(verb__startswith="ranker.")] == [
        "ranker.roll_back"
    ]


def test_training_is_a_deed_of_the_worker_and_is_audited(op, noon):
    client = signed_in(op)
    assert client.post("/ops/ranker/train").status_code == 302
    sure = client.post("/api/ranker/train", {"sure": True}, content_type="application/json")
    assert sure.status_code == 202
    assert AuditEntry.objects.filter(verb="ranker.train", actor=op.public_id).count() == 2


def test_a_damaged_model_is_a_fault_in_words(op, shelf, noon):
    put(shelf, 1, now=noon)
    (path,) = shelf.folder.glob("*.model")
    path.write_bytes(b"broken")
    said = page(signed_in(op))
    assert "正在用的模型读不出来" in said
    assert signed_in(op).get("/api/ranker").json()["ranker"]["state"] == "damaged"
