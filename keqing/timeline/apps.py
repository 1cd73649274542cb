from django.apps import AppConfig


class TimelineConfig(AppConfig):
    name = "keqing.timeline"
    label = "timeline"
    verbose_name = "往来"
