from django.apps import AppConfig


class ComplianceConfig(AppConfig):
    name = "keqing.compliance"
    label = "compliance"
    verbose_name = "合规"

    def ready(self) -> None:
        from django.urls import reverse

        from keqing.compliance.permissions import Can
        from keqing.compliance.tables import open_refusals
        from keqing.kit.list_registry import register

        register(
            name="refusals", word=Can.VIEW_REFUSALS, opener=open_refusals, address=lambda _: reverse("compliance:refusals")
        )
