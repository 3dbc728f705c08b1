from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class KernelConfig(AppConfig):
    name = "shanhuo.kernel"

    def ready(self) -> None:
        # Every room's receivers and periodic tasks are registered by being imported.
        autodiscover_modules("receivers", "tasks")
