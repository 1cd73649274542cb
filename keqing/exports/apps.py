from django.apps import AppConfig


class ExportsConfig(AppConfig):
    name = "keqing.exports"
    label = "exports"
    verbose_name = "导出"

    def ready(self) -> None:
        from keqing.exports import tasks  # noqa: F401  periodic work registers itself
