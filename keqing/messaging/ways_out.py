"""Which client speaks for which channel."""

from keqing.messaging.channels import Channel
from keqing.messaging.mail import send_mail
from keqing.messaging.setup import outward, robot_named
from keqing.messaging.sms import send_sms
from keqing.messaging.transport import DeliveryFailed, Letter
from keqing.messaging.wecom import send_app_message, send_to_group


def hand_over(*, channel: str, letter: Letter, robot: str = "") -> str:
    """Give a letter to its service (``robot``: which group's); returns the service's id of it, empty where it has none."""
    now = outward()
    if channel == Channel.EMAIL and now.smtp:
        return send_mail(service=now.smtp, letter=letter)
    if channel == Channel.SMS and now.sms:
        return send_sms(service=now.sms, letter=letter, hosts=now.hosts)
    if channel == Channel.WECOM and now.wecom:
        return send_app_message(service=now.wecom, letter=letter, hosts=now.hosts)
    if channel == Channel.ROBOT and (service := robot_named(robot)):
        return send_to_group(service=service, letter=letter, hosts=now.hosts)
    raise DeliveryFailed("这个渠道没有配置。", permanent=True)
