from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "shanhuo.web"
