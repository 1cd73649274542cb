"""The pages: board, panel, forms, lists, reports."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from keqing.access.tests.factories import make_cast, position_of
from keqing.followups.actions.contacts import record_contact
from keqing.followups.actions.reminders import create_reminder
from keqing.kit import remembered
from keqing.kit.formats import business_date
from keqing.lifecycle.actions import move_customers
from keqing.lifecycle.actions.effects import keep_effects
from keqing.lifecycle.actions.goals import set_goal
from keqing.lifecycle.actions.needs import register_need
from keqing.lifecycle.actions.targets import reach_target, set_target
from keqing.lifecycle.coverage import coverage
from keqing.lifecycle.models import Competitor, Effect, LossReason, Need, StageChange, Target
from keqing.lifecycle.quarters import quarter_of
from keqing.lifecycle.queries import reports
from keqing.lifecycle.tests.factories import put_in, signed_in
from keqing.people.models import Organisation
from keqing.people.tests.factories import make_organisation

pytestmark = pytest.mark.django_db


def today():
    return business_date(timezone.now())


def organisation(**rest):
    return make_organisation(at=timezone.now(), **rest)


def need_of(customer, by, days=0, **rest):
    at = timezone.now() - timedelta(days=days)
    return register_need(
        customer=customer, by=by, at=at, **{"text": "要二期数据", "evidence": "主任提出", "raised_on": business_date(at), **rest}
    )


def taken_up(customer, by):
    need_of(customer, by)
    create_reminder(customer=customer, text="送资料", due_on=today(), by=by, at=timezone.now())


def contact_with(customer, by, description="谈药事会"):
    fields = {"track_on": today(), "method": "visit", "business_state": "needs", "description": description}
    return record_contact(customer=Organisation.objects.get(pk=customer.pk), fields=fields, by=by, at=timezone.now())


@pytest.mark.proves("R-181")
def test_the_board_shows_each_stage_with_its_number_the_time_in_it_and_only_my_customers(django_assert_max_num_queries):
    cast = make_cast()
    put_in(organisation(owner=cast.rep, name="机会医院"), "opportunity", since=today() - timedelta(days=12))
    organisation(owner=cast.rep, name="潜在医院")
    organisation(owner=cast.stranger, name="别人的医院")
    client = signed_in(cast.rep)
    client.get(reverse("lifecycle:board"))
    with django_assert_max_num_queries(10):
        response = client.get(reverse("lifecycle:board"))
    columns = {column.label: column for column in response.context["columns"]}
    assert {label: column.count for label, column in columns.items() if column.count} == {"潜在客户": 1, "销售机会": 1}
    text = response.content.decode()
    assert "机会医院" in text and "本阶段 12 天" in text and "别人的医院" not in text
    assert [label for _, label in columns["销售机会"].cards[0].ways] == ["订单客户", "休眠"]
    assert reverse("lifecycle:move", args=[columns["销售机会"].cards[0].row.pk]) in text


def test_the_board_follows_the_filters_of_the_list_and_walks_a_long_column(monkeypatch):
    from keqing.lifecycle.queries import board

    monkeypatch.setattr(board, "CARDS", 2)
    cast = make_cast()
    made = [organisation(owner=cast.rep, name=f"市立医院{n}") for n in range(5)]
    organisation(owner=cast.rep, name="示范诊所", kind="clinic")
    client, url = signed_in(cast.rep), reverse("lifecycle:board")
    response = client.get(url, {"q": "市立"})
    column = next(c for c in response.context["columns"] if c.stage == "prospect")
    assert (column.count, len(column.cards)) == (5, 2) and "示范诊所" not in response.content.decode()
    seen, after = [card.row.pk for card in column.cards], column.after
    while after:
        more = client.get(reverse("lifecycle:column", args=["prospect"]), {"q": "市立", "after": after}, headers={"HX-Request": "true"})
        seen += [card.row.pk for card in more.context["column"].cards]
        after = more.context["column"].after
    assert sorted(seen) == sorted(one.pk for one in made)
    assert client.get(reverse("lifecycle:column", args=["nowhere"])).status_code == 404
    assert f'href="{reverse("people:organisations", args=["all"])}?q=' in response.content.decode()
    monkeypatch.setattr("keqing.kit.counts.CAP", 3)
    monkeypatch.setattr("keqing.kit.counts.TYPED_CAP", 3)
    remembered.forget_all()  # the statement with the true number was written above
    chips = client.get(url, {"q": "市立"}).content.decode().partition('aria-label="常用筛选"')[2].partition("</nav>")[0]
    assert chips.count('class="figures"') == 1 and "3+" in chips  # the others are not counted


@pytest.mark.proves("R-181")
def test_moving_asks_for_what_the_step_needs_and_says_what_is_missing():
    cast = make_cast()
    customer = organisation(owner=cast.rep)
    client, url = signed_in(cast.rep), reverse("lifecycle:move", args=[customer.pk])
    sent = {"to": "opportunity", "seen": "prospect"}
    refused = client.post(url, sent)
    assert refused.status_code == 422 and "先在客户页登记需求" in refused.content.decode()
    taken_up(customer, cast.rep)
    assert client.post(url, sent).status_code == 302
    stale = client.post(url, sent)
    assert stale.status_code == 409 and "刚变为“销售机会”" in stale.content.decode()
    jump = client.post(url, {"to": "user", "seen": "opportunity"})
    assert jump.status_code == 422
    assert "没有已批准的订单" in client.post(url, {"to": "order_customer", "seen": "opportunity"}).content.decode()
    page = client.get(reverse("desk:customer", args=[customer.pk])).content.decode()
    assert "销售机会 · " in page and "阶段 潜在客户 → 销售机会" in page


@pytest.mark.proves("R-129")
def test_leaving_for_good_needs_a_reason_of_the_list_and_the_quarter_counts_them():
    cast = make_cast()
    assert list(LossReason.objects.order_by("order").values_list("name", flat=True)) == [
        "产品及服务的瑕疵", "价格竞争", "同质性高", "喜新厌旧或使用习惯改变",
    ]
    rival = Competitor.objects.create(name="某某制药")
    client = signed_in(cast.rep)
    for number, reason in enumerate(["价格竞争", "价格竞争", "同质性高"]):
        customer = put_in(organisation(owner=cast.rep, name=f"医院{number}"), "dormant")
        url = reverse("lifecycle:move", args=[customer.pk])
        sent = {"to": "lost", "seen": "dormant", "reason": "换了别家", "competitor": rival.pk}
        assert client.post(url, sent).status_code == 422
        assert client.post(url, {**sent, "loss_reason": LossReason.objects.get(name=reason).pk}).status_code == 302
    board = client.get(reverse("lifecycle:losses")).context["board"]
    assert [(line.label, line.counts[-1]) for line in board.reasons] == [("价格竞争", 2), ("同质性高", 1)]
    assert [(line.label, line.total) for line in board.competitors] == [("某某制药", 3)]
    assert board.totals == [0, 0, 0, 3] and board.quarters[-1] == quarter_of(today())
    assert not signed_in(cast.stranger).get(reverse("lifecycle:losses")).context["board"].reasons


@pytest.mark.proves("R-286")
def test_a_need_without_an_answer_for_30_days_is_listed():
    cast = make_cast()
    customer = organisation(owner=cast.rep)
    old = need_of(customer, cast.rep, days=30, text="要价格说明")
    need_of(customer, cast.rep, days=29, text="要培训")
    need_of(customer, cast.rep, days=40, text="要样品登记", answer="已说明不提供样品")
    response = signed_in(cast.rep).get(reverse("lifecycle:needs"), {"preset": "unanswered"})
    assert list(response.context["page"].rows) == [old]
    assert "待回应 30 天" in response.content.decode()


@pytest.mark.proves("R-286")
def test_open_needs_are_on_the_customers_page_and_beside_the_form_of_a_contact():
    cast = make_cast()
    customer = organisation(owner=cast.rep)
    client = signed_in(cast.rep)
    made = client.post(
        reverse("lifecycle:need_new", args=[customer.pk]), {"text": "要二期数据", "evidence": "主任提出", "raised_on": today().isoformat()}
    )
    assert made.status_code == 302
    need = Need.objects.get()
    before = reverse("lifecycle:before_call", args=[customer.pk])
    assert before in client.get(reverse("followups:record", args=[customer.pk])).content.decode()
    for url in (before, reverse("lifecycle:panel", args=[customer.pk]), reverse("lifecycle:need", args=[need.pk])):
        assert "要二期数据" in client.get(url).content.decode()
        assert "要二期数据" in client.get(url, headers={"HX-Request": "true"}).content.decode()
    sent = {"text": need.text, "evidence": need.evidence, "raised_on": need.raised_on.isoformat(), "answer": "已发送", "version": 1}
    url = reverse("lifecycle:need_edit", args=[need.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, {**sent, "met_on": today().isoformat()}).status_code == 302
    stale = client.post(url, {**sent, "answer": "别的回应"})
    assert stale.status_code == 409 and "已发送" in stale.content.decode()
    assert "要二期数据" not in client.get(before).content.decode()


@pytest.mark.proves("R-285")
def test_of_20_targets_12_reached_make_60_percent_and_the_8_are_listed_with_their_last_action():
    cast = make_cast()
    position, at = position_of(cast.rep), timezone.now()
    quarter = quarter_of(today())
    targets = [
        set_target(
            customer=organisation(owner=cast.rep, name=f"目标医院{n:02d}"), kind="grade", now="C", wanted="B", due_on=quarter.last,
            actions="每周拜访", position=position, by=cast.rep, at=at,
        )
        for n in range(20)
    ]
    for target in targets[:12]:
        reach_target(target=target, evidence="评级 B", by=cast.rep, at=at)
    for target in targets[12:19]:
        contact_with(Organisation.objects.get(pk=target.customer_id), cast.rep, description=f"为{target.customer_name}送文献")
    response = signed_in(cast.manager).get(reverse("lifecycle:result"))
    result = response.context["result"]
    assert (result.planned, result.reached, result.rate, len(result.missed)) == (20, 12, 60, 8)
    text = response.content.decode()
    assert "60%" in text and text.count("data-missed") == 8
    assert "为目标医院12送文献" in text and "还没有任何行动" in text
    assert result.by_kind == [("客户等级", 20, 12)]


def test_the_result_of_many_targets_is_added_up_by_the_database_and_lists_the_first(monkeypatch, django_assert_num_queries):
    cast, quarter = make_cast(), quarter_of(today())
    monkeypatch.setattr(reports, "MOST", 3)

    def more(number, first):
        for n in range(first, first + number):
            owner = cast.rep if n % 2 else cast.sibling
            set_target(
                customer=organisation(owner=owner, name=f"目标医院{n:02d}"), kind="grade", now="C", wanted="B", due_on=quarter.last,
                actions="每周拜访", position=position_of(owner), by=owner, at=timezone.now(),
            )

    more(2, 0)
    reports.target_result(staff=cast.manager, quarter=quarter)  # rights are remembered from now on
    with django_assert_num_queries(4):
        reports.target_result(staff=cast.manager, quarter=quarter)
    more(7, 2)
    reach_target(target=Target.objects.order_by("pk")[0], evidence="评级 B", by=cast.sibling, at=timezone.now())
    with django_assert_num_queries(4):
        result = reports.target_result(staff=cast.manager, quarter=quarter)
    assert (result.planned, result.reached, len(result.missed), result.more) == (9, 1, 3, 5)
    assert sorted(result.by_owner) == sorted([(position_of(cast.sibling).label, 5, 1), (position_of(cast.rep).label, 4, 0)])
    assert "还有 5 条没有列出" in signed_in(cast.manager).get(reverse("lifecycle:result")).content.decode()


def test_a_target_is_set_changed_and_reached_on_its_pages():
    cast = make_cast()
    customer = organisation(owner=cast.rep)
    client, position = signed_in(cast.rep), position_of(cast.rep)
    sent = {
        "kind": "relationship", "now": "认识", "wanted": "支持", "due_on": (today() + timedelta(days=30)).isoformat(),
        "actions": "季度学术会", "position": position.pk,
    }
    url = reverse("lifecycle:target_new", args=[customer.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, {**sent, "wanted": "陌生"}).status_code == 422
    assert client.post(url, sent).status_code == 302
    target = Target.objects.get()
    assert "关系程度：认识 → 支持" in client.get(reverse("lifecycle:target", args=[target.pk])).content.decode()
    edit = {"due_on": sent["due_on"], "actions": "改为每月一次", "position": position.pk, "version": 1}
    assert client.post(reverse("lifecycle:target_edit", args=[target.pk]), edit).status_code == 302
    assert client.post(reverse("lifecycle:target_edit", args=[target.pk]), {**edit, "actions": "旧页面"}).status_code == 409
    reach = reverse("lifecycle:target_reach", args=[target.pk])
    assert client.post(reach, {"evidence": "", "version": 2}).status_code == 422
    assert client.post(reach, {"evidence": "主动介绍同行", "version": 2}).status_code == 302
    assert list(client.get(reverse("lifecycle:targets"), {"preset": "reached"}).context["page"].rows) == [target]


@pytest.mark.proves("R-126")
def test_a_gap_of_100_with_240_weighted_prospects_is_2_4_and_amber():
    found = coverage(gap=100, weighted=240, target=3, poor=1)
    assert (str(found.ratio), found.state) == ("2.4", "waiting")
    assert coverage(gap=100, weighted=300, target=3, poor=1).state == "done"
    assert coverage(gap=100, weighted=99, target=3, poor=1).state == "refused"
    assert coverage(gap=0, weighted=5, target=3, poor=1).ratio is None


@pytest.mark.proves("R-126")
def test_the_coverage_of_a_team_counts_its_prospects_against_the_goal_of_its_head():
    cast = make_cast()
    for number in range(6):
        put_in(organisation(owner=cast.rep, name=f"机会{number}"), "opportunity")
    put_in(organisation(owner=cast.stranger, name="别区机会"), "opportunity")
    client, url = signed_in(cast.region_manager), reverse("lifecycle:coverage")
    sent = {"position": position_of(cast.manager).pk, "month": f"{today():%Y-%m}", "wanted": 2}
    assert client.post(url, sent).status_code == 302
    assert client.post(url, {**sent, "position": position_of(cast.rep).pk}).status_code == 422
    line = client.get(url).context["lines"][0]
    assert (line.goal.wanted, line.result.gap, line.result.weighted, str(line.result.ratio), line.result.state) == (2, 2, 3, "1.5", "waiting")
    assert signed_in(cast.rep).get(url).status_code == 403
    set_goal(position=position_of(cast.manager), month=today(), wanted=1, by=cast.region_manager, at=timezone.now())
    assert client.get(url).context["lines"][0].result.state == "done"


@pytest.mark.proves("R-180")
def test_the_report_counts_each_persons_activities_without_effect_and_opens_them():
    cast = make_cast()
    moved, still = organisation(owner=cast.rep, name="动了"), organisation(owner=cast.rep, name="没动")
    contact_with(moved, cast.rep)
    contact_with(still, cast.rep)
    taken_up(moved, cast.rep)
    move_customers(customers=[Organisation.objects.get(pk=moved.pk)], to="opportunity", by=cast.rep, at=timezone.now())
    keep_effects(at=timezone.now() + timedelta(days=8))
    client = signed_in(cast.manager)
    line = client.get(reverse("lifecycle:effect_report")).context["lines"][0]
    assert (line.name, line.activities, line.over, line.without, line.share, line.stages) == (cast.rep.name, 2, 2, 1, 50, 1)
    response = client.get(reverse("lifecycle:effects"), {"preset": "without"})
    assert [row.customer_id for row in response.context["page"].rows] == [still.pk]
    assert "没动" in response.content.decode() and "成效 0" in response.content.decode()
    assert Effect.objects.count() == 2


def test_values_of_the_picklists_are_added_and_closed_and_denied_words_refused():
    cast = make_cast()
    client, url = signed_in(cast.region_manager), reverse("lifecycle:picklists")
    assert client.post(url, {"noun": "competitor", "name": "甲制药"}).status_code == 302
    assert client.post(url, {"noun": "competitor", "name": "甲制药"}).status_code == 422
    assert client.post(url, {"noun": "reason", "name": "统方排名"}).status_code == 422
    rival = Competitor.objects.get()
    client.post(reverse("lifecycle:value", args=["competitor", rival.pk]))
    rival.refresh_from_db()
    assert rival.closed_on == today()
    assert signed_in(cast.rep).get(url).status_code == 403


def test_every_list_opens_empty_and_says_what_to_do():
    cast = make_cast()
    client = signed_in(cast.rep)
    for name, said in (("needs", "还没有需求"), ("targets", "还没有提升目标"), ("stage_changes", "还没有阶段变化"), ("effects", "还没有行动成效")):
        assert said in client.get(reverse(f"lifecycle:{name}")).content.decode()
    for name in ("result", "losses", "effect_report", "board"):
        assert client.get(reverse(f"lifecycle:{name}")).status_code == 200


def test_many_customers_are_moved_from_the_list_and_the_refused_are_told():
    cast = make_cast()
    ready, bare = organisation(owner=cast.rep, name="齐备"), organisation(owner=cast.rep, name="没有需求")
    taken_up(ready, cast.rep)
    client = signed_in(cast.rep)
    url = reverse("batches:new", args=["stage"])
    chosen = {"list": "customers:all", "selected": [ready.pk, bare.pk]}
    assert client.get(url, chosen).status_code == 200
    response = client.post(url, {**chosen, "to": "opportunity", "reason": "年度盘点"})
    assert response.status_code == 302, response.content.decode()[:2000]
    assert set(StageChange.objects.values_list("customer_id", flat=True)) == {ready.pk}


def test_a_contact_with_somebody_else_is_no_evidence():
    cast = make_cast()
    customer, other = organisation(owner=cast.rep, name="甲医院"), organisation(owner=cast.stranger, name="乙医院")
    contact = contact_with(other, cast.stranger)
    client = signed_in(cast.rep)
    data = {"text": "要二期数据", "evidence": "主任提出", "raised_on": today(), "answer": "", "contact": contact.pk}
    assert client.post(reverse("lifecycle:need_new", args=[customer.pk]), data).status_code == 404
    assert not Need.objects.exists()


@pytest.mark.parametrize("month", ["9999-12", "0001-01", "2026-13", "x"])
def test_a_month_beyond_the_calendar_shows_this_one(month):
    cast = make_cast()
    page = signed_in(cast.gm).get(reverse("lifecycle:coverage"), {"month": month})
    assert page.status_code == 200 and page.context["month"] == today().replace(day=1)
