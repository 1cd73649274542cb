from django.apps import AppConfig


class InsightConfig(AppConfig):
    name = "keqing.insight"
    label = "insight"
    verbose_name = "报表"

    def ready(self) -> None:
        from django.urls import reverse

        from keqing.insight.sales_list import open_salespeople
        from keqing.insight.source_lists import open_sources, sources_address
        from keqing.kit.list_registry import register

        register(name="sources", word="lead.report", opener=open_sources, address=sources_address)
        register(name="salespeople", word="team.view", opener=open_salespeople, address=lambda _: reverse("insight:people"))
