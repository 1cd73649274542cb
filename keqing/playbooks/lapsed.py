"""Plans for the customers of a saved filter that finds nobody any more: said on the plan's page, and to who answers for it.

Customers in such a plan go on with it; only nobody new enters.
"""

from datetime import date, datetime

from django.urls import reverse

from keqing.access.models import Staff
from keqing.leads.managers import Managers
from keqing.messaging.actions.outbox import Outgoing, send_all
from keqing.playbooks import filters, fitting
from keqing.playbooks.models import Edition, Playbook

MESSAGE = "playbook.filter"


def trouble_with(edition: Edition, *, today: date) -> str:
    """Why nobody enters by the edition's filter, in a sentence; empty when somebody can, or it has no filter."""
    if not edition.query:
        return ""
    name = f"视图“{edition.query_name}”"
    if edition.by is None or not edition.by.is_active:
        return f"{name}按 {edition.by.name if edition.by else '系统'} 所见筛选，此人已离职或停用，没有客户会再加入。"
    found = fitting.in_view_of(edition, today=today)
    if found is None:
        return f"{name}的条件已经失效，没有客户会再加入。"
    if not found.exists():
        return f"{name}按 {edition.by.name} 现在所见没有客户，没有客户会加入。"
    return ""


def is_view_gone(edition: Edition) -> bool:
    """Whether the view was changed or deleted since: the plan keeps the conditions it had."""
    if not edition.query or edition.by is None:
        return False
    return edition.query not in {one.address for one in filters.offered_to(edition.by)}


def tell_of_lapsed(*, day: date, at: datetime) -> int:
    """One message about each plan whose filter broke, to whoever wrote the edition, else to the head over its unit.

    Told once for an edition and reason, however many nights run; returns how many are new.
    """
    messages = []
    for plan in Playbook.objects.in_force(day).exclude(current__query="").select_related("current__by", "unit"):
        edition = plan.current
        to = _editor(plan)
        said = trouble_with(edition, today=day) if edition and to else ""
        if edition and to and said:
            messages.append(Outgoing(
                to=to, kind=MESSAGE, title=f"跟进方案的筛选失效：{plan.title}", text=f"{said}进行中的客户不受影响。请修改方案，重新选择视图。",
                url=reverse("playbooks:playbook", args=[plan.pk]), key=f"{edition.pk}:{'left' if not _is_here(edition) else 'empty'}",
            ))  # fmt: skip
    return len(send_all(messages=messages, at=at))


def _is_here(edition: Edition) -> bool:
    return edition.by is not None and edition.by.is_active


def _editor(plan: Playbook) -> Staff | None:
    if plan.current and _is_here(plan.current):
        return plan.current.by
    head = Managers(unit_ids={plan.unit_id}).over(plan.unit_id)
    return head.holder if head else None
