"""An empty platform with one session that may go on air; prints what its host needs, as JSON."""

import json
import os
import sys

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "shanhuo.settings"
django.setup()

from django.core.management import call_command  # noqa: E402

from shanhuo.kernel import clock  # noqa: E402
from shanhuo.live.media import shelf  # noqa: E402
from shanhuo.live.models import Session  # noqa: E402
from shanhuo.live.services import airing  # noqa: E402
from shanhuo.people.models import Organisation, User  # noqa: E402
from shanhuo.regions.models import County, Province  # noqa: E402

if sys.argv[1:] == ["first"]:
    call_command("migrate", verbosity=0)
    call_command("collectstatic", "--noinput", verbosity=0)
province, _ = Province.objects.get_or_create(adcode="500000", defaults={"name": "重庆市"})
county, _ = County.objects.get_or_create(
    adcode="500237", defaults={"name": "巫山县", "province": province}
)
host = User.objects.create(display_name="赵大姐")
organisation = Organisation.objects.create(
    kind="creator", name=f"赵大姐的果园 {host.pk}", county=county, status="verified"
)
session = Session.objects.create(
    title="脆李开园",
    organisation=organisation,
    county=county,
    host=host,
    status=Session.Status.SCHEDULED,
    created_at=clock.now(),
    starts_at=clock.now(),
)
ticket = airing.take_ticket(
    session_id=session.pk, user_id=host.pk, is_rehearsal=False, now=clock.now()
)
print(json.dumps({"ticket": ticket, "film": shelf.address_of(session)}))
