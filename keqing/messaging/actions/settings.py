"""How people want to be reached, how messages read, and whether a channel works."""

from collections.abc import Collection, Mapping
from datetime import datetime, time

from django.db import transaction
from django.urls import reverse

from keqing.access.models import Staff
from keqing.audit import actions as audit
from keqing.kit import bulk
from keqing.messaging.channels import PERSONAL, Channel
from keqing.messaging.kinds import kinds, label_of
from keqing.messaging.models import Delivery, GroupRobot, Message, Preference, Reach, Template
from keqing.messaging.setup import configured
from keqing.messaging.wording import check

TEMPLATE = "messaging.template"


class StaleTemplate(Exception):
    """Somebody else saved this template meanwhile; ``current`` is what stands there now."""

    def __init__(self, current: Template) -> None:
        super().__init__("这个模板刚被别人改过。")
        self.current = current


class StaleRobot(Exception):
    """Somebody else chose for this group meanwhile; ``current`` is what holds now."""

    def __init__(self, current: GroupRobot) -> None:
        super().__init__("这个群的消息刚被别人改过。")
        self.current = current


@transaction.atomic
def save_reach(
    *, staff: Staff, quiet_from: time, quiet_to: time, quiet_on_rest_days: bool, wecom_user: str,
    channels: Mapping[str, Collection[str]], at: datetime,
) -> Reach:
    """A person's own wishes: quiet hours, and the channels of each kind. One audit entry."""
    # a second sending at the same moment waits here: the first time there is no row of settings to lock
    Staff.objects.select_for_update(no_key=True).get(pk=staff.pk)
    before = Reach.objects.select_for_update().filter(staff=staff).first() or Reach(staff=staff)
    changes = {
        name: [str(getattr(before, name)), str(value)]
        for name, value in (("quiet_from", quiet_from), ("quiet_to", quiet_to), ("wecom_user", wecom_user))
        if getattr(before, name) != value
    }
    reach, _ = Reach.objects.update_or_create(
        staff=staff,
        defaults={
            "quiet_from": quiet_from, "quiet_to": quiet_to, "quiet_on_rest_days": quiet_on_rest_days,
            "wecom_user": wecom_user,
        },
    )
    _save_preferences(staff, channels)
    subject = audit.Subject("messaging.reach", reach.pk, staff.name)
    audit.record(action="messaging.reach_changed", by=staff, at=at, subject=subject, changes=changes)
    return reach


def _save_preferences(staff: Staff, channels: Mapping[str, Collection[str]]) -> None:
    """Only what differs from the standard is kept, so that a new standard reaches those who never chose."""
    Preference.objects.filter(staff=staff).delete()
    rows = []
    for kind in kinds():
        chosen = [one.value for one in PERSONAL if one in channels.get(kind.key, ())]
        if kind.key in channels and chosen != [one.value for one in PERSONAL if one in kind.channels]:
            rows.append(Preference(staff=staff, kind=kind.key, channels=chosen))
    bulk.insert(rows)


@transaction.atomic
def save_template(
    *, kind: str, channel: str, title: str, body: str, version: int, by: Staff, at: datetime
) -> Template:
    """Change how a kind (empty: all without an own one) reads on a channel. Refuses what ``check`` refuses."""
    check(channel=channel, title=title, body=body)
    stored = Template.objects.select_for_update().filter(kind=kind, channel=channel).first()
    if stored and stored.version != version:
        raise StaleTemplate(stored)
    before = (stored.title, stored.body) if stored else ("", "")
    if stored is None:
        stored = Template.objects.create(kind=kind, channel=channel, title=title, body=body)
    else:
        stored.title, stored.body, stored.version = title, body, stored.version + 1
        stored.save()
    changes = {"title": [before[0], title], "body": [before[1], body]}
    audit.record(
        action="messaging.template_saved", by=by, at=at, subject=audit.Subject(TEMPLATE, stored.pk, str(stored)),
        changes=changes,
    )
    return stored


@transaction.atomic
def reset_template(*, template: Template, by: Staff, at: datetime) -> None:
    """Back to how it was delivered. One audit entry."""
    subject = audit.Subject(TEMPLATE, template.pk, str(template))
    audit.record(
        action="messaging.template_reset", by=by, at=at, subject=subject,
        changes={"title": [template.title, ""], "body": [template.body, ""]},
    )
    template.delete()


@transaction.atomic
def send_trial(*, channel: Channel, to: Staff, at: datetime, robot: str = "") -> Delivery:
    """A message to oneself (or to a robot's group) over one channel, at any hour, to see whether it works. One audit entry."""
    message = Message.objects.create(
        recipient=to, kind="trial", title="这是一条测试消息", text="收到它，说明这个渠道可以使用。", created_at=at,
        key=f"trial:{channel}:{robot}:{at.isoformat()}", url=reverse("messaging:channels"), read_at=at,
    )
    ready = channel.value in configured()
    delivery = Delivery.objects.create(
        message=message, channel=channel, robot=robot, created_at=at, next_try_at=at if ready else None,
        state=Delivery.State.WAITING if ready else Delivery.State.NOT_SET_UP,
    )
    audit.record(
        action="messaging.tried", by=to, at=at, subject=audit.Subject("messaging.delivery", delivery.pk, delivery.way)
    )
    return delivery


@transaction.atomic
def save_robot(*, name: str, kinds_chosen: Collection[str], version: int, by: Staff, at: datetime) -> GroupRobot:
    """Which messages this robot's group hears of from now on. One audit entry. Refuses a stale page (``StaleRobot``)."""
    GroupRobot.objects.bulk_create([GroupRobot(name=name, version=0)], ignore_conflicts=True)
    stored = GroupRobot.objects.select_for_update().get(name=name)
    if stored.version != version:
        raise StaleRobot(stored)
    before = stored.kinds
    stored.kinds = [kind.key for kind in kinds() if kind.for_groups and kind.key in kinds_chosen]
    stored.version += 1
    stored.save(update_fields=["kinds", "version"])
    audit.record(
        action="messaging.robot_saved", by=by, at=at, subject=audit.Subject("messaging.grouprobot", stored.pk, name),
        changes={"kinds": ["、".join(map(label_of, before)), "、".join(map(label_of, stored.kinds))]},
    )
    return stored
