"""What files hold of needs, targets, stage changes and effects."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.db.models import Q

from keqing.access.models import Staff
from keqing.exports.permissions import Can as ExportCan
from keqing.followups.models import customers_reached
from keqing.kit.list_files import FileColumn
from keqing.lifecycle.models import Target
from keqing.lifecycle.permissions import Can
from keqing.lifecycle.transitions import LABELS


def _label(choices: Any) -> Callable[[str], str]:
    labels = {value: str(label) for value, label in choices.choices}
    return lambda value: labels.get(value, "")


def _stage(value: str) -> str:
    return LABELS.get(value, value)


def _holder(position: str | None, holder: str | None) -> str:
    return holder or (f"{position}（空缺）" if position else "")


def _need_state(met_on: date | None, answered_on: date | None) -> str:
    return "已满足" if met_on else "已回应" if answered_on else "待回应"


CUSTOMER = FileColumn(key="customer", paths=("customer_name",))
NEEDS = (
    CUSTOMER, FileColumn(key="text", paths=("text",)), FileColumn(key="state", paths=("met_on", "answered_on"), value=_need_state),
    FileColumn(key="raised", paths=("raised_on",)), FileColumn(key="evidence", paths=("evidence",)),
    FileColumn(key="answer", paths=("answer",)), FileColumn(key="met", paths=("met_on",)),
    FileColumn(key="by", paths=("created_by__name",)),
)  # fmt: skip
TARGETS = (
    CUSTOMER, FileColumn(key="kind", paths=("kind",), value=_label(Target.Kind)),
    FileColumn(key="now", paths=("now",), value=_stage), FileColumn(key="wanted", paths=("wanted",), value=_stage),
    FileColumn(key="due", paths=("due_on",)), FileColumn(key="actions", paths=("actions",)),
    FileColumn(key="position", paths=("position__name", "position__holder__name"), value=_holder),
    FileColumn(key="reached", paths=("reached_on",)), FileColumn(key="evidence", label="达成依据", paths=("evidence",)),
)  # fmt: skip
CHANGES = (
    CUSTOMER, FileColumn(key="from", paths=("from_stage",), value=_stage), FileColumn(key="to", paths=("to_stage",), value=_stage),
    FileColumn(key="days", paths=("days",)), FileColumn(key="at", paths=("at",)), FileColumn(key="by", paths=("by__name",)),
    FileColumn(key="reason", paths=("reason",)), FileColumn(key="evidence", paths=("evidence",)),
    FileColumn(key="loss", paths=("loss_reason__name",)), FileColumn(key="rival", paths=("competitor__name",)),
)  # fmt: skip
EFFECTS = (
    FileColumn(key="customer"), FileColumn(key="on", paths=("on",)), FileColumn(key="tracker", paths=("tracker__name",)),
    FileColumn(key="stage", paths=("d_stage",)), FileColumn(key="completeness", paths=("d_completeness",)),
    FileColumn(key="level", paths=("d_level",)), FileColumn(key="said", paths=("d_stage", "d_completeness", "d_level"), value=lambda *d: sum(d)),
)  # fmt: skip


def exported(reader: Staff) -> Q:
    """Rows of the customers the export reaches."""
    clauses = reader.standing.clauses
    if set(clauses.get(str(Can.VIEW), ())) <= set(clauses.get(str(ExportCan.RUN), ())):
        return Q()
    return customers_reached(reader, ExportCan.RUN)
