"""The sample company at its full size (R-172)."""

import time
from collections import Counter
from statistics import median

import pytest
from django.test import Client
from django.utils import timezone

from keqing.access.models import OrgUnit, Position, Staff
from keqing.desk.demo.company import make_demo_company
from keqing.followups.models import ContactRecord
from keqing.people.models import Organisation


@pytest.mark.slow
@pytest.mark.proves("R-172")
@pytest.mark.django_db
def test_the_full_company_is_made_in_two_minutes_and_its_agents_filter_in_half_a_second():
    started = time.monotonic()
    make_demo_company(at=timezone.now())
    assert time.monotonic() - started < 120
    kinds = Counter(Organisation.objects.values_list("kind", flat=True))
    assert OrgUnit.objects.filter(kind="region").count() == 5
    assert Position.objects.filter(role__in=["region_manager", "area_manager", "commerce"]).count() >= 50
    assert kinds["distributor"] + kinds["chain"] >= 400
    assert kinds["hospital"] + kinds["pharmacy"] + kinds["agent"] >= 5900
    assert ContactRecord.objects.count() > 60_000
    assert Position.objects.vacant().exists()

    client = Client()
    client.force_login(Staff.objects.get(login_name="gm"))
    times = []
    for _ in range(5):
        started = time.monotonic()
        assert client.get("/customers/agent/?q=yyzx").status_code == 200
        times.append(time.monotonic() - started)
    assert median(times) < 0.5
