from django.apps import AppConfig


class InterchangeConfig(AppConfig):
    name = "keqing.interchange"
    label = "interchange"
    verbose_name = "导入导出"

    def ready(self) -> None:
        from django.urls import reverse

        from keqing.interchange.permissions import WORDS
        from keqing.interchange.tables import open_imports
        from keqing.kit.list_registry import register

        register(name="imports", word=WORDS, opener=open_imports, address=lambda _: reverse("interchange:imports"))
