"""The ways a message can reach a person."""

from django.db.models import TextChoices


class Channel(TextChoices):
    APP = "app", "站内"
    EMAIL = "email", "邮件"
    SMS = "sms", "短信"
    WECOM = "wecom", "企业微信"
    ROBOT = "robot", "企业微信群机器人"


# what a person may switch on and off for themselves: 站内 always stands, the robot speaks to a group
PERSONAL = (Channel.EMAIL, Channel.SMS, Channel.WECOM)
OUTWARD = (*PERSONAL, Channel.ROBOT)
