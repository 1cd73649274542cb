from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "keqing.access"
    label = "access"
    verbose_name = "人员与权限"

    def ready(self) -> None:
        from django.core.checks import register

        from keqing.access.checks import check_roles

        register(check_roles)
