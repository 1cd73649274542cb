"""Channels and campaigns as data (R-184, R-289)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, models, transaction

from keqing.access.models import OrgUnit, Staff
from keqing.audit import actions as audit
from keqing.compliance.rules import check_label
from keqing.kit.formats import business_date
from keqing.kit.pinyin import initials
from keqing.leads.actions.steps import LeadRefused
from keqing.leads.models import Campaign, Channel

CHANNEL, CAMPAIGN = "leads.channel", "leads.campaign"


class StaleSource(LeadRefused):
    """Somebody else saved in between; ``theirs`` holds the stored row."""

    def __init__(self, theirs: Channel | Campaign) -> None:
        super().__init__("这条记录刚被别人改过，请核对后再保存。")
        self.theirs = theirs


@transaction.atomic
def create_campaign(*, values: Mapping[str, Any], unit: OrgUnit, by: Staff, at: datetime) -> Campaign:
    """A campaign of ``unit``. Refuses a name that exists or carries a deny word. One audit entry."""
    _check_name(values["name"])
    campaign = Campaign(**values, unit=unit, created_by=by, created_at=at)
    _store(campaign)
    _note("campaign.created", CAMPAIGN, campaign, {}, by, at)
    return campaign


@transaction.atomic
def edit_campaign(*, campaign: Campaign, values: Mapping[str, Any], by: Staff, at: datetime) -> Campaign:
    """Store what changed: the plan, then attendance and results. A stale ``version`` is refused. One audit entry."""
    return _edit(Campaign.objects.select_for_update(of=("self",)).get(pk=campaign.pk), campaign, "campaign.edited", CAMPAIGN, values, by, at)


@transaction.atomic
def create_channel(*, values: Mapping[str, Any], by: Staff, at: datetime) -> Channel:
    """A channel at the end of the list. Refuses a name that exists or carries a deny word. One audit entry."""
    _check_name(values["name"])
    last = Channel.objects.order_by("-order").values_list("order", flat=True).first() or 0
    number = Channel.objects.count() + 1
    channel = Channel(**values, key=f"{initials(values['name'])[:12]}-{number}", order=last + 10)
    _store(channel)
    _note("channel.created", CHANNEL, channel, {}, by, at)
    return channel


@transaction.atomic
def edit_channel(*, channel: Channel, values: Mapping[str, Any], by: Staff, at: datetime) -> Channel:
    """A new name, group or order. Leads keep their channel. A stale ``version`` is refused. One audit entry."""
    return _edit(Channel.objects.select_for_update().get(pk=channel.pk), channel, "channel.edited", CHANNEL, values, by, at)


@transaction.atomic
def close_channel(*, channel: Channel, by: Staff, at: datetime) -> Channel:
    """Offered no more for new leads; those that came by it keep it. Opened again by the same button."""
    stored = Channel.objects.select_for_update().get(pk=channel.pk)
    closing = stored.closed_on is None
    if closing and Channel.objects.open().count() == 1:
        raise LeadRefused("至少保留一个来源渠道。")
    stored.closed_on = business_date(at) if closing else None
    stored.version += 1
    stored.save(update_fields=["closed_on", "version"])
    _note("channel.closed" if closing else "channel.opened", CHANNEL, stored, {}, by, at)
    return stored


def _edit(stored: Any, seen: Any, action: str, label: str, values: Mapping[str, Any], by: Staff, at: datetime) -> Any:
    if stored.version != seen.version:
        raise StaleSource(stored)
    changes = {}
    for name, value in values.items():
        if (old := getattr(stored, name)) != value:
            changes[name] = [None if old is None else str(old), None if value is None else str(value)]
            setattr(stored, name, value)
    if not changes:
        return stored
    if "name" in changes:
        _check_name(stored.name)
    stored.version += 1
    _store(stored)
    _note(action, label, stored, changes, by, at)
    return stored


def _check_name(name: str) -> None:
    if hit := check_label(name):
        raise LeadRefused(hit.sentence)


def _store(row: models.Model) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        if "name" in str(error):
            raise LeadRefused("这个名称已经有了。") from error
        raise


def _note(action: str, label: str, row: Any, changes: Mapping[str, Any], by: Staff, at: datetime) -> None:
    audit.record(action=action, by=by, at=at, subject=audit.Subject(label, row.pk, row.name), changes=changes)
