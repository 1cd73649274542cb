from django.apps import AppConfig


class PlaybooksConfig(AppConfig):
    name = "keqing.playbooks"
    label = "playbooks"
    verbose_name = "跟进方案"

    def ready(self) -> None:
        from keqing.lifecycle import entries
        from keqing.messaging import kinds
        from keqing.playbooks import tasks  # noqa: F401  periodic work registers itself
        from keqing.playbooks.actions.nightly import MESSAGE
        from keqing.playbooks.entries import PlansFollowStages

        entries.register(PlansFollowStages())
        kinds.register(key=MESSAGE, label="夜间生成的跟进")
