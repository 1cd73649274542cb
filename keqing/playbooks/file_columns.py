"""What files hold of plans, enrolments and the lists of customers who need attention."""

from collections.abc import Callable
from typing import Any

from keqing.kit.list_files import FileColumn
from keqing.people.choices import Kind, Level, Stage
from keqing.playbooks.models import Enrolment


def _label(choices: Any) -> Callable[[str], str]:
    labels = {value: str(label) for value, label in choices.choices}
    return lambda value: labels.get(value, "")


def _several(choices: Any) -> Callable[[Any], str]:
    labels = {value: str(label) for value, label in choices.choices}
    return lambda values: "、".join(labels.get(one, one) for one in values or ())


def _owner(position: str | None, holder: str | None) -> str:
    return holder or (f"{position}（空缺）" if position else "待分配")


PLAYBOOKS = (
    FileColumn(key="title", paths=("title",)), FileColumn(key="unit", paths=("unit__name",)),
    FileColumn(key="stages", paths=("current__stages",), value=_several(Stage)),
    FileColumn(key="kinds", label="客户类型", paths=("current__kinds",), value=_several(Kind)),
    FileColumn(key="levels", label="医院等级", paths=("current__levels",), value=_several(Level)),
    FileColumn(key="edition", paths=("current__number",)), FileColumn(key="running"), FileColumn(key="done"),
    FileColumn(key="due"), FileColumn(key="overdue"), FileColumn(key="stopped"),
    FileColumn(key="from", paths=("current__valid_from",)), FileColumn(key="closed", paths=("closed_on",)),
)  # fmt: skip
ENROLMENTS = (
    FileColumn(key="customer", paths=("customer_name",)), FileColumn(key="playbook", paths=("playbook__title",)),
    FileColumn(key="edition", label="版本", paths=("edition__number",)),
    FileColumn(key="stage", paths=("stage",), value=_label(Stage)), FileColumn(key="progress"), FileColumn(key="next"),
    FileColumn(key="started", paths=("started_on",)),
    FileColumn(key="origin", paths=("origin",), value=_label(Enrolment.Origin)),
    FileColumn(key="end", paths=("end",), value=_label(Enrolment.End)),
    FileColumn(key="note", label="结束说明", paths=("end_note",)),
)  # fmt: skip
ATTENTION = (
    FileColumn(key="name", paths=("name",)), FileColumn(key="kind", paths=("kind",), value=_label(Kind)),
    FileColumn(key="level", label="医院等级", paths=("level",), value=_label(Level)),
    FileColumn(key="stage", paths=("lifecycle",), value=_label(Stage)), FileColumn(key="region", paths=("region__full_name",)),
    FileColumn(key="recent", paths=("last_contact_on",)), FileColumn(key="due", paths=("next_due_on",)),
    FileColumn(key="owner", paths=("owner_position__name", "owner_position__holder__name"), value=_owner),
)  # fmt: skip
