"""Whether somebody being entered is there already: the same name, code or phone, whoever it belongs to (decision 4)."""

import re
from dataclasses import dataclass

from django.db.models import Q

from keqing.kit.search import PHONE_LONGEST, query_plan
from keqing.kit.search_rank import Sight, best
from keqing.people.liveliest import newest_organisations
from keqing.people.models import Organisation, Person
from keqing.people.queries import without_phones

SAME_CODE, SAME_PHONE, SAME_MOBILE, LIKE_NAME = "统一社会信用代码相同", "电话相同", "手机号相同", "名称相近"
SAME_PERSON = "同一机构的同名人员"
NAME_LEAST, PHONE_LEAST = 4, 7
SHOWN = 4


@dataclass(frozen=True)
class Duplicate:
    """A customer that may be the same one; only the name's ends are told when the reader may not see it."""

    customer_id: int
    label: str
    name: str
    owner: str
    by: str


def is_telling(*, name: str = "", uscc: str = "", phone: str = "", organisation: bool = False) -> bool:
    """Whether enough was typed to look anything up."""
    return len(name) >= (1 if organisation else NAME_LEAST) or bool(uscc) or len(digits_of(phone)) >= PHONE_LEAST


def digits_of(phone: str) -> str:
    """020-8123 7788 → 02081237788, +86 186… → 186…; an extension does not count."""
    return re.sub(r"^(00)?86(?=1\d{10}$)", "", re.sub(r"\D", "", re.split(r"转|#", phone)[0]))


def likely_organisations(*, kind: str, name: str = "", uscc: str = "", phone: str = "", without: int | None = None) -> list[tuple[Organisation, str]]:
    """Organisations of any owner with the same code or phone, or a name like it, and which of them it was. Two statements."""
    name, uscc, digits = name.strip(), uscc.strip().upper(), digits_of(phone)
    found: dict[int, tuple[Organisation, str]] = {}
    exact = Q(pk__in=[])
    if uscc:
        exact |= Q(search_terms__contains=["c:" + uscc.lower()[:3]], uscc=uscc)
    if len(digits) >= PHONE_LEAST:
        exact |= _ends_in(digits)
    living = Organisation.objects.alive().exclude(pk=without)
    for row in living.filter(exact).select_related("owner_position__holder").order_by("-last_activity_at")[: 2 * SHOWN]:
        if uscc and row.uscc == uscc:
            found[row.pk] = (row, SAME_CODE)
        elif digits_of(row.phone) == digits:
            found[row.pk] = (row, SAME_PHONE)
    if len(name) >= NAME_LEAST:
        sight = Sight(rows=living, live=newest_organisations())
        like = best(sight=sight, plan=without_phones(query_plan(name)), text=name, positions=(), limit=2 * SHOWN)
        for row in like.exclude(pk=without).select_related("owner_position__holder"):
            if row.kind == kind or row.name == name:
                found.setdefault(row.pk, (row, LIKE_NAME))
    return list(found.values())[:SHOWN]


def likely_people(*, name: str = "", mobile: str = "", organisation_id: int | None = None, without: int | None = None) -> list[tuple[Person, str]]:
    """People with the same phone, or the same name at the same organisation. One statement."""
    digits = digits_of(mobile)
    condition = Q(pk__in=[])
    if len(digits) >= PHONE_LEAST:
        condition |= _ends_in(digits)
    if name and organisation_id:
        condition |= Q(name=name, affiliations__organisation_id=organisation_id, affiliations__to_on__isnull=True)
    rows = Person.objects.alive().filter(condition).exclude(pk=without).select_related("owner_position__holder").distinct()
    found = []
    for row in rows.order_by("-last_activity_at")[: 2 * SHOWN]:
        if digits and digits in (digits_of(row.mobile), digits_of(row.phone)):
            found.append((row, SAME_MOBILE if digits == digits_of(row.mobile) else SAME_PHONE))
        elif name and row.name == name and organisation_id:
            found.append((row, SAME_PERSON))
    return found[:SHOWN]


def _ends_in(digits: str) -> Q:
    return Q(search_terms__contains=["t:" + digits[-PHONE_LONGEST:]])
