"""Attack 40: a fresh or a demo installation is never opened to the public."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from shanhuo.config import INSECURE_KEY, Config
from shanhuo.console import preflight
from shanhuo.console.demo import setting
from shanhuo.kernel import audit, clock


def config(tmp_path: Path, **changes: object) -> Config:
    """A configuration that may serve, but for `changes`."""
    fit = {
        "secret_key": SecretStr("s" * 20 + "ecret" * 8),
        "field_key": SecretStr("f" * 20 + "ield" * 10),
        "public_origin": "https://shanhuo.example",
        "data_dir": tmp_path,
        "debug": False,
        "demo": False,
    }
    return Config.model_validate({**fit, **changes})


def test_a_configuration_fit_for_the_public_passes(tmp_path: Path) -> None:
    assert list(preflight.unsafe_settings(config(tmp_path))) == []


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"secret_key": INSECURE_KEY}, "SHANHUO_SECRET_KEY is not set"),
        ({"field_key": INSECURE_KEY}, "SHANHUO_FIELD_KEY is not set"),
        ({"secret_key": "short"}, "SHANHUO_SECRET_KEY is shorter"),
        ({"secret_key": "f" * 20 + "ield" * 10}, "the same"),
        ({"debug": True}, "SHANHUO_DEBUG"),
        ({"demo": True}, "SHANHUO_DEMO"),
        ({"public_origin": "http://shanhuo.example"}, "SHANHUO_PUBLIC_ORIGIN"),
    ],
)
def test_attack_40_an_unsafe_setting_is_named(
    tmp_path: Path, changes: dict[str, object], named: str
) -> None:
    found = list(preflight.unsafe_settings(config(tmp_path, **changes)))
    assert len(found) == 1
    assert named in found[0]


@pytest.mark.django_db
def test_attack_40_the_folder_of_a_demo_is_recognised(tmp_path: Path) -> None:
    (tmp_path / setting.MARK).touch()
    assert len(list(preflight.demo_data(config(tmp_path)))) == 1


@pytest.mark.django_db
def test_attack_40_demo_data_is_recognised_after_it_was_moved(tmp_path: Path) -> None:
    assert list(preflight.demo_data(config(tmp_path))) == []
    audit.record(verb=setting.BUILT_VERB, subject="console.Demo", now=clock.now())
    assert len(list(preflight.demo_data(config(tmp_path)))) == 1
