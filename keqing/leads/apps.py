from django.apps import AppConfig


class LeadsConfig(AppConfig):
    name = "keqing.leads"
    label = "leads"
    verbose_name = "线索"
