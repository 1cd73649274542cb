from django.apps import AppConfig


class PlaybooksConfig(AppConfig):
    name = "keqing.playbooks"
    label = "playbooks"
    verbose_name = "跟进方案"

    def ready(self) -> None:
        from keqing.access import delegated, founding
        from keqing.batches import registry as batches
        from keqing.lifecycle import entries
        from keqing.messaging import kinds
        from keqing.playbooks import tasks  # noqa: F401  periodic work registers itself
        from keqing.playbooks.actions.nightly import MESSAGE
        from keqing.playbooks.batches import EnrolBatch
        from keqing.playbooks.defaults import furnish
        from keqing.playbooks.entries import PlansFollowStages
        from keqing.playbooks.lapsed import MESSAGE as LAPSED
        from keqing.playbooks.permissions import Can

        delegated.register_shared(read=(Can.VIEW,), write=(Can.ENROL,))
        entries.register(PlansFollowStages())
        kinds.register(key=MESSAGE, label="夜间生成的跟进", personal=True)
        kinds.register(key=LAPSED, label="跟进方案的筛选失效")
        batches.register(EnrolBatch())
        batches.also_on(list_name="attention", actions=("schedule", "assign", "tag"))
        founding.register(furnish)
        self._register_lists()

    def _register_lists(self) -> None:
        from django.urls import reverse

        from keqing.kit.list_registry import register
        from keqing.playbooks import tables
        from keqing.playbooks.permissions import Can

        register(
            name="playbooks", word=Can.VIEW, opener=tables.open_playbooks, address=lambda _: reverse("playbooks:playbooks")
        )
        register(
            name="enrolments", word=Can.VIEW, opener=tables.open_enrolments, address=tables.enrolments_address
        )
        register(name="attention", word=Can.VIEW, opener=tables.open_attention, address=tables.attention_address)
