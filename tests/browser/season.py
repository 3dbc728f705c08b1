"""The people of the story, before it begins. Run inside the platform that `house` opens.

They get their roles through the same services as everybody; what they do afterwards, they do with
the browser.
"""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shanhuo.settings")
django.setup()

from django.conf import settings  # noqa: E402

from shanhuo.kernel import clock  # noqa: E402
from shanhuo.people import phones  # noqa: E402
from shanhuo.people import services as people  # noqa: E402
from shanhuo.people.models import Organisation, User  # noqa: E402
from shanhuo.regions import loading, queries  # noqa: E402
from shanhuo.regions.pack import BUNDLED, DataPack  # noqa: E402
from tests import empty  # noqa: E402
from tests.browser.people import PHONES  # noqa: E402

Kind = Organisation.Kind


def person(name: str, phone: str) -> User:
    number = phones.normalise(phone)
    return User.objects.create(
        display_name=name,
        phone=number,
        phone_digest=phones.digest(number),
        joined_at=clock.now(),
    )


def prepare() -> None:
    empty.move_in(settings.DATA_DIR)
    loading.load_regions(pack=DataPack(BUNDLED))
    wushan = queries.county_of("500237")
    op = person("平台运营", PHONES["op"])
    wang = person("王专员", PHONES["wang"])
    lin = person("林合作社", PHONES["lin"])
    person("赵大姐", PHONES["zhao"])
    person("梅买家", PHONES["mei"])
    audit = person("审计员", PHONES["audit"])
    # Of no office yet: for tests that need an officer elsewhere than in the story.
    person("杨专员", PHONES["yang"])
    now = clock.now()
    opened = (
        (Kind.PLATFORM, "山货平台", None, op),
        (Kind.AUDITOR, "审计组", None, audit),
        (Kind.COUNTY_OFFICE, "巫山县农业农村委", wushan, wang),
        (Kind.MERCHANT, "巫山山货合作社", wushan, lin),
    )
    for kind, name, county, owner in opened:
        people.open_organisation(
            kind=kind, name=name, county=county, owners=[owner], opened_by=None, now=now
        )


if __name__ == "__main__":
    prepare()
