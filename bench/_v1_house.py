"""An empty platform with one creator who is signed in; prints what a client needs, as JSON."""

import json
import os

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "shanhuo.settings"
django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core.management import call_command  # noqa: E402

from shanhuo.kernel import clock  # noqa: E402
from shanhuo.people.models import Membership, Organisation, User  # noqa: E402
from shanhuo.regions.models import County, Province  # noqa: E402

call_command("migrate", verbosity=0)
province = Province.objects.create(adcode="500000", name="重庆市")
county = County.objects.create(adcode="500237", name="巫山县", province=province)
user = User.objects.create(display_name="赵大姐")
organisation = Organisation.objects.create(
    kind="creator", name="赵大姐的果园", county=county, status="verified"
)
Membership.objects.create(
    user=user, organisation=organisation, role="owner", started_at=clock.now()
)
session = SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = "shanhuo.people.backends.CodeBackend"
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session.create()
print(json.dumps({"session": session.session_key, "organisation": organisation.public_id}))
