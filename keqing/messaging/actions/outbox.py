"""Putting messages into the outbox, in the transaction of whoever has something to say."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction

from keqing.access.models import Staff
from keqing.kit import bulk
from keqing.messaging.channels import Channel
from keqing.messaging.kinds import MessageKind, kind_of
from keqing.messaging.models import Delivery, DigestItem, GroupRobot, Message, Preference
from keqing.messaging.setup import configured, outward

State = Delivery.State
TITLE, URL = 120, 300
REMEMBERED = timedelta(days=14)  # a matter a group has read of is not said to it again

_INSERT = """
    insert into {table} (recipient_id, kind, title, text, url, key, created_at)
    select * from unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[])
    on conflict (recipient_id, kind, key) do nothing
    returning id, recipient_id, kind, key
"""


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """One message before it is in the outbox; ``key`` says what it is about, e.g. ``lead.overdue:17``."""

    to: Staff
    kind: str
    title: str
    text: str
    key: str
    url: str = ""


def send(
    *, to: Iterable[Staff], kind: str, title: str, text: str, url: str = "", key: str, at: datetime
) -> list[int]:
    """One message to each of these people; returns the ids of those that are new.

    Part of the caller's transaction. Sent again with the same ``key`` a person gets nothing new; who left gets
    nothing. A kind of the daily digest waits for it and has no id yet. At most four statements.
    """
    return send_all(
        messages=[Outgoing(to=one, kind=kind, title=title, text=text, url=url, key=key) for one in to], at=at
    )


@transaction.atomic(savepoint=False)
def send_all(*, messages: Sequence[Outgoing], at: datetime) -> list[int]:
    """Many messages in as few statements as one (see ``send``)."""
    once = {(one.to.pk, one.kind, one.key): one for one in messages if one.to.is_active}
    for one in once.values():
        if not one.key or len(one.key) > TITLE:
            raise ValueError(f"a message needs a key of at most {TITLE} characters: {one.key!r}")
    gathered = [one for one in once.values() if kind_of(one.kind).digest]
    direct = [one for one in once.values() if not kind_of(one.kind).digest]
    if gathered:
        _insert(DigestItem._meta.db_table, gathered, at)
    if not direct:
        return []
    made = _insert(Message._meta.db_table, direct, at)
    if made:
        _deliver_later(made, at)
    return [row.id for row in made]


def withdraw_from_digests(*, kind: str, keys: Collection[str]) -> int:
    """What these keys are about is no more: digests yet to come say nothing of it. Returns how many lines went."""
    return DigestItem.objects.filter(message__isnull=True, kind=kind, key__in=keys).delete()[0]


@dataclass(frozen=True)
class _Made:
    id: int
    recipient_id: int
    kind: str
    key: str


def _insert(table: str, messages: Sequence[Outgoing], at: datetime) -> list[_Made]:
    columns = [
        [one.to.pk for one in messages], [one.kind for one in messages], [one.title.strip()[:TITLE] for one in messages],
        [one.text.strip() for one in messages], [one.url[:URL] for one in messages], [one.key for one in messages],
        [at] * len(messages),
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_INSERT.format(table=table), columns)
        return [_Made(*row) for row in cursor.fetchall()]


def _deliver_later(made: Sequence[_Made], at: datetime) -> None:
    """A line per message and channel. Quiet hours and addresses are looked at when it is sent, not here."""
    chosen = _chosen(made)
    ready = configured()
    rows = [
        _delivery(row.id, channel, ready, at)
        for row in made for channel in _channels(kind_of(row.kind), chosen.get((row.recipient_id, row.kind)))
    ]  # fmt: skip
    rows += [_delivery(message_id, Channel.ROBOT, ready, at, robot) for message_id, robot in _for_groups(made, at)]
    bulk.insert(rows)


def _channels(kind: MessageKind, chosen: Collection[str] | None) -> list[str]:
    """What the person chose of their own channels; 站内 is not theirs to switch off."""
    return list(kind.channels) if chosen is None else [Channel.APP.value, *chosen]


def _for_groups(made: Sequence[_Made], at: datetime) -> list[tuple[int, str]]:
    """Message and robot: a group reads of one matter once, however many people it concerns and however often it is sent.

    No statement while no robot is set up, else one, and one more where a group is to hear.
    """
    named = [robot.name for robot in outward().robots]
    if not named:
        return []
    first = {(row.kind, row.key): row.id for row in reversed(made)}
    hear: dict[str, list[str]] = {}
    for name, wanted in GroupRobot.objects.filter(name__in=named).order_by("pk").values_list("name", "kinds"):
        for kind in {one for one, _key in first}.intersection(wanted):
            if kind_of(kind).for_groups:
                hear.setdefault(kind, []).append(name)
    posts = [(kind, key, robot) for kind, key in first for robot in hear.get(kind, ())]
    if not posts:
        return []
    said = Delivery.objects.filter(
        channel=Channel.ROBOT, message__kind__in=hear, message__key__in=[key for _kind, key, _robot in posts],
        created_at__gte=at - REMEMBERED,
    ).values_list("message__kind", "message__key", "robot")
    known = set(said)
    return [(first[kind, key], robot) for kind, key, robot in posts if (kind, key, robot) not in known]


def _delivery(message_id: int, channel: str, ready: Collection[str], at: datetime, robot: str = "") -> Delivery:
    row = Delivery(message_id=message_id, channel=channel, robot=robot, created_at=at)
    if channel == Channel.APP:
        row.state, row.done_at = State.SENT, at
    elif channel not in ready:
        row.state, row.done_at = State.NOT_SET_UP, at
    else:
        row.next_try_at = at
    return row


def _chosen(made: Sequence[_Made]) -> Mapping[tuple[int, str], Sequence[str]]:
    """The channels people chose, by person and kind."""
    people, wanted = {row.recipient_id for row in made}, {row.kind for row in made}
    rows = Preference.objects.filter(staff__in=people, kind__in=wanted).values_list("staff_id", "kind", "channels")
    return {(staff, kind): channels for staff, kind, channels in rows}
