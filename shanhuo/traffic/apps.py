from django.apps import AppConfig


class TrafficConfig(AppConfig):
    name = "shanhuo.traffic"

    def ready(self) -> None:
        from shanhuo.people import personal_data
        from shanhuo.traffic.personal_data import HOLDING

        personal_data.holds("traffic", HOLDING)
