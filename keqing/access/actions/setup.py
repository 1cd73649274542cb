"""The first company and its first administrator (decision 27)."""

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from keqing.access import founding
from keqing.access.actions.common import AdminRefused, keep
from keqing.access.actions.positions import appoint, create_position
from keqing.access.actions.sessions import problems_of
from keqing.access.actions.staff import create_staff
from keqing.access.actions.units import create_unit
from keqing.access.models import OrgUnit, Staff
from keqing.kit.formats import business_date


@transaction.atomic
def found_company(*, company: str, login_name: str, name: str, password: str, at: datetime) -> Staff:
    """Make the company and a security administrator, who then makes everybody else.

    Refuses when there is a company already, and weak passwords.
    """
    if OrgUnit.objects.exists():
        raise AdminRefused("这里已经有公司了，不能再初始化。")
    root = create_unit(name=company, kind=OrgUnit.Kind.COMPANY, parent=None, by=None, at=at)
    staff, _ = create_staff(values={"login_name": login_name, "name": name}, by=None, at=at)
    try:
        validate_password(password, staff)
    except ValidationError as error:
        raise AdminRefused("".join(problems_of(error))) from error
    staff.set_password(password)
    staff.must_change_password = False
    keep(staff, ["password", "must_change_password"])
    position = create_position(
        values={"name": "安全管理员", "unit": root, "role": "security_admin"}, by=staff, at=at
    )
    appoint(position=position, staff=staff, on=business_date(at), by=staff, at=at)
    founding.furnish(company=root, at=at)
    return staff
