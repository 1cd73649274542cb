"""Telling people about leads; the outbox decides how it reaches them."""

from collections.abc import Sequence
from datetime import datetime

from django.urls import reverse

from keqing.access.models import Position, Staff
from keqing.kit.formats import format_datetime
from keqing.leads.actions.steps import URL_NAME
from keqing.leads.managers import Managers
from keqing.leads.models import Lead
from keqing.messaging.actions import Outgoing, send_all
from keqing.people.models import Organisation

ASSIGNED, DUE, OVERDUE, RETURNED, RECYCLE = "lead.assigned", "lead.due", "lead.overdue", "lead.returned", "lead.recycle"
JUDGED = "lead.judged"
LIST_URL_NAME = "leads:leads"
Told = tuple[Staff | None, Lead, str, str, str]  # to whom (nobody is no fault), about which, title, text, key


def tell_assigned(*, leads: Sequence[Lead], due_at: datetime, by: Staff | None, at: datetime) -> None:
    """One message to each holder, and to the head of each queue, however many leads."""
    for who, theirs in _by_person(leads).values():
        if by is not None and who.pk == by.pk:
            continue
        first = theirs[0]
        term = f"请在 {format_datetime(due_at)} 前"
        waits = first.position_id is None
        what = f"{term}{'分配' if waits else '接受或退回'}。"
        if len(theirs) == 1:
            title = f"{'队列中的' if waits else ''}新线索：{first.title}"
            url = address_of(first)
        else:
            title = f"{len(theirs)} 条{'队列中的' if waits else ''}新线索"
            url = reverse(LIST_URL_NAME)
        _send(to=who, kind=ASSIGNED, title=title, text=what, url=url, key=f"{first.pk}.{first.version}:{len(theirs)}", at=at)


def tell(*, to: Staff | None, kind: str, lead: Lead, title: str, text: str, key: str, at: datetime) -> None:
    """One message about one lead; nobody to tell is no fault."""
    if to is not None:
        _send(to=to, kind=kind, title=title, text=text, url=address_of(lead), key=key, at=at)


def tell_all(*, told: Sequence[Told], kind: str, at: datetime) -> None:
    """``tell`` about many leads, in as few statements as about one."""
    send_all(
        messages=[
            Outgoing(to=to, kind=kind, title=title, text=text, url=address_of(lead), key=key)
            for to, lead, title, text, key in told if to is not None
        ],
        at=at,
    )  # fmt: skip


def tell_keeper(*, lead: Lead, customer: Organisation, by: Staff, at: datetime) -> None:
    """Somebody without a right on this customer judged a lead of it: its owner, or the head over it, decides about the stage."""
    position = customer.owner_position or Managers(unit_ids={customer.unit_id}).over(customer.unit_id)
    if position is None or position.holder is None:
        return
    label = lead.get_judgement_display()
    _send(
        to=position.holder, kind=JUDGED, title=f"客户的线索判为{label}：{customer.name}",
        text=f"{by.name}把这家客户的一条线索判为{label}。客户的阶段没有改变，请您确认后处理。",
        url=reverse("desk:customer", args=[customer.pk]), key=f"{lead.pk}:{lead.judgement}", at=at,
    )


def address_of(lead: Lead) -> str:
    return reverse(URL_NAME, args=[lead.pk])


def _send(*, to: Staff, kind: str, title: str, text: str, url: str, key: str, at: datetime) -> None:
    send_all(messages=[Outgoing(to=to, kind=kind, title=title, text=text, url=url, key=key)], at=at)


def _by_person(leads: Sequence[Lead]) -> dict[tuple[int, bool], tuple[Staff, list[Lead]]]:
    """The leads of each holder and of each queue's head."""
    waiting = {lead.unit_id for lead in leads if lead.position_id is None}
    managers = Managers(unit_ids=waiting) if waiting else None
    people: dict[tuple[int, bool], tuple[Staff, list[Lead]]] = {}
    for lead in leads:
        position: Position | None = lead.position
        if position is None and managers is not None:
            position = managers.over(lead.unit_id)
        if position is not None and position.holder is not None:
            people.setdefault((position.holder.pk, lead.position_id is None), (position.holder, []))[1].append(lead)
    return people
