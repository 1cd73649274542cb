from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "keqing.access"
    label = "access"
    verbose_name = "人员与权限"
