"""The WSGI application, for servers that run pages alone."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shanhuo.settings")
application = get_wsgi_application()
