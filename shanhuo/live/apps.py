from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class LiveConfig(AppConfig):
    name = "shanhuo.live"

    def ready(self) -> None:
        from shanhuo.live import guards
        from shanhuo.live.personal_data import HOLDING
        from shanhuo.people import personal_data

        personal_data.holds("live", HOLDING)
        pre_migrate.connect(guards.before_tables_change, sender=self)
        post_migrate.connect(guards.after_tables_changed, sender=self)
