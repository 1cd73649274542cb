from django.apps import AppConfig


class KitConfig(AppConfig):
    name = "keqing.kit"
    label = "kit"
    verbose_name = "工具箱"
