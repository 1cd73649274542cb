"""What this installation can deliver through."""

from django.conf import settings

from config.outward import Outward, Robot
from keqing.messaging.channels import Channel


def outward() -> Outward:
    """Addresses and credentials, as the settings read them."""
    found: Outward = settings.OUTWARD
    return found


def configured() -> frozenset[str]:
    """The channels that can be used."""
    now = outward()
    services = {Channel.EMAIL: now.smtp, Channel.SMS: now.sms, Channel.WECOM: now.wecom, Channel.ROBOT: now.robots}
    return frozenset({Channel.APP.value, *(channel.value for channel, one in services.items() if one)})


def robot_named(name: str) -> Robot | None:
    """The group robot of this name, as it is set up now."""
    return next((one for one in outward().robots if one.name == name), None)
