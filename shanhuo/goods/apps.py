from django.apps import AppConfig


class GoodsConfig(AppConfig):
    name = "shanhuo.goods"
