from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "keqing.desk"
    label = "desk"
    verbose_name = "工作台"

    def ready(self) -> None:
        from keqing.desk.imports import StaffImport
        from keqing.interchange.registry import register

        register(StaffImport())
