"""The one place where a judged lead moves its customer along the life cycle."""

from datetime import datetime

from keqing.access.models import Staff
from keqing.leads.models import Lead
from keqing.people.models import Organisation, Person


def move_customer(
    *, customer: Organisation | Person, judgement: str, qualified: bool, lead: Lead, by: Staff, at: datetime
) -> None:
    """待识别 → 潜在客户 on either judgement; → 销售机会 once somebody holds and qualified the lead as one."""
    del customer, judgement, qualified, lead, by, at
