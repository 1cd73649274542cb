"""What this installation can deliver through."""

from django.conf import settings

from config.outward import Outward
from keqing.messaging.channels import Channel


def outward() -> Outward:
    """Addresses and credentials, as the settings read them."""
    found: Outward = settings.OUTWARD
    return found


def configured() -> frozenset[str]:
    """The channels that can be used."""
    now = outward()
    services = {Channel.EMAIL: now.smtp, Channel.SMS: now.sms, Channel.WECOM: now.wecom, Channel.ROBOT: now.robot}
    return frozenset({Channel.APP.value, *(channel.value for channel, one in services.items() if one)})
