from django.apps import AppConfig


class FollowupsConfig(AppConfig):
    name = "keqing.followups"
    label = "followups"
    verbose_name = "跟进"

    def ready(self) -> None:
        from keqing.access import handover
        from keqing.batches import registry as batches
        from keqing.followups.batches import ScheduleBatch
        from keqing.followups.handover import REMINDERS, RemindersFollow, RemindersGoWithCustomers
        from keqing.messaging import kinds as messages
        from keqing.messaging.channels import Channel
        from keqing.people import transfer

        messages.register(key="promise", label="承诺到期", channels=(Channel.EMAIL, Channel.WECOM))
        handover.register(RemindersFollow())
        handover.register_movable(REMINDERS)
        transfer.register(RemindersGoWithCustomers())
        self._register_lists()
        batches.register(ScheduleBatch())

    def _register_lists(self) -> None:
        from django.urls import reverse

        from keqing.followups import tables
        from keqing.followups.permissions import Can
        from keqing.kit.list_registry import register

        register(
            name="contacts", word=Can.VIEW, opener=tables.open_contacts, address=lambda _: reverse("followups:contacts")
        )
        register(
            name="commitments", word=Can.VIEW_REMINDERS, opener=tables.open_commitments,
            address=lambda _: reverse("followups:commitments"),
        )
        register(
            name="reminders", word=Can.VIEW_REMINDERS, opener=tables.open_reminders,
            address=lambda _: reverse("followups:reminders"),
        )
