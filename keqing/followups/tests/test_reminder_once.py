import pytest
from django.urls import reverse
from django.utils import timezone

from keqing.access.tests.factories import make_cast
from keqing.followups.models import Reminder
from keqing.kit.formats import business_date
from keqing.people.tests.factories import make_organisation
from keqing.people.tests.test_pages import signed_in


@pytest.mark.django_db
def test_a_new_reminder_sent_twice_is_one_reminder():
    cast = make_cast()
    client = signed_in(cast.rep)
    url = reverse("followups:reminder_new", args=[make_organisation(owner=cast.rep).pk])
    assert 'name="form_key"' in client.get(url).content.decode()
    sent = {"form_key": "d2f1", "text": "送资料", "due_on": business_date(timezone.now()).isoformat()}
    assert [client.post(url, sent).status_code for _ in range(3)] == [302] * 3
    assert Reminder.objects.get().text == "送资料"
    assert client.post(url, {**sent, "text": "再送一次"}).status_code == 302
    assert Reminder.objects.count() == 2
