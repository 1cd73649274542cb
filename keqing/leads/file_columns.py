"""What files hold of leads and campaigns; phones stay out of them, as out of the list."""

from collections.abc import Callable
from typing import Any

from django.db.models import Q

from keqing.access.models import Staff
from keqing.exports.permissions import Can as ExportCan
from keqing.kit.list_files import FileColumn
from keqing.leads.choices import Judgement, State
from keqing.leads.models.leads import PLACE
from keqing.leads.permissions import Can
from keqing.people.choices import CUSTOMER_KINDS


def _label(choices: Any) -> Callable[[str], str]:
    labels = {value: str(label) for value, label in choices}
    return lambda value: labels.get(value, "")


def _holder(position: str | None, holder: str | None, unit: str) -> str:
    """As the list says it."""
    return holder or (f"{position}（空缺）" if position else f"待分配 · {unit}")


def _title(*names: str) -> str:
    customer, organisation, caller, channel = names
    return customer or organisation or caller or f"未识别{channel}"


LEADS = (
    FileColumn(key="title", paths=("customer_name", "organisation_name", "caller_name", "source_channel__name"), value=_title),
    FileColumn(key="state", paths=("state",), value=_label(State.choices)),
    FileColumn(key="judgement", paths=("judgement",), value=_label(Judgement.choices)),
    FileColumn(key="channel", paths=("source_channel__name",)), FileColumn(key="campaign", paths=("campaign__name",)),
    FileColumn(key="caller", paths=("caller_name",)),
    FileColumn(key="kind", paths=("kind",), value=_label(CUSTOMER_KINDS)), FileColumn(key="region", paths=("region__full_name",)),
    FileColumn(key="products", paths=("products",)), FileColumn(key="need", paths=("need",)),
    FileColumn(key="score", paths=("score",)),
    FileColumn(key="holder", paths=("position__name", "position__holder__name", "unit__name"), value=_holder),
    FileColumn(key="due", paths=("due_at",)), FileColumn(key="touch", paths=("first_touch_at",)),
    FileColumn(key="estimate", paths=("estimate",)), FileColumn(key="returned", paths=("returned_count",)),
    FileColumn(key="reason", label="判别理由", paths=("judge_reason",)),
    FileColumn(key="referrer", label="推荐人", paths=("referrer",)),
    FileColumn(key="supplier", label="现供应商", paths=("current_supplier",)),
    FileColumn(key="decider", label="决策人", paths=("decision_maker",)), FileColumn(key="budget", label="预算（元）", paths=("budget",)),
    FileColumn(key="next_step", label="下一步", paths=("next_step",)),
)  # fmt: skip
CAMPAIGNS = (
    FileColumn(key="name", paths=("name",)), FileColumn(key="channel", paths=("channel__name",)),
    FileColumn(key="starts", paths=("starts_on",)), FileColumn(key="ends", paths=("ends_on",)), FileColumn(key="cost", paths=("cost",)),
    FileColumn(key="expected", paths=("expected_leads",)), FileColumn(key="leads", paths=("lead_count",)),
    FileColumn(key="attendance", paths=("attendance",)), FileColumn(key="unit", paths=("unit__name",)),
    FileColumn(key="results", label="活动结果", paths=("results",)),
)  # fmt: skip


def exported(reader: Staff) -> Q:
    """Leads that may leave in a file: those the word for exports reaches, too."""
    clauses = reader.standing.clauses
    if set(clauses.get(str(Can.VIEW), ())) <= set(clauses.get(str(ExportCan.RUN), ())):
        return Q()
    return reader.standing.rows(ExportCan.RUN, names=False, **PLACE)
