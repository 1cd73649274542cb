"""What files hold of contact records and reminders."""

from collections.abc import Callable
from typing import Any

from django.db.models import Q

from keqing.access.models import Staff
from keqing.exports.permissions import Can as ExportCan
from keqing.followups.models import ContactRecord, Reminder, customers_reached
from keqing.kit.list_files import FileColumn
from keqing.people.choices import BusinessState


def _label(choices: Any) -> Callable[[str], str]:
    labels = {value: str(label) for value, label in choices.choices}
    return lambda value: labels.get(value, "")


def _holder(position: str | None, holder: str | None) -> str:
    """As ``Position.label`` says it."""
    return holder or (f"{position}（空缺）" if position else "")


CUSTOMER = FileColumn(key="customer", paths=("customer_name",))
CONTACTS = (
    CUSTOMER, FileColumn(key="track_on", paths=("track_on",)),
    FileColumn(key="method", paths=("method",), value=_label(ContactRecord.Method)),
    FileColumn(key="state", paths=("business_state",), value=_label(BusinessState)),
    FileColumn(key="description", paths=("description",)), FileColumn(
        key="tracker", paths=("tracker__name", "tracked_for"), value=lambda name, of: f"{name} 代 {of}" if of else name
    ),
    FileColumn(key="callback_on", paths=("callback_on",)), FileColumn(key="submitted", paths=("submitted_at",)),
    FileColumn(key="solution", label="解决方法", paths=("solution",)),
    FileColumn(key="products", label="产品", paths=("products",)),
    FileColumn(key="materials", label="资料", paths=("materials",)),
    FileColumn(key="duty", label="工作分类", paths=("duty",), value=_label(ContactRecord.Duty)),
    FileColumn(key="minutes", label="用时（分钟）", paths=("minutes",)),
    FileColumn(key="unannounced", label="未预约", paths=("is_unannounced",), value=lambda found: "是" if found else ""),
)  # fmt: skip
REMINDERS = (
    CUSTOMER, FileColumn(key="due", paths=("due_on",)), FileColumn(key="text", paths=("text",)),
    FileColumn(key="position", paths=("position__name", "position__holder__name"), value=_holder),
    FileColumn(key="origin", paths=("origin",), value=_label(Reminder.Origin)),
    FileColumn(key="first_due", paths=("first_due_on",)),
)  # fmt: skip
DONE = (
    CUSTOMER, FileColumn(key="done", paths=("done_at",)), FileColumn(key="text", paths=("text",)),
    FileColumn(key="outcome_code", label="结果分类", paths=("outcome_code",), value=_label(Reminder.Outcome)),
    FileColumn(key="outcome", paths=("outcome",)), FileColumn(key="by", paths=("done_by__name",)),
    FileColumn(key="due", paths=("due_on",)), FileColumn(key="first_due", paths=("first_due_on",)),
)  # fmt: skip


def _state(done_on: Any, dropped_on: Any, promised_on: Any) -> str:
    if dropped_on:
        return "已作废"
    if not done_on:
        return "未兑现"
    return "按时兑现" if done_on <= promised_on else "逾期兑现"


COMMITMENTS = (
    CUSTOMER, FileColumn(key="text", paths=("text",)), FileColumn(key="made_to", paths=("made_to",)),
    FileColumn(key="due", paths=("due_on",)), FileColumn(key="promised", paths=("promised_on",)),
    FileColumn(key="first_due", label="原定日期", paths=("first_due_on",)),
    FileColumn(key="state", paths=("done_on", "dropped_on", "promised_on"), value=_state),
    FileColumn(key="done", label="兑现日期", paths=("done_on",)), FileColumn(key="evidence", paths=("evidence",)),
    FileColumn(key="reason", label="理由", paths=("reason",)), FileColumn(key="keeper", paths=("keeper__name",)),
    FileColumn(key="made_by", label="承诺人", paths=("made_by__name",)),
    FileColumn(key="made_on", label="承诺于", paths=("made_on",)),
)  # fmt: skip


def exported(reader: Staff, word: str, *, mine: bool = False) -> Q:
    """Rows of the customers the export reaches; ``mine`` adds those at the reader's own positions."""
    clauses = reader.standing.clauses
    if set(clauses.get(str(word), ())) <= set(clauses.get(str(ExportCan.RUN), ())):
        return Q()
    reached = customers_reached(reader, ExportCan.RUN)
    return reached | Q(position_id__in=reader.standing.position_ids) if mine and reached else reached
