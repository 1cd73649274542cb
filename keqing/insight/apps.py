from django.apps import AppConfig


class InsightConfig(AppConfig):
    name = "keqing.insight"
    label = "insight"
    verbose_name = "报表"

    def ready(self) -> None:
        from django.urls import reverse

        from keqing.insight.asked import KEY, open_contacts
        from keqing.insight.duties import DUTIES, open_duties
        from keqing.insight.permissions import Can
        from keqing.insight.sales_list import open_salespeople
        from keqing.insight.source_lists import open_sources, sources_address
        from keqing.kit.list_registry import register
        from keqing.lifecycle import report_files as lifecycle_files
        from keqing.lifecycle.permissions import Can as LifecycleCan
        from keqing.playbooks import report_files as playbook_files
        from keqing.playbooks.permissions import Can as PlaybooksCan

        register(name="sources", word="lead.report", opener=open_sources, address=sources_address)
        register(name="salespeople", word="team.view", opener=open_salespeople, address=lambda _: reverse("insight:people"))
        # the tables of the pages of reports: for files, rows made when they are asked for
        for name, word, opener, page in (
            (KEY, Can.CONTACTS, open_contacts, "insight:contacts"), (DUTIES, Can.CONTACTS, open_duties, "insight:duties"),
            (lifecycle_files.LOSSES, LifecycleCan.VIEW, lifecycle_files.open_losses, "lifecycle:losses"),
            (lifecycle_files.EFFECTS, LifecycleCan.VIEW, lifecycle_files.open_effects, "lifecycle:effect_report"),
            (lifecycle_files.RESULT, LifecycleCan.VIEW, lifecycle_files.open_result, "lifecycle:result"),
            (lifecycle_files.COVERAGE, LifecycleCan.PLAN, lifecycle_files.open_coverage, "lifecycle:coverage"),
            (playbook_files.RETENTION, PlaybooksCan.VIEW, playbook_files.open_retention, "playbooks:retention"),
            (playbook_files.ALARMS, PlaybooksCan.VIEW, playbook_files.open_alarms, "playbooks:alarms"),
        ):
            register(name=name, word=word, opener=opener, address=lambda _, page=page: reverse(page))  # type: ignore[misc]
