from django.apps import AppConfig


class NewsConfig(AppConfig):
    name = "keqing.news"
    label = "news"
    verbose_name = "市场动态"

    def ready(self) -> None:
        from django.urls import reverse

        from keqing.interchange import registry as imports
        from keqing.kit.list_registry import register
        from keqing.messaging import kinds
        from keqing.messaging.channels import Channel
        from keqing.news.actions import PRODUCT, TOPIC
        from keqing.news.imports import IntelImport
        from keqing.news.permissions import Can
        from keqing.news.tables import open_intel

        imports.register(IntelImport())
        register(name="news", word=Can.VIEW, opener=open_intel, address=lambda _: reverse("news:news"))
        kinds.register(key=PRODUCT, label="关注产品的动态", channels=(Channel.EMAIL, Channel.WECOM), open_in_groups=True)
        kinds.register(key=TOPIC, label="关注主题的动态", digest=True)
