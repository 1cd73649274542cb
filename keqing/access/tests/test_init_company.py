import io
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command

from keqing.access.actions.sessions import sign_in
from keqing.access.models import OrgUnit, Staff
from keqing.access.tests.factories import make_cast

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
GIVEN = {"company": "示例药业", "login": "guanli", "name": "管理员甲", "password_stdin": True}


def start(monkeypatch, password="jin-tian-2026", **changes):
    monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
    out = io.StringIO()
    call_command("init_company", stdout=out, **{**GIVEN, **changes})
    return out.getvalue()


def test_a_new_installation_gets_a_company_and_somebody_who_can_make_everybody_else(monkeypatch):
    assert "guanli" in start(monkeypatch)
    assert OrgUnit.objects.get().name == "示例药业"
    staff = sign_in(login_name="guanli", password="jin-tian-2026", at=NOW)
    assert staff.may("staff.manage") and staff.may("org.manage") and not staff.must_change_password
    assert staff.standing.company_name == "示例药业"


def test_a_company_is_founded_once(monkeypatch):
    make_cast()
    with pytest.raises(CommandError, match="已经有公司"):
        start(monkeypatch)


@pytest.mark.parametrize(("changes", "sentence"), [({"password": "12345"}, "密码"), ({"company": " "}, "缺少公司名称")])
def test_bad_answers_leave_nothing_behind(monkeypatch, changes, sentence):
    with pytest.raises(CommandError, match=sentence):
        start(monkeypatch, **changes)
    assert not OrgUnit.objects.exists() and not Staff.objects.exists()
