"""The one place where a judged lead moves its customer along the life cycle."""

from datetime import datetime

from keqing.access.models import Staff
from keqing.followups.actions.reminders import ReminderRefused, create_reminder
from keqing.followups.models import Reminder
from keqing.kit.formats import business_date
from keqing.leads.actions.steps import LeadRefused
from keqing.leads.choices import Judgement
from keqing.leads.models import Lead
from keqing.lifecycle.actions.needs import NeedRefused, register_need
from keqing.lifecycle.actions.stages import MoveRefused, move_customers
from keqing.lifecycle.models import Need
from keqing.people.choices import Stage
from keqing.people.models import Organisation, Person

# whoever is further along stays there: one more call is no step back
BEFORE_CHANCE = (Stage.PROSPECT, Stage.DORMANT, Stage.LOST)


def move_customer(
    *, customer: Organisation | Person, judgement: str, qualified: bool, lead: Lead, by: Staff, at: datetime
) -> None:
    """待识别 → 潜在客户 on either judgement; → 销售机会 once somebody holds and qualified the lead as one.

    What the opportunity asks for comes out of the lead where the customer has none yet: its need, its next step.
    People have no stages. Refuses (``LeadRefused``) with the guard's own sentence.
    """
    if isinstance(customer, Person):
        return
    customer.refresh_from_db(fields=["lifecycle"])
    reason = lead.judge_reason or f"线索判别为{lead.get_judgement_display()}"
    try:
        if customer.lifecycle == Stage.UNIDENTIFIED:
            move_customers(customers=[customer], to=Stage.PROSPECT, by=by, at=at, reason=reason)
            customer.refresh_from_db(fields=["lifecycle"])
        if judgement == Judgement.OPPORTUNITY and qualified and customer.lifecycle in BEFORE_CHANCE:
            _bring_need_and_next_step(customer, lead, by, at)
            move_customers(customers=[customer], to=Stage.OPPORTUNITY, by=by, at=at, reason=reason)
    except (MoveRefused, NeedRefused, ReminderRefused) as refusal:
        raise LeadRefused(str(refusal)) from refusal


def _bring_need_and_next_step(customer: Organisation, lead: Lead, by: Staff, at: datetime) -> None:
    if lead.need and not Need.objects.open().filter(customer_id=customer.pk).exists():
        touched = business_date(lead.first_touch_at)
        register_need(
            customer=customer, text=lead.need[:200], evidence=f"线索：{lead.source_channel.name} {touched}",
            raised_on=min(touched, business_date(at)), by=by, at=at,
        )
    if lead.next_step and lead.next_step_on and not Reminder.objects.open().filter(customer_id=customer.pk).exists():
        create_reminder(
            customer=customer, text=lead.next_step, due_on=lead.next_step_on, by=by, at=at, position=lead.position
        )
