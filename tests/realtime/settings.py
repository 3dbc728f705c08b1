"""The platform's settings with other addresses, on which the bridge can be tried: whatever the
application's own middlewares would say about them is left out."""

from shanhuo import settings as ours
from shanhuo.settings import *  # noqa: F403

ROOT_URLCONF = "tests.realtime.calm"
MIDDLEWARE = [name for name in ours.MIDDLEWARE if name.startswith(("django.", "allauth."))]
