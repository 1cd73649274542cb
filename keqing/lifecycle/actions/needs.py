"""需求 (R-286): registered with evidence, answered, met."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from keqing.access.models import Staff
from keqing.audit import actions as audit
from keqing.kit.formats import business_date
from keqing.lifecycle.models import Need
from keqing.people.models import Organisation
from keqing.timeline import actions as timeline

LABEL = "lifecycle.need"
URL_NAME = "lifecycle:need"
FIELDS = ("text", "evidence", "raised_on", "answer", "met_on")


class NeedRefused(Exception):
    """The need cannot be stored so; the text is for the user."""


class StaleNeed(NeedRefused):
    def __init__(self, theirs: Need) -> None:
        super().__init__("这条需求刚被别人改过，请核对后再保存。")
        self.theirs = theirs


def subject_of(need: Need) -> audit.Subject:
    return audit.Subject(LABEL, need.pk, need.text[:100], need.customer_id)


@transaction.atomic
def register_need(
    *, customer: Organisation, text: str, evidence: str, raised_on: date, by: Staff, at: datetime, answer: str = "",
    contact_id: int | None = None,
) -> Need:
    """A need and how we know of it. Effects: the need, a timeline line, an audit entry."""
    today = business_date(at)
    _check(text, evidence, raised_on, None, today)
    made = Need.objects.create(
        customer_id=customer.pk, customer_name=customer.name, text=text.strip(), evidence=evidence.strip(),
        raised_on=raised_on, answer=answer.strip(), answered_on=today if answer.strip() else None, contact_id=contact_id,
        created_by=by, created_at=at,
    )
    _tell(made, f"需求 · {made.text}", made.evidence, by, at)
    audit.record(action="need.registered", by=by, at=at, subject=subject_of(made), changes={"text": [None, made.text]})
    return made


@transaction.atomic
def change_need(*, need: Need, values: Mapping[str, Any], by: Staff, at: datetime) -> Need:
    """Store other ``FIELDS``. The first answer gets today's date; emptied it is open again.

    Refuses a need somebody changed meanwhile. Effects: a timeline line when it is answered or met, an audit entry.
    """
    stored = Need.objects.select_for_update(of=("self",)).get(pk=need.pk)
    if stored.version != need.version:
        raise StaleNeed(stored)
    today = business_date(at)
    _check(values["text"], values["evidence"], values["raised_on"], values["met_on"], today)
    was = (stored.answered_on, stored.met_on)
    changes = {}
    for name in FIELDS:
        old, new = getattr(stored, name), values[name]
        new = new.strip() if isinstance(new, str) else new
        if old != new:
            changes[name] = [str(old or ""), str(new or "")]
            setattr(stored, name, new)
    if not changes:
        return stored
    stored.answered_on = (stored.answered_on or today) if stored.answer else None
    stored.version += 1
    stored.save(update_fields=[*FIELDS, "answered_on", "version"])
    if stored.met_on and not was[1]:
        _tell(stored, f"需求已满足 · {stored.text}", stored.answer, by, at)
    elif stored.answered_on and not was[0]:
        _tell(stored, f"回应需求 · {stored.text}", stored.answer, by, at)
    audit.record(action="need.changed", by=by, at=at, subject=subject_of(stored), changes=changes)
    return stored


def _check(text: str, evidence: str, raised_on: date, met_on: date | None, today: date) -> None:
    if not text.strip():
        raise NeedRefused("请写明需求。")
    if not evidence.strip():
        raise NeedRefused("请写明依据：谁在什么时候说的，或哪份资料。")
    if raised_on > today or (met_on and met_on > today):
        raise NeedRefused("日期不能晚于今天。")
    if met_on and met_on < raised_on:
        raise NeedRefused("满足日期不能早于提出日期。")


def _tell(need: Need, title: str, text: str, by: Staff, at: datetime) -> None:
    timeline.add_entry(
        customer_id=need.customer_id, at=at, kind="need", icon="bulb", title=title, text=text, actor_id=by.pk,
        actor_name=by.name, subject_label=LABEL, subject_id=need.pk, url_name=URL_NAME,
    )
