from pathlib import Path

import pytest

from shanhuo.console.demo import setting
from shanhuo.console.demo.setting import Setting, UnsafePlace


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_attack_40_the_demo_never_touches_a_configured_database(elsewhere: Path) -> None:
    with pytest.raises(UnsafePlace, match=r"db\.example"):
        Setting.from_environment(
            {"SHANHUO_DATABASE_URL": "postgresql://shanhuo@db.example/shanhuo"}, port=8000
        )
    assert list(elsewhere.iterdir()) == []


def test_the_demo_does_not_move_into_a_folder_that_is_not_its_own(elsewhere: Path) -> None:
    strange = elsewhere / "var" / "demo" / "shanhuo.sqlite3"
    strange.parent.mkdir(parents=True)
    strange.touch()
    with pytest.raises(UnsafePlace):
        Setting.from_environment({}, port=8000)
    assert sorted(strange.parent.iterdir()) == [strange]


def test_the_demo_keeps_its_keys_and_shows_them_to_nobody(elsewhere: Path) -> None:
    place = Setting.from_environment({}, port=8000)
    first, second = place.environment(), place.environment()
    keys = sorted(Path(first["SHANHUO_SECRETS_DIR"]).iterdir())
    assert first == second
    assert [path.name for path in keys] == ["SHANHUO_FIELD_KEY", "SHANHUO_SECRET_KEY"]
    assert {path.stat().st_mode & 0o777 for path in keys} == {0o600}
    assert len({path.read_text() for path in keys}) == 2


def test_every_program_of_the_demo_is_told_that_it_is_one(elsewhere: Path) -> None:
    environment = Setting.from_environment({}, port=8180).environment()
    assert environment["SHANHUO_DEMO"] == "1"
    assert environment["SHANHUO_DATABASE_URL"] == ""
    assert environment["SHANHUO_DATA_DIR"] == str(elsewhere / "var" / "demo")
    assert (elsewhere / "var" / "demo" / setting.MARK).exists()
