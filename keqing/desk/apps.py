from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "keqing.desk"
    label = "desk"
    verbose_name = "工作台"
