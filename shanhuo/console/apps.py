from django.apps import AppConfig
from django.conf import settings

from shanhuo.kernel import clock, tempo


class ConsoleConfig(AppConfig):
    name = "shanhuo.console"

    def ready(self) -> None:
        # `serve` refuses to start as a demo, so no other platform ever reads such a file.
        if settings.DEMO:
            clock.follow(tempo.TempoClock(settings.DATA_DIR / tempo.FILE).now)
