"""What files hold of customers, people and departments: plain values, masked as on the screen.

The facts of a kind that its list has no column for carry the names the import knows, so that a file taken out can
be corrected and brought in again.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from django.db import connection

from keqing.access.models import Staff
from keqing.exports.permissions import Can as ExportCan
from keqing.kit.list_files import FileColumn
from keqing.kit.masks import mask_phone
from keqing.people import queries
from keqing.people.choices import (
    BusinessState,
    Category,
    Kind,
    Level,
    Ownership,
    PersonKind,
    Role,
    Stage,
    StoreClass,
    Tier,
    Title,
)
from keqing.people.fields import organisation_fields
from keqing.people.imports.columns import COLUMNS
from keqing.people.labels import label_of
from keqing.people.models import Organisation


def _label(choices: Any) -> Callable[[str], str]:
    labels = {value: str(label) for value, label in choices.choices}
    return lambda value: labels.get(value, "")


def _owner(position: str | None, holder: str | None) -> str:
    """As ``Position.label`` and ``owner_label`` say it."""
    return holder or (f"{position}（空缺）" if position else "待分配")


def _mask(phone: str) -> str:
    return mask_phone(phone) if phone else ""


def _yes_or_no(value: bool | None) -> str:
    return "" if value is None else "是" if value else "否"


def _joined(values: Sequence[str]) -> str:
    return "、".join(values)


FILLED = FileColumn(key="filled", paths=("completeness",))
ON_SCREEN = (
    FileColumn(key="name", paths=("name",)), FileColumn(key="kind", paths=("kind",), value=_label(Kind)),
    FileColumn(key="level", paths=("level",), value=_label(Level)), FileColumn(key="beds", paths=("beds",)),
    FileColumn(key="chain", paths=("chain__name",)),
    FileColumn(key="store_class", paths=("store_class",), value=_label(StoreClass)),
    FileColumn(key="store_count", paths=("store_count",)), FileColumn(key="tier", paths=("tier",), value=_label(Tier)),
    FileColumn(key="coverage", paths=("coverage",)), FileColumn(key="license", paths=("license_expires_on",)),
    FileColumn(key="products", paths=("agent_products",)), FileColumn(key="authorised", paths=("authorised_until",)),
    FileColumn(key="region", paths=("region__full_name",)), FileColumn(key="person"),
    FileColumn(key="recent", paths=("last_contact_on",)), FileColumn(key="due", paths=("next_due_on",)),
    FileColumn(key="owner", paths=("owner_position__name", "owner_position__holder__name"), value=_owner), FILLED,
    FileColumn(key="state", paths=("business_state",), value=_label(BusinessState)),
    FileColumn(key="stage", paths=("lifecycle",), value=_label(Stage)),
    FileColumn(key="stage_since", label="进入阶段", paths=("lifecycle_since",)),
    FileColumn(key="source_channel", label="来源渠道", paths=("source_channel",)),
    FileColumn(key="first_touch", label="首次接触", paths=("first_touch_at",)),
    FileColumn(key="code", paths=("code",)), FileColumn(key="category", paths=("category",), value=_label(Category)),
)  # fmt: skip
_PATHS = {path for column in ON_SCREEN for path in column.paths}
_VALUES: Mapping[str, Callable[..., Any]] = {
    "ownership": _label(Ownership), "level": _label(Level), "aliases": _joined, "is_medicare": _yes_or_no,
    "is_dtp": _yes_or_no,
}  # fmt: skip
_NEIGHBOURS = {"region": "region__full_name", "chain": "chain__name", "main_distributor": "main_distributor__name"}

NAMES = tuple(column for column in ON_SCREEN if column.key in ("name", "kind", "code", "region"))
PEOPLE = (
    FileColumn(key="name", paths=("name",)), FileColumn(key="kind", paths=("kind",), value=_label(PersonKind)),
    FileColumn(key="place"), FileColumn(key="title", paths=("title",), value=_label(Title)),
    FileColumn(key="mobile", paths=("mobile",), value=_mask), FILLED, FileColumn(key="remark", paths=("remark",)),
)  # fmt: skip
DEPARTMENTS = (
    FileColumn(key="name", paths=("name",)), FileColumn(key="organisation", paths=("organisation__name",)),
    FileColumn(key="head"), FileColumn(key="beds", paths=("beds",)),
)  # fmt: skip


@cache
def of_kind(kind: str) -> tuple[FileColumn, ...]:
    """The screen's columns and every further fact the field policy collects of the kind."""
    if kind == "all":
        return ON_SCREEN
    more = []
    for name in organisation_fields(kind).columns:
        path = _NEIGHBOURS.get(name, name)
        if path not in _PATHS:
            label = COLUMNS[name].label if name in COLUMNS else label_of(Organisation, name)
            more.append(FileColumn(key=f"fact-{name}", label=label, paths=(path,), value=_VALUES.get(name)))
    return (*ON_SCREEN, *more)


# names are looked up one by one: joined, the tables of people and departments would be read from end to end
_FIRST_CONTACTS = """
    select first.organisation_id, (select name from people_person where id = first.person_id), first.role, first.post,
        first.is_department_head, (select name from people_department where id = first.department_id)
    from (
        select distinct on (organisation_id) * from people_affiliation post
        where organisation_id = any(%s::bigint[]) and to_on is null
            and not exists (select from people_person gone where gone.id = post.person_id and gone.deleted_at is not null)
        order by organisation_id, array_position(%s::text[], role::text), is_department_head desc, person_id
    ) first
"""


def contacts_beside(keys: Sequence[int]) -> dict[int, str]:
    """``queries.first_contacts`` for very many customers: the database picks before it looks for names, and no model
    instance is made."""
    roles = {value: str(label) for value, label in Role.choices}
    with connection.cursor() as cursor:
        # arrays as the database writes them: the driver takes long over lists
        ranked = sorted(queries.ORDER, key=queries.ORDER.__getitem__)
        cursor.execute(_FIRST_CONTACTS, [f"{{{','.join(map(str, keys))}}}", f"{{{','.join(ranked)}}}"])
        return {
            pk: f"{f'{department}主任' if head and department else post or roles.get(role, '')} {name}"
            for pk, name, role, post, head, department in cursor.fetchall()
        }


def covers(reader: Staff, word: str) -> bool:
    """Whether everything ``word`` shows in full may leave in a file too, so that nothing has to be narrowed."""
    shown = {clause for clause in reader.standing.clauses.get(str(word), ()) if not clause.names_only}
    return shown <= set(reader.standing.clauses.get(str(ExportCan.RUN), ()))
