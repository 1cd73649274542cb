from django.apps import AppConfig


class ExportsConfig(AppConfig):
    name = "keqing.exports"
    label = "exports"
    verbose_name = "导出"

    def ready(self) -> None:
        from django.urls import reverse

        from keqing.access import handover
        from keqing.exports import tasks  # noqa: F401  periodic work registers itself
        from keqing.exports.handover import RequestsEnd
        from keqing.exports.permissions import Can
        from keqing.exports.tables import open_log
        from keqing.kit.list_registry import register

        handover.register_personal(RequestsEnd())
        register(name="exports", word=Can.OVERSEE, opener=open_log, address=lambda _: reverse("exports:log"))
