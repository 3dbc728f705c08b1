"""Where the demo lives: its own folder, keys, ports and environment. Loads no Django."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlparse

DATA_DIR = Path("var/demo")
MARK = "THIS-IS-A-DEMO"
BUILT_VERB = "demo.build_season"
_MARK_TEXT = "Made by `make demo`. Everything in this folder may be deleted and is rebuilt.\n"
_SECRETS = ("SECRET_KEY", "FIELD_KEY")


@dataclass(frozen=True, slots=True)
class Login:
    """A demo person anybody may be."""

    phone: str
    role_zh: str
    role_en: str


# The demo sends no SMS: whoever may own such a number hears nothing of it.
LOGINS = (
    Login("17000000001", "平台运营", "operator"),
    Login("17000000002", "巫山县专员", "county officer"),
    Login("17000000003", "合作社", "cooperative"),
    Login("17000000004", "农户", "farmer"),
    Login("17000000005", "买家", "buyer"),
    Login("17000000006", "审计", "auditor"),
)


class UnsafePlace(Exception):
    """The demo would touch something that is not its own; one sentence says what."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One demo: `payment_port` is where the demo payment company answers."""

    data_dir: Path
    port: int
    payment_port: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], *, port: int) -> "Setting":
        """The demo's place. Raises UnsafePlace when the environment points at another platform."""
        data_dir = DATA_DIR.resolve()
        _require_no_foreign_database(environment.get("SHANHUO_DATABASE_URL", ""), data_dir)
        _require_own_folder(data_dir)
        return cls(data_dir=data_dir, port=port, payment_port=port + 1)

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def rtmp_port(self) -> int:
        """Where encoders publish."""
        return self.port + 3

    @property
    def rooms_port(self) -> int:
        return self.port + 2

    @property
    def payment_origin(self) -> str:
        return f"http://localhost:{self.payment_port}"

    @property
    def payment_dir(self) -> Path:
        return self.data_dir / "demopay"

    def environment(self) -> dict[str, str]:
        """What every program of the demo is told."""
        secrets_dir = self._secrets_dir()
        return {
            "SHANHUO_DEMO": "1",
            "SHANHUO_DEBUG": "0",
            "SHANHUO_DATA_DIR": str(self.data_dir),
            "SHANHUO_DATABASE_URL": "",
            "SHANHUO_SECRETS_DIR": str(secrets_dir),
            "SHANHUO_PUBLIC_ORIGIN": self.origin,
            "SHANHUO_RTMP_HOST": "127.0.0.1",
            "SHANHUO_RTMP_PORT": str(self.rtmp_port),
            "SHANHUO_ROOMS_PORT": str(self.rooms_port),
            "SHANHUO_ROOMS_URL": "",
            "SHANHUO_REDIS_URL": "",
            "SHANHUO_DEMOPAY_URL": f"http://127.0.0.1:{self.payment_port}",
        }

    def _secrets_dir(self) -> Path:
        """Keys of this demo alone, made once: its tokens are worth nothing elsewhere."""
        folder = self.data_dir / "secrets"
        folder.mkdir(mode=0o700, exist_ok=True)
        for name in _SECRETS:
            path = folder / f"SHANHUO_{name}"
            if not path.exists():
                path.touch(mode=0o600)
                path.write_text(secrets.token_urlsafe(48))
        return folder


def _require_no_foreign_database(url: str, data_dir: Path) -> None:
    """A database named in the environment is somebody's platform, never the demo's."""
    if not url:
        return
    parts = urlparse(url)
    raise UnsafePlace(
        f"SHANHUO_DATABASE_URL 指向 {parts.hostname or parts.path}；演示只用自己的数据库，"
        "请先执行 unset SHANHUO_DATABASE_URL。 "
        f"The demo keeps its own database in {data_dir} and touches no other: "
        "unset SHANHUO_DATABASE_URL first."
    )


def _require_own_folder(data_dir: Path) -> None:
    data_dir.mkdir(parents=True, exist_ok=True)
    mark = data_dir / MARK
    if mark.exists():
        return
    if any(data_dir.iterdir()):
        raise UnsafePlace(
            f"{data_dir} holds files that no demo made; move them away, or delete the folder."
        )
    mark.write_text(_MARK_TEXT)
