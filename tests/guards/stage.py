"""The stage of the permission matrix: the cast, customers of five kinds of belonging, and what hangs on them.

The oracle in this file decides from ``config/roles.toml`` and the cast alone who reaches what; it shares no
code with the gate it checks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from django.conf import settings

from keqing.access.actions.transfers import ask_transfer
from keqing.access.models import CardRate, Proxy, Share, Staff, TerritoryRule, Transfer
from keqing.access.tests.factories import Cast, make_cast, make_staff, position_of
from keqing.audit.models import Entry as AuditEntry
from keqing.batches.models import Batch
from keqing.desk.models import SavedView
from keqing.exports.models import Export, folder, held_by
from keqing.followups.actions.comments import comment_on
from keqing.followups.actions.commitments import make_commitment
from keqing.followups.actions.contacts import record_contact
from keqing.followups.actions.feed import make_feed
from keqing.followups.actions.promising import Promise
from keqing.followups.actions.reminders import create_reminder
from keqing.interchange.models import Import
from keqing.interchange.tests.factories import csv_file, make_upload
from keqing.kit.formats import business_date
from keqing.leads.actions.intake import Draft, record_lead
from keqing.leads.actions.pool import pool_leads
from keqing.leads.models import Channel, Lead
from keqing.leads.tests.factories import make_campaign, make_rule
from keqing.lifecycle.actions.needs import register_need
from keqing.lifecycle.actions.targets import set_target
from keqing.lifecycle.models import LossReason
from keqing.messaging.models import Delivery, GroupRobot, Message
from keqing.news.models import MarketIntel, Topic
from keqing.people.actions.people import Post, add_affiliation, create_departments
from keqing.people.actions.sharing import share_customer
from keqing.people.actions.trash import trash_organisation, trash_person
from keqing.people.models import Dimension, Organisation, Person, Tag
from keqing.people.tests.factories import NOW, make_organisation, make_person
from keqing.playbooks.actions.enrolments import enrol
from keqing.playbooks.tests.factories import make_playbook
from keqing.reference.models import Division
from keqing.service.actions.feedback import record_feedback

UNIT_OF = {  # who sits where, as make_cast() sets them
    "rep": "guangzhou", "sibling": "guangzhou", "manager": "guangzhou", "other_area_rep": "shenzhen",
    "region_manager": "south", "commerce": "south", "stranger": "beijing",
}
UNDER = {
    "company": {"company", "south", "guangzhou", "shenzhen", "north", "beijing"}, "south": {"south", "guangzhou", "shenzhen"},
    "north": {"north", "beijing"}, "guangzhou": {"guangzhou"}, "shenzhen": {"shenzhen"}, "beijing": {"beijing"},
}
ROLE_OF = {
    "rep": "representative", "sibling": "representative", "other_area_rep": "representative", "stranger": "representative",
    "manager": "area_manager", "region_manager": "region_manager", "commerce": "commerce", "bidding": "bidding",
    "finance": "finance", "warehouse": "warehouse", "care": "telephone_care", "compliance": "compliance",
    "gm": "general_manager", "system": "system_admin", "security": "security_admin", "audit": "audit_admin",
}
HEADS = {"manager", "region_manager", "gm"}


@dataclass
class Belonging:
    """One customer and the rows on it. ``owner`` and ``unit`` are names of the cast."""

    key: str
    kind: str
    owner: str | None
    unit: str
    customer: Organisation | Person
    rows: dict[str, Any] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    shared: Mapping[str, bool] = field(default_factory=dict)  # with whom; whether they may write


# what a share opens, to those whose role has the word at all
SHARED_TO_READ = {
    "organisation.view", "person.view", "contact.view", "reminder.view", "export.run", "lifecycle.view", "playbook.view",
    "feedback.view",
}
SHARED_TO_WRITE = {
    "lifecycle.edit", "playbook.enrol", "feedback.handle",
    "organisation.edit", "person.create", "person.edit", "contact.record", "reminder.manage", "phone.full", "phone.reveal",
    "comment.write",
}


@dataclass
class Stage:
    cast: Cast
    belongings: list[Belonging]
    others: Mapping[str, Any]


def reach(who: str, word: str, one: Belonging) -> str:
    """How far a word of ``who`` goes on this customer: none, names or full."""
    grants = settings.ROLES[ROLE_OF[who]]["words"].get(word, [])
    if grants and who in one.shared and word in SHARED_TO_READ | (SHARED_TO_WRITE if one.shared[who] else set()):
        return "full"
    best = "none"
    for grant in grants if isinstance(grants, list) else [grants]:
        grant = {"reach": grant} if isinstance(grant, str) else grant
        if "kinds" in grant and one.kind not in grant["kinds"]:
            continue
        home = UNIT_OF.get(who, "company")
        within = {
            "own": one.owner == who,
            "team": one.unit in UNDER[home] if who in HEADS else one.owner == who,
            "territory": one.unit in UNDER[home],
            "all": True,
        }[grant["reach"]]
        if within:
            if not grant.get("names_only"):
                return "full"
            best = "names"
    return best


def holds(who: str, words: tuple[str, ...]) -> bool:
    return any(word in settings.ROLES[ROLE_OF[who]]["words"] for word in words)


def set_stage() -> Stage:
    cast = make_cast()
    belongings = [
        _hospital(cast, "own", "甲岑市人民医院", "欧阳甲", owner="rep", unit="guangzhou"),
        _hospital(cast, "sibling", "乙墅县人民医院", "欧阳乙", owner="sibling", unit="guangzhou"),
        _hospital(cast, "other_region", "丙浦市中医院", "欧阳丙", owner="stranger", unit="beijing"),
        _hospital(cast, "unassigned", "丁溪区人民医院", "欧阳丁", owner=None, unit="guangzhou"),
        _partner(cast),
        _consumer(cast),
        _shared(cast),
    ]
    for one in belongings:
        one.rows["share"] = _later_share(one.customer, cast)
    rule = TerritoryRule.objects.create(
        position=position_of(cast.rep), division=Division.objects.get(code="440106"), valid_from=business_date(NOW)
    )
    dimension = Dimension.objects.create(name="业务线甲")
    left = make_staff(name="欧离开", login_name="leftone", is_active=False, left_on=business_date(NOW))
    alarm = CardRate.objects.create(staff=cast.sibling, hour_at=NOW.replace(minute=0), opened=301, blocked_at=NOW)
    others = {
        "playbook": make_playbook(title="潜在客户培育甲", unit=cast.south), "attention": SimpleNamespace(which="silent"),
        "lead_rule": make_rule(name="广东肿瘤", unit=cast.south, regions=["450000"]), "pool_lead": _pool_lead(cast),
        "alarm": alarm, "feed": SimpleNamespace(token=make_feed(staff=cast.rep, at=NOW)),
        "staff": cast.sibling, "left_staff": left, "unit": cast.shenzhen, "position": position_of(cast.sibling), "rule": rule,
        "loss_reason": LossReason.objects.get(order=1), "life_stage": SimpleNamespace(stage="prospect"),
        "dimension": dimension, "tag": Tag.objects.create(dimension=dimension, name="标签甲"), "kind": "hospital",
        "audit_entry": AuditEntry.objects.order_by("pk").first(), "compliance_rule": "RX-05",
        "view": SavedView.objects.create(list_key="customers:all", name="经理的视图", staff=cast.manager),
        "batch": _batch_of(cast.manager), "export": _export_of(cast.rep), "export_file": _file_of(cast.rep),
        "intel": _intel_by(cast.gm), "salesperson": cast.rep, "proxy": _later_proxy(cast), "transfer": _waiting_transfer(cast),
        "message": _message_to(cast.rep), "delivery": _delivery_to(cast.sibling),
        "robot": SimpleNamespace(robot=GroupRobot.objects.create(name="示例群", kinds=[]).name),
        "campaign": make_campaign(unit=cast.south, cost=10000), "channel": Channel.objects.get(key="event"),
        "import": _import_of(cast.manager), "import_key": "organisation-distributor",
    }
    return Stage(cast, belongings, others)


def _batch_of(staff: Staff) -> Batch:
    """Labels the manager put on, done for nobody."""
    at = NOW
    return Batch.objects.create(
        action="tag", parameters={"tag": 0, "add": True}, sentence="打上标签", list_key="customers:all", total=0, by=staff,
        state=Batch.State.DONE, started_at=at, touched_at=at, finished_at=at,
    )


def _intel_by(staff: Staff) -> MarketIntel:
    return MarketIntel.objects.create(
        title="动态甲", topic=Topic.objects.get(name="肿瘤"), source="示例期刊", published_on=business_date(NOW), summary="摘要",
        made_by=staff, made_at=NOW,
    )


def _message_to(staff: Staff) -> Message:
    return Message.objects.create(recipient=staff, kind="trial", title="消息甲", text="内容", key="stage", created_at=NOW)


def _delivery_to(staff: Staff) -> Delivery:
    """An e-mail there was no way for."""
    return Delivery.objects.create(
        message=_message_to(staff), channel="email", state=Delivery.State.NOT_SET_UP, created_at=NOW, done_at=NOW
    )


def _export_of(staff: Staff) -> Export:
    """The representative's, waiting for the superior's word."""
    position = position_of(staff)
    return Export.objects.create(
        list_key="customers:hospital", title="医院", format="csv", reason="季度核对", rows=900, needs_approval=True,
        state=Export.State.WAITING, by=staff, position=position, unit=position.unit, asked_at=NOW,
    )


def _file_of(staff: Staff) -> Export:
    """A finished file of the representative's."""
    folder().mkdir(parents=True, exist_ok=True)
    (folder() / "stage").write_bytes(b"x")
    return Export.objects.create(
        list_key="customers:hospital", title="医院", format="csv", rows=1, state=Export.State.DONE, by=staff, asked_at=NOW,
        finished_at=NOW, expires_at=NOW + timedelta(days=7), file_name="医院.csv", stored_as="stage", size=1, sha256="0" * 64,
        made_for=held_by(Staff.objects.get(pk=staff.pk)),
    )


def _import_of(staff: Staff) -> Import:
    """A file of the manager's, set up and not yet checked."""
    return make_upload(by=staff, file=csv_file([["医院名称", "所在地区"], ["庚汐市人民医院", "广东省广州市"]]))


def _hospital(cast: Cast, key: str, name: str, doctor: str, *, owner: str | None, unit: str) -> Belonging:
    staff: Staff = getattr(cast, owner) if owner else cast.manager
    organisation = make_organisation(owner=getattr(cast, owner) if owner else None, unit=getattr(cast, unit), name=name, by=staff)
    return _furnish(Belonging(key, "hospital", owner, unit, organisation, names=[name, doctor]), staff, doctor, "doctor", "doctor")


def _partner(cast: Cast) -> Belonging:
    organisation = make_organisation(owner=cast.rep, name="戊沐医药有限公司", kind="distributor")
    one = Belonging("partner", "distributor", "rep", "guangzhou", organisation, names=["戊沐医药有限公司", "欧阳戊"])
    return _furnish(one, cast.rep, "欧阳戊", "company_staff", "manager")


def _shared(cast: Cast) -> Belonging:
    """Of another region, shared with two representatives: with one to read, with the other to write too."""
    one = _hospital(cast, "shared", "壬渚市人民医院", "欧阳壬", owner="stranger", unit="beijing")
    one.shared = {"sibling": False, "other_area_rep": True}
    for who, may_write in one.shared.items():
        share_customer(
            customer=one.customer, position=position_of(getattr(cast, who)), from_on=business_date(NOW),
            to_on=business_date(NOW) + timedelta(days=90), may_write=may_write, by=cast.stranger, at=NOW,
        )
    return one


def _later_share(customer: Organisation | Person, cast: Cast) -> Share:
    """One that gives nothing yet."""
    first = business_date(NOW) + timedelta(days=200)
    return share_customer(customer=customer, unit=cast.shenzhen, from_on=first, to_on=first, may_write=False, by=cast.gm, at=NOW)


def _later_proxy(cast: Cast) -> Proxy:
    """The representative's, for days to come, by a deputy who arranges none."""
    first = business_date(NOW) + timedelta(days=200)
    return Proxy.objects.create(
        position=position_of(cast.rep), from_staff=cast.rep, to_staff=cast.compliance, starts_on=first, ends_on=first,
        made_by=cast.rep, made_at=NOW,
    )


def _waiting_transfer(cast: Cast) -> Transfer:
    return ask_transfer(
        positions=[position_of(cast.rep)], reason="reorganisation", rest_to=position_of(cast.sibling),
        effective_on=business_date(NOW), by=cast.manager, at=NOW,
    )


def _consumer(cast: Cast) -> Belonging:
    person = make_person(owner=cast.care, name="欧阳己", kind="consumer", mobile="14000000001")
    one = Belonging("consumer", "consumer", "care", "company", person, names=["欧阳己"])
    one.rows["person"] = person
    return _history(one, cast.care, cast.care)


def _furnish(one: Belonging, staff: Staff, doctor: str, kind: str, role: str) -> Belonging:
    organisation = one.customer
    assert isinstance(organisation, Organisation)
    department = create_departments(organisation=organisation, names=["心内科"], by=staff, at=NOW)[0]
    person = make_person(at_organisation=organisation, owner=staff, name=doctor, kind=kind, role=role)
    second = make_person(owner=staff, name=f"{doctor}二", kind=kind)
    affiliation = add_affiliation(person=second, post=Post(organisation, role), is_primary=False, by=staff, at=NOW)
    gone = make_organisation(owner=organisation.owner_position, unit=organisation.unit, name=f"{organisation.name}旧址", kind=one.kind, by=staff)
    trash_organisation(organisation=gone, by=staff, at=NOW)
    gone_person = make_person(at_organisation=organisation, owner=staff, name=f"{doctor}三", kind=kind, role=role)
    trash_person(person=gone_person, by=staff, at=NOW)
    one.rows |= {"organisation": organisation, "department": department, "person": person, "affiliation": affiliation}
    one.rows |= {
        "need": register_need(
            customer=organisation, text=f"{one.names[0]}需求", evidence="拜访所得", raised_on=business_date(NOW), by=staff, at=NOW
        ),
        "target": set_target(
            customer=organisation, kind="grade", now="C", wanted="B", due_on=business_date(NOW) + timedelta(days=60), actions="拜访",
            position=organisation.owner_position or position_of(staff), by=staff, at=NOW,
        ),
    }
    one.rows |= {"trashed": gone, "trashed_person": gone_person}
    return _history(one, staff, Staff.objects.get(login_name="manager"))


def _lead(one: Belonging, tracker: Staff) -> Lead:
    """Somebody who called for this customer, in the hands of whoever owns it."""
    values = {"source_channel": Channel.objects.get(key="phone"), "kind": one.kind, "organisation_name": one.names[0], "phone": "020-81230001"}
    owner = position_of(tracker) if one.owner else None
    return record_lead(draft=Draft(values, unit=one.customer.unit, position=owner), by=tracker, at=NOW)


def _pool_lead(cast: Cast) -> Lead:
    """Nobody's, in the pool of the south."""
    values = {"source_channel": Channel.objects.get(key="phone"), "organisation_name": "示例公海医院"}
    lead = record_lead(draft=Draft(values, unit=cast.guangzhou), by=cast.manager, at=NOW)
    return pool_leads(leads=[lead], reason="没有人手", by=cast.manager, at=NOW)[0]


def _plan(one: Belonging, tracker: Staff) -> dict[str, Any]:
    """A plan the customer is in, and its first step."""
    plan = make_playbook(title=f"培育{one.key}", by=tracker)
    (made,) = enrol(edition=plan.current, customers=[one.customer.pk], origin="hand", by=tracker, at=NOW)
    return {"enrolment": made, "step_run": SimpleNamespace(pk=made.pk, run=made.runs.first().pk)}


def _history(one: Belonging, tracker: Staff, boss: Staff) -> Belonging:
    today = business_date(NOW)
    fields = {"track_on": today, "method": "visit", "business_state": "first", "description": f"{one.names[0]}谈话"}
    contact = record_contact(customer=one.customer, fields=fields, by=tracker, at=NOW)
    if boss.pk == tracker.pk:
        boss = Staff.objects.get(login_name="gm")
    comment = comment_on(contact=contact, text=f"{one.names[0]}批注", by=boss, at=NOW)
    reminder = create_reminder(customer=one.customer, text=f"{one.names[0]}跟进", due_on=today + timedelta(days=3), by=tracker, at=NOW)
    promise = Promise(f"{one.names[0]}承诺", today + timedelta(days=2))
    one.rows["commitment"] = make_commitment(customer=one.customer, promise=promise, by=tracker, at=NOW)
    one.rows |= {"customer": one.customer, "contact": contact, "comment": comment, "reminder": reminder, "lead": _lead(one, tracker)}
    one.rows["feedback"] = record_feedback(
        customer=one.customer, fields={"type": "question", "channel": "phone", "text": f"{one.names[0]}咨询"},
        received_at=NOW, by=tracker, at=NOW,
    )
    if isinstance(one.customer, Organisation):
        one.rows |= _plan(one, tracker)
    return one
