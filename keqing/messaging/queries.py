"""What the pages of messages show."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db.models import Count, Max, Q

from keqing.access.models import Staff
from keqing.messaging.channels import OUTWARD, PERSONAL, Channel
from keqing.messaging.kinds import kinds, label_of
from keqing.messaging.models import Delivery, DigestItem, GroupRobot, Message, Preference, Reach, Template
from keqing.messaging.setup import configured, outward
from keqing.messaging.wording import DELIVERED

TRIAL = "trial"
PER_PAGE = 30
SEEN = timedelta(days=7)
# what to set up; docs/operations.md gives the names of the variables
SETTINGS = {
    Channel.EMAIL: "邮件服务器地址（含用户名和密码）、发件地址",
    Channel.SMS: "短信网关地址、账号、密钥、签名",
    Channel.WECOM: "企业编号、应用密钥、应用编号",
    Channel.ROBOT: "各群机器人的名称和完整网址",
}


@dataclass(frozen=True)
class Inbox:
    """A page of a person's messages, newest first; ``newest`` is what 全部已读 reaches."""

    messages: Sequence[Message]
    unread: bool
    older: int
    newest: int

    @property
    def has_unread(self) -> bool:
        return any(message.read_at is None for message in self.messages)


def inbox(*, staff: Staff, unread: bool, before: int | None) -> Inbox:
    """One statement, on later pages two."""
    rows = Message.objects.unread_by(staff) if unread else Message.objects.visible_to(staff)
    last = Message.objects.visible_to(staff).filter(pk=before).first() if before else None
    if last is not None:
        older = Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, pk__lt=last.pk)
        rows = rows.filter(older, created_at__lte=last.created_at)
    page = list(rows.order_by("-created_at", "-pk")[: PER_PAGE + 1])
    shown = page[:PER_PAGE]
    newest = max((message.pk for message in shown), default=0)
    return Inbox(shown, unread, shown[-1].pk if len(page) > PER_PAGE else 0, newest)


def already_told(*, kinds: Collection[str], keys: Collection[str], people: Collection[int]) -> set[tuple[int, str]]:
    """Who (by id) has heard, or will read in the next digest, of what under one of these kinds: person and key. Two statements."""
    if not keys:
        return set()
    found: set[tuple[int, str]] = set()
    for model in (Message, DigestItem):
        rows = model.objects.filter(recipient__in=people, kind__in=kinds, key__in=keys)  # type: ignore[attr-defined]
        found |= set(rows.order_by().values_list("recipient_id", "key"))
    return found


@dataclass(frozen=True)
class ChannelLine:
    """A channel as the administrator sees it. No secret, not even a part of one."""

    channel: Channel
    ready: bool
    where: str
    settings: str
    sent: int
    failed: int
    given_up: int
    waiting: int
    last_sent_at: datetime | None
    robots: Sequence[RobotLine] = ()


@dataclass(frozen=True)
class RobotLine:
    """One group robot that is set up: where, and what its group hears of."""

    name: str
    where: str
    labels: Sequence[str]


def robot_lines() -> list[RobotLine]:
    """One statement."""
    chosen = dict(GroupRobot.objects.values_list("name", "kinds"))
    return [
        RobotLine(robot.name, urlsplit(robot.url).netloc, [label_of(key) for key in chosen.get(robot.name, ())])
        for robot in outward().robots
    ]


def channel_lines(*, at: datetime) -> list[ChannelLine]:
    """Every way out, what it did in the last seven days. Two statements."""
    rows = (
        Delivery.objects.filter(created_at__gte=at - SEEN, channel__in=OUTWARD).order_by()
        .values("channel", "state").annotate(n=Count("pk"), last=Max("done_at"))
    )  # fmt: skip
    found = {(row["channel"], row["state"]): row for row in rows}
    ready, robots = configured(), robot_lines()
    return [_line(channel, channel.value in ready, found, robots if channel == Channel.ROBOT else ()) for channel in OUTWARD]


def _line(
    channel: Channel, ready: bool, found: Mapping[tuple[str, str], Mapping[str, object]], robots: Sequence[RobotLine]
) -> ChannelLine:
    def count(*states: str) -> int:
        return sum(int(found[channel, state]["n"]) for state in states if (channel, state) in found)  # type: ignore[call-overload]

    last = found.get((channel, "sent"), {}).get("last")
    return ChannelLine(
        channel, ready, _where(channel), SETTINGS[channel], count("sent"), count("failed"), count("given_up"),
        count("waiting", "sending"), last if isinstance(last, datetime) else None, robots,
    )  # fmt: skip


def _where(channel: Channel) -> str:
    """The host alone: an address may hold a key."""
    now = outward()
    if channel == Channel.EMAIL:
        return f"{now.smtp.host}:{now.smtp.port}" if now.smtp else ""
    if channel == Channel.ROBOT:
        return "、".join(dict.fromkeys(urlsplit(robot.url).netloc for robot in now.robots))
    service = {Channel.SMS: now.sms, Channel.WECOM: now.wecom}[channel]
    return urlsplit(service.url).netloc if service else ""


@dataclass(frozen=True)
class TemplateLine:
    """How one channel reads: in general, or for one kind."""

    kind: str
    kind_label: str
    channel: Channel
    title: str
    body: str
    stored: Template | None


def template_lines() -> list[TemplateLine]:
    """The general wording of every channel, and those of single kinds that somebody wrote. One statement."""
    stored = {(row.kind, row.channel): row for row in Template.objects.all()}
    general = [template_line(kind="", channel=channel, stored=stored.get(("", channel))) for channel in OUTWARD]
    single = [template_line(kind=row.kind, channel=Channel(row.channel), stored=row) for row in stored.values() if row.kind]
    return general + sorted(single, key=lambda line: (line.kind_label, line.channel))


def template_line(*, kind: str, channel: Channel, stored: Template | None) -> TemplateLine:
    """A stored template, or the delivered text in its place."""
    title, body = (stored.title, stored.body) if stored else DELIVERED[channel]
    return TemplateLine(kind, label_of(kind) if kind else "通用", channel, title, body, stored)


@dataclass(frozen=True)
class Wishes:
    """A person's settings, with what holds where they never chose."""

    reach: Reach
    chosen: Mapping[str, Sequence[str]]


def wishes_of(staff: Staff) -> Wishes:
    """Two statements."""
    reach = Reach.objects.filter(staff=staff).first() or Reach(staff=staff)
    own = dict(Preference.objects.filter(staff=staff).values_list("kind", "channels"))
    return Wishes(
        reach,
        {
            kind.key: own.get(kind.key, [one.value for one in PERSONAL if one in kind.channels])
            for kind in kinds() if not kind.digest and kind.key != TRIAL
        },
    )  # fmt: skip
