"""`python -m bench._roomtown USERS TICKETS FILE`: an empty platform with one show on air, and a
file of tickets for it; the first USERS of them belong to people who may write."""

import os
import sys
from pathlib import Path

import django


def main(users: int, count: int, file: Path) -> None:
    """One county, one host, one session; people without anything but a name."""
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    from shanhuo.kernel import clock  # noqa: PLC0415
    from shanhuo.live.models import Session  # noqa: PLC0415
    from shanhuo.live.tickets import Ticket, write  # noqa: PLC0415
    from shanhuo.people.models import Organisation, User  # noqa: PLC0415
    from shanhuo.regions.models import County, Province  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    now = clock.now()
    province = Province.objects.create(adcode="500000", name="重庆市")
    county = County.objects.create(adcode="500237", name="巫山县", province=province)
    house = Organisation.objects.create(
        kind="creator", name="果园", county=county, status="verified"
    )
    people = User.objects.bulk_create([User(display_name=f"观众{n}") for n in range(users + 1)])
    session = Session.objects.create(
        title="一晚",
        organisation=house,
        county=county,
        host=people[0],
        status="on_air",
        created_at=now,
        starts_at=now,
        on_air_at=now,
    )
    seats = [Ticket(session.pk, 1 + n, people[n].pk, True) for n in range(users)]
    seats += [Ticket(session.pk, 1 + n) for n in range(users, count)]
    file.write_text("\n".join(write(seat, now=now) for seat in seats), "ascii")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shanhuo.settings")
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
