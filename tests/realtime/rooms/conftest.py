"""A real room program on a platform of its own, with one session on air."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from shanhuo.kernel import clock
from shanhuo.live.tickets import Ticket, write
from tests import empty
from tests.ports import free_port
from tests.realtime.conftest import ROOT
from tests.realtime.rooms.sockets import Page

OPEN_A_SESSION = """
import json
from django.conf import settings
from shanhuo.kernel import clock
from shanhuo.live.models import Cast, Session
from shanhuo.people.models import Organisation, User
from shanhuo.regions.models import County, Province
now = clock.now()
province = Province.objects.create(adcode="500000", name="重庆市")
county = County.objects.create(adcode="500237", name="巫山县", province=province)
orchard = Organisation.objects.create(
    kind="creator", name="赵大姐的果园", county=county, status="verified"
)
people = {name: User.objects.create(display_name=name).pk for name in ("zhao", "mei", "lin")}
sessions = {}
for title in ("one", "two"):
    session = Session.objects.create(
        title=title, organisation=orchard, county=county, host_id=people["zhao"],
        status="on_air", created_at=now, starts_at=now, on_air_at=now,
    )
    Cast.objects.create(session=session, user_id=people["zhao"], role="host")
    sessions[title] = {"pk": session.pk, "key": session.media_key}
print(json.dumps({"people": people, "sessions": sessions, "secret": settings.SECRET_KEY}))
"""


@dataclass(slots=True)
class Rooms:
    """The running program, and how one gets in."""

    folder: Path
    port: int
    people: dict[str, int]
    sessions: dict[str, dict[str, Any]]
    environment: dict[str, str]
    process: "subprocess.Popen[bytes] | None" = None
    pages: list[Page] = field(default_factory=list)

    def start(self) -> None:
        command = [sys.executable, "-m", "shanhuo", "rooms", "--port", str(self.port)]
        self.process = subprocess.Popen(command, env=self.environment, cwd=ROOT)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=2):
                    return
            except OSError:
                time.sleep(0.05)
        raise TimeoutError("the rooms did not open")

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)

    def close_pages(self) -> None:
        for page in self.pages:
            page.line.close()
        self.pages.clear()

    def ticket(self, who: str = "", *, session: str = "one", viewer: int = 0) -> str:
        """For somebody by name, or for nobody in particular."""
        user = self.people.get(who, 0)
        seat = Ticket(self.sessions[session]["pk"], viewer or 100 + user, user, bool(user))
        return write(seat, now=clock.now())

    def enter(self, who: str = "", *, session: str = "one", viewer: int = 0, **more: Any) -> Page:
        page = Page(self.port, self.ticket(who, session=session, viewer=viewer), **more)
        self.pages.append(page)
        return page

    def state(self, session: str = "one") -> dict[str, Any]:
        """What `room.json` says now."""
        folder = self.folder / "media" / "live" / self.sessions[session]["key"]
        return dict(json.loads((folder / "room.json").read_bytes()))

    def tell(self, program: str) -> str:
        """Run a few lines inside the platform; what they print."""
        command = [sys.executable, "-m", "shanhuo", "shell", "-v0", "-c", program]
        done = subprocess.run(
            command, env=self.environment, cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rooms]:
    """One program for all tests of the rooms."""
    folder = tmp_path_factory.mktemp("rooms")
    empty.move_in(folder)
    environment = {
        **os.environ,
        "SHANHUO_DATA_DIR": str(folder),
        "SHANHUO_DEBUG": "1",
        "SHANHUO_ROOMS_SOCKETS_PER_ADDRESS": "40",
        "SHANHUO_PROXY_COUNT": "1",
        "SHANHUO_SECRET_KEY": settings.SECRET_KEY,
        "DJANGO_SETTINGS_MODULE": "shanhuo.settings",
        "PYTHONPATH": str(ROOT),
    }
    rooms = Rooms(folder, free_port(), {}, {}, environment)
    opened = json.loads(rooms.tell(OPEN_A_SESSION))
    rooms.people, rooms.sessions = opened["people"], opened["sessions"]
    rooms.start()
    yield rooms
    rooms.close_pages()
    assert rooms.process is not None
    rooms.process.terminate()
    assert rooms.process.wait(20) == 0


@pytest.fixture
def rooms(house: Rooms) -> Iterator[Rooms]:
    """The program; pages of a test end with it."""
    yield house
    house.close_pages()
