from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "keqing.audit"
    label = "audit"
    verbose_name = "审计"
