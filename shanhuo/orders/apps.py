from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "shanhuo.orders"

    def ready(self) -> None:
        from shanhuo.orders import checks  # noqa: F401
