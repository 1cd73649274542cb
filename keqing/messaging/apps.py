from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "keqing.messaging"
    label = "messaging"
    verbose_name = "消息"

    def ready(self) -> None:
        from keqing.messaging import tasks  # noqa: F401  periodic work registers itself
        from keqing.messaging.channels import Channel
        from keqing.messaging.kinds import register

        self._register_lists()
        register(key="digest", label="每日摘要", channels=(Channel.EMAIL, Channel.WECOM), personal=True)
        register(key="trial", label="测试消息", urgent=True, personal=True, open_in_groups=True)

    def _register_lists(self) -> None:
        from django.urls import reverse

        from keqing.kit.list_registry import register
        from keqing.messaging.permissions import Can
        from keqing.messaging.tables import open_deliveries

        register(
            name="deliveries", word=Can.MANAGE, opener=open_deliveries, address=lambda _: reverse("messaging:deliveries")
        )
