"""A delivery as the letter that goes out: who it is for, in the words of its template."""

from keqing.messaging.channels import Channel
from keqing.messaging.kinds import open_in_groups
from keqing.messaging.models import Delivery, Message, Reach, Template
from keqing.messaging.setup import outward
from keqing.messaging.transport import Letter
from keqing.messaging.wording import DELIVERED, fill

MASKED = "有新消息，请登录客情查看。"


def letter_for(*, delivery: Delivery) -> Letter:
    """Everything a client needs. Needs the message and its recipient loaded."""
    message = delivery.message
    person = message.recipient
    link = _link(message.url)
    title, body = wording_of(kind=message.kind, channel=delivery.channel)
    is_robot = delivery.channel == Channel.ROBOT
    said = (message.title, message.text)
    if is_robot and not open_in_groups(message.kind):  # a group may have people who must not know the customer
        said = (message.kind_label, MASKED)
    values = {"title": said[0], "text": said[1], "link": link, "name": person.name, "kind": message.kind_label}
    return Letter(
        id=f"keqing-{delivery.pk}",
        title=fill(title, values),
        text=fill(body, values),
        # the robot's template has the link in its text
        link="" if is_robot else link,
        name=person.name,
        email=person.email,
        mobile=person.mobile,
        wecom_user=_wecom_user(person.pk, person.login_name) if delivery.channel == Channel.WECOM else "",
        mentioned=_mentioned(message) if is_robot else [],
    )


def wording_of(*, kind: str, channel: str) -> tuple[str, str]:
    """Title and body of a kind on a channel: its own, else the general one, else as delivered."""
    own = {row.kind: row for row in Template.objects.filter(kind__in=[kind, ""], channel=channel)}
    found = own.get(kind) or own.get("")
    return (found.title, found.body) if found else DELIVERED[Channel(channel)]


def _link(url: str) -> str:
    """A whole address, where the installation knows its own; a message read elsewhere cannot follow half of one."""
    address = outward().address
    return f"{address}{url}" if url.startswith("/") and address else ""


def _wecom_user(staff_id: int, login_name: str) -> str:
    """Most companies use one name for both; who differs says so in 通知设置."""
    own = Reach.objects.filter(staff_id=staff_id).values_list("wecom_user", flat=True).first()
    return own or login_name


def _mentioned(message: Message) -> list[str]:
    """Everybody the same message went to."""
    people = Message.objects.filter(kind=message.kind, key=message.key).values_list("recipient__mobile", flat=True)
    return sorted({mobile for mobile in people if mobile})
