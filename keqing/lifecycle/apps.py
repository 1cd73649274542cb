from django.apps import AppConfig


class LifecycleConfig(AppConfig):
    name = "keqing.lifecycle"
    label = "lifecycle"
    verbose_name = "生命周期"

    def ready(self) -> None:
        from keqing.access import delegated, handover
        from keqing.batches import registry as batches
        from keqing.lifecycle.batches import MoveBatch
        from keqing.lifecycle.handover import TARGETS, TargetsGoWithCustomers
        from keqing.lifecycle.permissions import Can
        from keqing.people import transfer

        handover.register_movable(TARGETS)
        transfer.register(TargetsGoWithCustomers())
        delegated.register_shared(read=(Can.VIEW,), write=(Can.EDIT,))
        batches.register(MoveBatch())
        self._register_lists()

    def _register_lists(self) -> None:
        from django.urls import reverse

        from keqing.kit.list_registry import register
        from keqing.lifecycle import tables
        from keqing.lifecycle.permissions import Can

        lists = (
            ("needs", tables.open_needs), ("targets", tables.open_targets), ("stage_changes", tables.open_changes),
            ("effects", tables.open_effects),
        )
        for name, opener in lists:
            register(name=name, word=Can.VIEW, opener=opener, address=lambda _, name=name: reverse(f"lifecycle:{name}"))  # type: ignore[misc]
