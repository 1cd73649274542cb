from django.apps import AppConfig


class FollowupsConfig(AppConfig):
    name = "keqing.followups"
    label = "followups"
    verbose_name = "跟进"

    def ready(self) -> None:
        from keqing.access import handover
        from keqing.followups.handover import RemindersFollow, RemindersGoWithCustomers
        from keqing.people import transfer

        handover.register(RemindersFollow())
        transfer.register(RemindersGoWithCustomers())
