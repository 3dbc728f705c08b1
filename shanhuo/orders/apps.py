from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "shanhuo.orders"

    def ready(self) -> None:
        from shanhuo.orders import checks  # noqa: F401
        from shanhuo.orders.personal_data import HOLDING
        from shanhuo.people import personal_data

        personal_data.holds("orders", HOLDING)
