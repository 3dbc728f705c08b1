from django.apps import AppConfig


class ContentConfig(AppConfig):
    name = "shanhuo.content"

    def ready(self) -> None:
        from shanhuo.content.personal_data import HOLDING
        from shanhuo.people import personal_data

        personal_data.holds("content", HOLDING)
