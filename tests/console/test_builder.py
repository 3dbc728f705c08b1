from collections.abc import Iterator
from pathlib import Path

import pytest

from shanhuo.console.demo import builder, setting
from shanhuo.console.demo.season import Step


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A season of one step; what was built, in order."""
    record: list[str] = []

    class Season:
        def __init__(self, *, built_at: object, folder: Path) -> None:
            self.folder = folder

        def steps(self) -> tuple[Step, ...]:
            return (Step("season", 1, self._play),)

        def _play(self) -> Iterator[object]:
            assert not (self.folder / "shanhuo.sqlite3").exists()
            (self.folder / "shanhuo.sqlite3").touch()
            record.append("season")
            yield None

    monkeypatch.setattr(builder, "Season", Season)
    monkeypatch.setattr(builder, "call_command", lambda *_args, **_options: None)
    return record


def test_a_complete_season_is_left_alone(built: list[str], tmp_path: Path) -> None:
    builder.build_if_needed(tmp_path)
    builder.build_if_needed(tmp_path)
    assert built == ["season"]


def test_a_season_of_another_version_is_built_anew(
    built: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    builder.build_if_needed(tmp_path)
    monkeypatch.setattr(builder, "_version", lambda: "another")
    builder.build_if_needed(tmp_path)
    assert built == ["season", "season"]


def test_what_a_killed_start_left_is_torn_down_except_what_can_be_used_again(
    built: list[str], tmp_path: Path
) -> None:
    kept = [tmp_path / setting.MARK, tmp_path / "clips" / "0.mp4", tmp_path / "secrets" / "KEY"]
    half = [tmp_path / "shanhuo.sqlite3", tmp_path / "signals" / "open" / "1.seg"]
    for path in (*kept, *half):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    builder.build_if_needed(tmp_path)
    assert built == ["season"]
    assert all(path.exists() for path in kept)
    assert not half[1].exists()
