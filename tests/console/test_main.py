"""What an administrator meets when a setting is wrong: one sentence, no trace."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def ask(folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "SHANHUO_DATA_DIR": str(folder), **settings}
    argv = [sys.executable, "-m", "shanhuo", "migrate", "--plan"]
    return subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)


def test_a_new_platform_makes_its_own_data_folder(tmp_path):
    assert ask(tmp_path / "new" / "data").returncode == 0
    assert (tmp_path / "new" / "data").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SHANHUO_SMS_BACKEND", "pigeon", "SHANHUO_SMS_BACKEND: Input should be 'console'"),
        ("SHANHUO_ALLOWED_HOSTS", "shanhuo.example", "SHANHUO_ALLOWED_HOSTS cannot be read"),
        ("SHANHUO_DATABASE_URL", "mysql://a@b/c", "PostgreSQL is postgresql://"),
        ("SHANHUO_DATABASE_URL", "postgresql://a:b@127.0.0.1:1/c", "The database does not answer"),
        ("SHANHUO_DATA_DIR", "/proc/nowhere", "set SHANHUO_DATA_DIR to a folder you may write"),
    ],
)
def test_a_wrong_setting_is_one_sentence(tmp_path, name, value, says):
    said = ask(tmp_path, **{name: value})
    assert said.returncode == 1
    assert says in said.stderr
    assert "Traceback" not in said.stderr
