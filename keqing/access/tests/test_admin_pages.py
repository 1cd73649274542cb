import pytest
from django.urls import reverse
from django.utils import timezone

from keqing.access.checks import known_words
from keqing.access.labels import KINDS, PERSON_KINDS, WORDS
from keqing.access.models import OrgUnit, Position, Staff, TerritoryRule
from keqing.access.standing import roles
from keqing.access.tests.factories import make_cast, make_position, make_staff, position_of
from keqing.audit.models import Entry
from keqing.people.choices import CUSTOMER_KINDS
from keqing.people.tests.factories import make_organisation
from keqing.reference.models import Division

pytestmark = pytest.mark.django_db
READS = ["staff_list", "units", "positions", "territories", "staff_new", "unit_new", "position_new", "territory_new"]


@pytest.fixture
def cast():
    return make_cast()


@pytest.fixture
def admin(client, cast):
    client.force_login(cast.security)
    return client


def text(response):
    return response.content.decode()


@pytest.mark.parametrize("name", READS)
def test_only_the_security_admin_opens_the_administration(client, cast, name):
    url = reverse(f"access:{name}")
    assert client.get(url).status_code == 302
    for role, person in cast.everyone.items():
        client.force_login(person)
        response = client.get(url)
        assert response.status_code == (200 if role == "security" else 403), role
        if role == "security":
            assert "<c-" not in text(response)


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("staff", "rep"), ("staff_edit", "rep"), ("staff_leave", "rep"), ("unit_edit", "guangzhou"), ("position", "position"),
        ("position_edit", "position"),
    ],
)  # fmt: skip
def test_pages_of_one_record_answer_the_admin_and_nobody_else(client, cast, name, target):
    pk = position_of(cast.rep).pk if target == "position" else getattr(cast, target).pk
    url = reverse(f"access:{name}", args=[pk])
    for role in ("rep", "manager", "gm", "system", "audit"):
        client.force_login(getattr(cast, role))
        assert client.get(url).status_code == 403
    client.force_login(cast.security)
    response = client.get(url)
    assert response.status_code == 200 and "<c-" not in text(response)
    assert client.get(reverse(f"access:{name}", args=[999_999])).status_code == 404


@pytest.mark.parametrize(
    "name",
    ["staff_reset_password", "staff_return", "unit_close", "position_appoint", "position_vacate", "position_close",
     "territory_end"],
)  # fmt: skip
def test_steps_are_posts_of_the_admin_only(client, cast, name):
    url = reverse(f"access:{name}", args=[1])
    client.force_login(cast.gm)
    assert client.post(url).status_code == 403
    client.force_login(cast.security)
    assert client.get(url).status_code == 405


def test_a_new_person_is_made_and_the_password_shown_once(admin):
    answer = admin.post(reverse("access:staff_new"), {"login_name": "xin", "name": "辛一"})
    made = Staff.objects.get(login_name="xin")
    shown = text(answer).split("data-secret>")[1].split("<")[0]
    assert made.check_password(shown) and "no-store" in answer["Cache-Control"]
    assert shown not in text(admin.get(reverse("access:staff", args=[made.pk])))


def test_errors_come_back_with_what_was_typed(admin):
    answer = admin.post(
        reverse("access:staff_new"), {"login_name": "rep", "name": "重名", "mobile": "12345", "email": "x"}
    )
    assert answer.status_code == 422
    assert "手机号应为 11 位" in text(answer) and "邮箱格式不对" in text(answer) and 'value="重名"' in text(answer)
    again = admin.post(reverse("access:staff_new"), {"login_name": "rep", "name": "重名"})
    assert again.status_code == 422 and "这个登录名已有人使用" in text(again)


def test_a_stale_edit_shows_mine_beside_theirs(admin, cast):
    url = reverse("access:staff_edit", args=[cast.rep.pk])
    form = {"login_name": "rep", "name": "李一", "version": cast.rep.version}
    assert admin.post(url, form).status_code == 302
    stale = admin.post(url, {**form, "name": "李二"})
    assert stale.status_code == 409 and "李一" in text(stale) and "李二" in text(stale)
    assert admin.post(url, {**form, "name": "李二", "version": cast.rep.version + 1}).status_code == 302


def test_leaving_offers_who_takes_over(admin, cast):
    make_organisation(owner=cast.rep)
    url = reverse("access:staff_leave", args=[cast.rep.pk])
    assert "客户 1" in text(admin.get(url))
    refused = admin.post(url, {"version": cast.rep.version, "takes_over": ""})
    assert refused.status_code == 422 and "请选择由谁接手" in text(refused)
    done = admin.post(url, {"version": cast.rep.version, "takes_over": "manager"})
    assert done.status_code == 302
    assert position_of_name("广州地区李雯岗").holder == cast.manager
    assert not Staff.objects.get(pk=cast.rep.pk).is_active
    stale = admin.post(url, {"version": cast.rep.version, "takes_over": "manager"})
    assert stale.status_code == 409


def position_of_name(name):
    return Position.objects.get(name=name)


def test_a_successor_is_chosen_by_name_and_the_person_can_come_back(admin, cast):
    make_organisation(owner=cast.rep)
    url = reverse("access:staff_leave", args=[cast.rep.pk])
    admin.post(url, {"version": cast.rep.version, "takes_over": str(cast.sibling.pk)})
    assert position_of_name("广州地区李雯岗").holder == cast.sibling
    back = admin.post(reverse("access:staff_return", args=[cast.rep.pk]))
    assert "data-secret" in text(back) and Staff.objects.get(pk=cast.rep.pk).is_active


def test_the_tree_is_shown_renamed_moved_and_closed(admin, cast):
    page = text(admin.get(reverse("access:units")))
    assert page.index("示例药业") < page.index("华南大区") < page.index("广州地区") < page.index("华北大区")
    made = admin.post(reverse("access:unit_new"), {"name": "佛山地区", "kind": "area", "parent": cast.south.pk})
    assert made.status_code == 302
    unit = OrgUnit.objects.get(name="佛山地区")
    form = {"name": "禅城地区", "parent": cast.north.pk, "version": unit.version}
    assert admin.post(reverse("access:unit_edit", args=[unit.pk]), form).status_code == 302
    unit.refresh_from_db()
    assert unit.path.startswith(cast.north.path) and unit.name == "禅城地区"
    assert admin.post(reverse("access:unit_edit", args=[unit.pk]), form).status_code == 409
    admin.post(reverse("access:unit_close", args=[unit.pk]))
    unit.refresh_from_db()
    assert unit.valid_to is not None
    wrong = admin.post(reverse("access:unit_new"), {"name": "区", "kind": "region", "parent": cast.south.pk})
    assert wrong.status_code == 422 and "不能设在" in text(wrong)


def test_a_position_is_made_filled_emptied_and_closed(admin, cast):
    made = admin.post(
        reverse("access:position_new"), {"name": "广州二岗", "unit": cast.guangzhou.pk, "role": "representative"}
    )
    position = position_of_name("广州二岗")
    assert made.url == reverse("access:position", args=[position.pk])
    today = timezone.localdate().isoformat()
    admin.post(
        reverse("access:position_appoint", args=[position.pk]), {"staff": cast.sibling.pk, "on": today, "version": 1}
    )
    position.refresh_from_db()
    assert position.holder == cast.sibling
    admin.post(reverse("access:position_vacate", args=[position.pk]), {"on": today, "version": position.version})
    admin.post(reverse("access:position_close", args=[position.pk]))
    position.refresh_from_db()
    assert position.closed_on is not None and position.holder is None
    kinds = set(Entry.objects.filter(subject_id=position.pk, subject_label="access.position").values_list("action", flat=True))
    assert kinds == {"position.created", "position.appointed", "position.vacated", "position.closed"}


def test_a_missing_date_is_asked_for_again(admin, cast):
    answer = admin.post(reverse("access:position_appoint", args=[position_of(cast.rep).pk]), {"version": 1})
    assert answer.status_code == 422 and "请选择任职日期" in text(answer)


def test_a_stale_position_edit_is_refused_beside_what_stands_there(admin, cast):
    position = position_of(cast.rep)
    url = reverse("access:position_edit", args=[position.pk])
    form = {"name": "甲岗", "unit": cast.shenzhen.pk, "role": "representative", "version": position.version}
    assert admin.post(url, form).status_code == 302
    assert admin.post(url, {**form, "name": "乙岗"}).status_code == 409


def test_territories_are_made_listed_and_ended(admin, cast):
    Division.objects.get_or_create(
        code="440100", defaults={"name": "广州市", "level": 2, "full_name": "广东省广州市", "valid_from": "2020-01-01"}
    )
    today = timezone.localdate()
    form = {"division_code": "4401", "position": position_of(cast.rep).pk, "kinds": ["hospital"], "valid_from": today}
    assert admin.post(reverse("access:territory_new"), form).status_code == 302
    again = admin.post(reverse("access:territory_new"), form)
    assert again.status_code == 422 and "已由" in text(again)
    unknown = admin.post(reverse("access:territory_new"), {**form, "division_code": "99"})
    assert "没有这个行政区划" in text(unknown)
    named = admin.post(reverse("access:territory_new"), {**form, "division_code": "广东省广州市"})
    assert "已由" in text(named)
    page = text(admin.get(reverse("access:territories")))
    assert "广东省广州市" in page and "医院" in page
    admin.post(reverse("access:territory_end", args=[TerritoryRule.objects.get().pk]))
    assert TerritoryRule.objects.get().valid_to == today
    assert "广州市" not in text(admin.get(reverse("access:territories") + "?preset=later"))


def test_rights_say_why_and_a_manager_sees_only_the_own_team(client, cast):
    url = reverse("access:rights")
    client.force_login(cast.manager)
    page = text(client.get(url, {"person": cast.rep.pk}))
    assert "修改客户" in page and "广州地区李雯岗（医药代表）" in page and "本岗位的" in page
    stranger = client.get(url, {"person": cast.stranger.pk})
    assert "北京地区唐敏岗" not in text(stranger) and f'value="{cast.stranger.pk}"' not in text(client.get(url))
    client.force_login(cast.rep)
    assert client.get(url).status_code == 403
    client.force_login(cast.security)
    assert "只见名称与编码" in text(client.get(url, {"person": cast.commerce.pk}))


def test_every_word_and_role_has_a_chinese_name(client, cast):
    assert known_words() <= set(WORDS)
    client.force_login(cast.security)
    page = text(client.get(reverse("access:rights")))
    assert all(role.title in page for role in roles().values())


def test_the_kinds_named_by_roles_are_the_kinds_of_the_customer_pages():
    assert {**KINDS, **PERSON_KINDS} == dict(CUSTOMER_KINDS)


@pytest.mark.parametrize("name", ["staff_list", "positions", "territories"])
def test_lists_cost_the_same_for_one_and_for_fifty_rows(admin, cast, name):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def cost():
        with CaptureQueriesContext(connection) as queries:
            admin.get(reverse(f"access:{name}"))
        return len(queries)

    cost()
    before = cost()
    for _ in range(50):
        make_position(unit=cast.shenzhen, holder=make_staff())
    cost()  # rights are read anew after positions changed
    assert cost() == before <= 10


def test_filters_find_people_by_name_initials_number_and_role(admin, cast):
    url = reverse("access:staff_list")
    for text_typed in ("李雯", "lw", "REP"):
        assert "李雯" in text(admin.get(url, {"q": text_typed}))
    page = text(admin.get(url, {"role": "finance"}))
    assert "钱进" in page and "罗佳" not in page
    assert "没有符合条件的记录" in text(admin.get(url, {"q": "不存在的人"}))
    assert "岗位1" not in text(admin.get(reverse("access:positions"), {"unit": cast.north.pk, "q": "李雯"}))
