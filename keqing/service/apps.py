from django.apps import AppConfig


class ServiceConfig(AppConfig):
    name = "keqing.service"
    label = "service"
    verbose_name = "客户服务"

    def ready(self) -> None:
        from django.urls import reverse

        from keqing.access import delegated, handover
        from keqing.kit.list_registry import register
        from keqing.people import transfer
        from keqing.service import tasks  # noqa: F401  periodic work registers itself
        from keqing.service.handover import FEEDBACK, FeedbackFollows
        from keqing.service.permissions import Can
        from keqing.service.tables import open_feedback

        delegated.register_shared(read=(Can.VIEW,), write=(Can.HANDLE,))
        handover.register(FeedbackFollows())
        handover.register_movable(FEEDBACK)
        transfer.register(FeedbackFollows())
        register(name="feedback", word=Can.VIEW, opener=open_feedback, address=lambda _: reverse("service:feedback_list"))
        self._register_messages()

    def _register_messages(self) -> None:
        from keqing.messaging.channels import Channel
        from keqing.messaging.kinds import register
        from keqing.service.actions.escalating import LATE
        from keqing.service.actions.feedback import ADVERSE, NEW

        register(key=NEW, label="新的客户反馈", channels=(Channel.WECOM,))
        register(key=ADVERSE, label="不良反应", channels=(Channel.EMAIL, Channel.SMS, Channel.WECOM), urgent=True)
        register(key=LATE, label="反馈超时", channels=(Channel.EMAIL, Channel.WECOM))
