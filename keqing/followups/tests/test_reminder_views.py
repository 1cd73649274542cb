from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from keqing.access.tests.factories import position_of
from keqing.compliance.models import Refusal
from keqing.followups.actions.reminders import create_reminder, finish_reminder
from keqing.followups.models import Reminder
from keqing.kit.formats import business_date

pytestmark = pytest.mark.django_db


@pytest.fixture
def today():
    return business_date(timezone.now())


@pytest.fixture
def reminder(cast, hospital, today):
    return create_reminder(customer=hospital, text="送资料", due_on=today, by=cast.rep, at=timezone.now())


def signed_in(staff) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def test_a_reminder_is_made_on_its_page(cast, hospital, today):
    client = signed_in(cast.rep)
    url = reverse("followups:reminder_new", args=[hospital.pk])
    assert "安排跟进" in client.get(url).content.decode()
    answer = client.post(url, {"due_on": (today + timedelta(days=2)).isoformat(), "text": "送资料"})
    assert answer.url == reverse("desk:customer", args=[hospital.pk])
    assert Reminder.objects.get().text == "送资料"
    assert client.post(url, {"due_on": "", "text": ""}).status_code == 422
    assert client.post(url, {"due_on": (today - timedelta(days=2)).isoformat(), "text": "早了"}).status_code == 422


@pytest.mark.proves("R-057")
def test_a_denied_word_is_refused_kept_and_explained(cast, hospital, today, reminder):
    client = signed_in(cast.rep)
    answer = client.post(reverse("followups:reminder_new", args=[hospital.pk]), {"due_on": today.isoformat(), "text": "医院统方"})
    assert answer.status_code == 422 and "统方" in answer.content.decode()
    form = {"version": 1, "outcome": "", "next_on": today.isoformat(), "next_text": "查量"}
    assert client.post(reverse("followups:reminder_done", args=[reminder.pk]), form).status_code == 422
    assert Reminder.objects.open().count() == 1
    assert Refusal.objects.filter(rule_id="RX-05", actor_id=cast.rep.pk).count() == 2


def test_done_proposes_the_next_and_makes_it(cast, reminder, today):
    client = signed_in(cast.rep)
    url = reverse("followups:reminder_done", args=[reminder.pk])
    part = client.get(url, {"next": "/"}, headers={"HX-Request": "true"}).content.decode()
    assert 'name="next_on" value="20' in part and "<html" not in part and 'name="next" value="/"' in part
    form = {"version": 1, "outcome": "送到了", "next_on": (today + timedelta(days=7)).isoformat(), "next_text": "问反馈", "next": "/"}
    assert client.post(url, form).url == "/"
    assert list(Reminder.objects.open().values_list("text", flat=True)) == ["问反馈"]
    assert client.post(url, {**form, "next_text": ""}).status_code == 422


@pytest.mark.proves("T04")
def test_a_reminder_somebody_else_has_dealt_with_answers_409_and_shows_it(cast, reminder):
    finish_reminder(reminder=reminder, outcome="我送了", by=cast.manager, at=timezone.now())
    answer = signed_in(cast.rep).post(
        reverse("followups:reminder_done", args=[reminder.pk]), {"version": 1, "outcome": "我也送了"}
    )
    page = answer.content.decode()
    assert answer.status_code == 409 and "我送了" in page and "我也送了" in page and "陈立" in page


def test_postponing_and_handing_over(cast, reminder, today):
    client = signed_in(cast.rep)
    later = (today + timedelta(days=3)).isoformat()
    assert client.post(reverse("followups:reminder_postpone", args=[reminder.pk]), {"version": 1, "to": later}).status_code == 302
    url = reverse("followups:reminder_hand_over", args=[reminder.pk])
    page = client.get(url).content.decode()
    # a colleague's rights end before this customer: whoever takes the reminder must be able to open it
    assert "陈立" in page and "罗佳" not in page and "何俊" not in page
    for outside in (cast.sibling, cast.other_area_rep):
        assert client.post(url, {"version": 2, "position": position_of(outside).pk}).status_code == 422
    assert client.post(url, {"version": 2, "position": position_of(cast.manager).pk}).status_code == 302
    reminder.refresh_from_db()
    assert reminder.position == position_of(cast.manager)
    manager = signed_in(cast.manager)
    assert manager.get(reverse("desk:customer", args=[reminder.customer_id])).status_code == 200
    assert "李雯" in manager.get(url).content.decode()
    assert manager.post(reverse("followups:reminder_done", args=[reminder.pk]), {"version": 3}).status_code == 302


def test_the_list_has_its_chips(cast, hospital, reminder, today):
    create_reminder(customer=hospital, text="下周电话", due_on=today + timedelta(days=5), by=cast.rep, at=timezone.now())
    past = today - timedelta(days=2)
    Reminder.objects.filter(pk=reminder.pk).update(due_on=past, first_due_on=past)
    client = signed_in(cast.rep)

    def shown(preset: str) -> str:
        page = client.get(reverse("followups:reminders") + preset).content.decode()
        return "".join(text for text in ("送资料", "下周电话") if text in page)

    presets = {"": "送资料下周电话", "overdue": "送资料", "today": "", "future": "下周电话", "mine": "送资料下周电话"}
    assert {preset: shown(f"?preset={preset}") for preset in presets} == presets
    reminder.refresh_from_db()
    finish_reminder(reminder=reminder, by=cast.rep, at=timezone.now())
    assert [shown(q) for q in ("", "?done=1", "?done=1&preset=by_me", "?done=1&preset=late")] == ["下周电话", *["送资料"] * 3]


def test_doors_hide_and_refuse(cast, hospital, reminder):
    for name in ("reminder", "reminder_done", "reminder_postpone", "reminder_hand_over"):
        url = reverse(f"followups:{name}", args=[reminder.pk])
        assert signed_in(cast.stranger).get(url).status_code == 404, name
        assert signed_in(cast.rep).get(url).status_code == 200, name
        # the general manager reads reminders and changes none
        assert signed_in(cast.gm).get(url).status_code == (200 if name == "reminder" else 403), name
        assert signed_in(cast.finance).get(url).status_code == 403, name
    assert signed_in(cast.stranger).get(reverse("followups:reminder_new", args=[hospital.pk])).status_code == 404
    assert signed_in(cast.compliance).get(reverse("followups:reminder_new", args=[hospital.pk])).status_code == 403
