"""A platform of its own folder, worked on by real processes: for tests that kill or starve them."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.realtime.conftest import ROOT, opened_door

MAKE_A_FILMER = """
from shanhuo.kernel import clock
from shanhuo.people import api_tokens
from shanhuo.people.models import Membership, Organisation, User
from shanhuo.regions.models import County, Province
from shanhuo.content import services as content
import json
province = Province.objects.create(adcode="500000", name="重庆市")
county = County.objects.create(adcode="500237", name="巫山县", province=province)
zhao = User.objects.create(display_name="赵大姐")
orchard = Organisation.objects.create(
    kind="creator", name="赵大姐的果园", county=county, status="verified"
)
Membership.objects.create(
    user=zhao, organisation=orchard, role="owner", started_at=clock.now()
)
post = content.draft_post(
    author=zhao, organisation_id=orchard.pk, county_id=county.pk, kind="clip",
    caption="今早下树", wants_review=True, now=clock.now(),
)
print(json.dumps({"token": api_tokens.issue(user=zhao, now=clock.now()), "post": post.public_id}))
"""


@dataclass(frozen=True, slots=True)
class Filmer:
    """A creator with a draft, and the token of her telephone."""

    token: str
    post: str


def whole_house(folder: Path, **more: str) -> opened_door:
    """The door with every room behind it."""
    return opened_door(folder, DJANGO_SETTINGS_MODULE="shanhuo.settings", **more)


def tell(house: opened_door, program: str) -> str:
    """Run a few lines inside the platform; what they print."""
    command = [sys.executable, "-m", "shanhuo", "shell", "-v0", "-c", program]
    done = subprocess.run(
        command, env=house.environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def make_filmer(house: opened_door) -> Filmer:
    return Filmer(**json.loads(tell(house, MAKE_A_FILMER)))
