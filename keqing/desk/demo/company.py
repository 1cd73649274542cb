"""Putting the sample company together."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from keqing.access.models import OrgUnit, Position
from keqing.access.standing import roles
from keqing.desk.demo.assignment import make_rules
from keqing.desk.demo.customers import CustomerBuilder
from keqing.desk.demo.handovers import make_handovers
from keqing.desk.demo.history import HistoryBuilder
from keqing.desk.demo.leads import make_leads
from keqing.desk.demo.lifecycle import LifecycleBuilder
from keqing.desk.demo.plans import make_plans
from keqing.desk.demo.promises import add_promises
from keqing.desk.demo.structure import COMPANY, PASSWORD, StructureBuilder
from keqing.desk.demo.voices import add_voices
from keqing.kit.formats import business_date

SEED = 172
LOGIN_OF_ROLE = {
    "representative": "rep", "area_manager": "manager", "region_manager": "regionmanager", "commerce": "commerce",
    "bidding": "bidding", "finance": "finance", "warehouse": "warehouse", "telephone_care": "care",
    "compliance": "compliance", "general_manager": "gm", "system_admin": "system", "security_admin": "security",
    "audit_admin": "audit",
}

Progress = Callable[[int, str], None]


@dataclass(frozen=True)
class SignIn:
    title: str
    login_name: str
    name: str
    password: str = PASSWORD


def has_company() -> bool:
    return OrgUnit.objects.exists()


def is_demo() -> bool:
    return OrgUnit.objects.filter(kind=OrgUnit.Kind.COMPANY, name=COMPANY).exists()


@transaction.atomic
def make_demo_company(*, at: datetime, scale: float = 1.0, progress: Progress = lambda share, what: None) -> int:
    """Fill an empty database with the company of R-172; returns how many rows of customers and history.

    The same ``at`` and ``scale`` give the same company. Rows are copied in with their derived columns, audit and
    stream as the actions would have left them; nothing is announced.
    """
    rng = random.Random(SEED)
    progress(2, "组织、岗位和辖区")
    base = StructureBuilder(rng=rng, today=business_date(at))
    structure = base.build()
    progress(8, "客户、科室和人员")
    customers = CustomerBuilder(rng=rng, at=at, scale=scale, structure=structure, base=base)
    book = customers.build()
    progress(30, "两年的联系记录")
    history = HistoryBuilder(rng=rng, at=at, scale=scale, structure=structure, book=book)
    history.build()
    stages = LifecycleBuilder(seed=SEED, at=at, structure=structure, book=book, contacts=history.diary.contacts)
    stages.build()
    progress(50, "写入客户")
    written = customers.write()
    progress(65, "写入联系记录、批注、跟进和审计")
    written += history.write() + stages.write()
    make_handovers(at=at, seed=SEED)
    written += add_voices(at=at)
    written += add_promises(at=at)
    make_leads(at=at, seed=SEED)
    make_rules(at=at)
    progress(97, "整理统计信息")
    written += make_plans(at=at)
    with connection.cursor() as cursor:
        cursor.execute("analyze")
    progress(100, "完成")
    return written


def sign_ins() -> list[SignIn]:
    """One sign-in per role, in the order of ``config/roles.toml``."""
    holders = {
        position.role: position.holder
        for position in Position.objects.current().filter(holder__login_name__in=LOGIN_OF_ROLE.values()).select_related("holder")
    }
    return [
        SignIn(role.title, holders[key].login_name, holders[key].name) for key, role in roles().items() if holders.get(key)
    ]
