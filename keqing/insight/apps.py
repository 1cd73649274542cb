from django.apps import AppConfig


class InsightConfig(AppConfig):
    name = "keqing.insight"
    label = "insight"
    verbose_name = "报表"
