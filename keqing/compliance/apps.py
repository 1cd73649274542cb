from django.apps import AppConfig


class ComplianceConfig(AppConfig):
    name = "keqing.compliance"
    label = "compliance"
    verbose_name = "合规"
