from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "keqing.desk"
    label = "desk"
    verbose_name = "工作台"

    def ready(self) -> None:
        from keqing.access import handover
        from keqing.desk import starts
        from keqing.desk.handover import SharedViewsStay
        from keqing.desk.imports import StaffImport
        from keqing.desk.starts import customer_views
        from keqing.interchange.registry import register
        from keqing.playbooks import filters

        filters.register(customer_views)
        register(StaffImport())
        handover.register_personal(SharedViewsStay())
        self._register_lists()
        starts.connect()

    def _register_lists(self) -> None:
        from django.urls import reverse

        from keqing.desk.adoption import open_adoption
        from keqing.desk.permissions import Can
        from keqing.desk.tables import open_audit
        from keqing.followups.permissions import Can as FollowupsCan
        from keqing.kit.list_registry import register

        register(name="adoption", word=FollowupsCan.VIEW_TEAM, opener=open_adoption, address=lambda _: reverse("desk:adoption"))
        register(name="audit", word=Can.SEARCH_AUDIT, opener=open_audit, address=lambda _: reverse("desk:audit"))
