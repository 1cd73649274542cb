"""今天 … 近 30 天 in the list of contact records (U44)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from keqing.access.tests.factories import make_cast
from keqing.followups.tests.factories import make_contact
from keqing.kit.date_ranges import RANGES, bounds
from keqing.kit.formats import business_date
from keqing.people.tests.factories import make_organisation

pytestmark = [pytest.mark.django_db, pytest.mark.proves("U44")]


def test_each_range_shows_the_records_of_its_days():
    cast, at = make_cast(), timezone.now()
    today = business_date(at)
    hospital = make_organisation(owner=cast.rep)
    days = [today - timedelta(days=ago) for ago in (0, 1, 5, 9, 20, 45, 100, 380)]
    for day in days:
        make_contact(customer=hospital, by=cast.rep, at=at, track_on=day, callback_on=None)
    client = Client()
    client.force_login(cast.rep)
    for key, label in RANGES:
        first, last = bounds(key, today=today)
        response = client.get("/followups/contacts/", {"when": key})
        assert response.context["page"].count == sum(first <= day <= last for day in days), key
        assert str(label) in response.content.decode()
    page = client.get("/followups/contacts/", {"when": "last_30", "last": (today - timedelta(days=5)).isoformat()}).context["page"]
    assert page.count == 3
    assert client.get("/followups/contacts/", {"when": "nonsense"}).context["page"].count == len(days)
