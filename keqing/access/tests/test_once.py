"""A form sent twice makes one thing."""

import uuid
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict

from keqing.access.actions.once import KEPT, forget_form_keys, once
from keqing.access.models import Staff, UsedFormKey
from keqing.access.tests.factories import make_staff

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


def sent(key="k1", text="甲"):
    return QueryDict(f"form_key={key}&text={text}&csrfmiddlewaretoken={uuid.uuid4().hex}")


def send(form, by, make=make_staff):
    return once(by=by, sent=form, label="access.staff", make=make, at=NOW)


def test_the_same_form_leads_to_what_it_made_and_another_one_makes_its_own():
    by, other = make_staff(), make_staff()
    first, is_new = send(sent(), by)
    assert is_new and send(sent(), by) == (first, False)
    others = [send(sent("k2"), by), send(sent(text="乙"), by), send(sent(), other), send(QueryDict("text=1"), by)]
    assert all(is_new for _pk, is_new in others) and len({first, *(pk for pk, _new in others)}) == 5


def test_a_refused_form_may_be_sent_again():
    by = make_staff()

    def refuse():
        make_staff(name="半成品")
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 ours
        send(sent(), by, refuse)
    assert not Staff.objects.filter(name="半成品").exists() and send(sent(), by)[1]


def test_keys_are_forgotten_after_thirty_days():
    by = make_staff()
    send(sent(), by)
    assert forget_form_keys(at=NOW + KEPT) == 0
    assert forget_form_keys(at=NOW + KEPT + timedelta(seconds=1)) == 1 and not UsedFormKey.objects.exists()
