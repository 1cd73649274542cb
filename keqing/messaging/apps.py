from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "keqing.messaging"
    label = "messaging"
    verbose_name = "消息"

    def ready(self) -> None:
        from keqing.messaging import tasks  # noqa: F401  periodic work registers itself
        from keqing.messaging.channels import Channel
        from keqing.messaging.kinds import register

        register(key="digest", label="每日摘要", channels=(Channel.EMAIL, Channel.WECOM))
        register(key="trial", label="测试消息", urgent=True)
