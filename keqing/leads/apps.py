from django.apps import AppConfig


class LeadsConfig(AppConfig):
    name = "keqing.leads"
    label = "leads"
    verbose_name = "线索"

    def ready(self) -> None:
        from keqing.access import handover
        from keqing.leads.handover import LEADS, LeadsFollow

        handover.register(LeadsFollow())
        handover.register_movable(LEADS)
        self._register_lists()
        self._register_messages()
        self._register_imports()

    def _register_lists(self) -> None:
        from django.urls import reverse

        from keqing.kit.list_registry import register
        from keqing.leads import pool_list, tables
        from keqing.leads.permissions import Can

        register(name="lead-pool", word=Can.HANDLE, opener=pool_list.open_pool, address=lambda _: reverse("leads:pool"))
        register(name="leads", word=Can.VIEW, opener=tables.open_leads, address=lambda _: reverse("leads:leads"))
        register(
            name="campaigns", word=(Can.MANAGE, Can.REPORT), opener=tables.open_campaigns,
            address=lambda _: reverse("leads:campaigns"),
        )

    def _register_messages(self) -> None:
        from keqing.leads.actions import telling
        from keqing.messaging.channels import Channel
        from keqing.messaging.kinds import register

        register(key=telling.ASSIGNED, label="新线索", channels=(Channel.WECOM,), urgent=True)
        register(key=telling.DUE, label="线索快到期", channels=(Channel.WECOM,))
        register(key=telling.OVERDUE, label="线索超时升级", channels=(Channel.WECOM, Channel.EMAIL))
        register(key=telling.RETURNED, label="线索退回")
        register(key=telling.JUDGED, label="客户的线索已判别", channels=(Channel.WECOM,))
        register(key=telling.RECYCLE, label="线索将收回公海")

    def _register_imports(self) -> None:
        from keqing.interchange.registry import register
        from keqing.leads.imports import LeadImport, ProspectCardImport

        register(LeadImport())
        register(ProspectCardImport())
