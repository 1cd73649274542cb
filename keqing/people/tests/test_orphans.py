"""无人负责: found, given to somebody, gone (R-191)."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from keqing.access.models import Position, Staff
from keqing.access.tests.factories import make_cast, make_position, position_of
from keqing.kit.formats import business_date
from keqing.people.models import Organisation
from keqing.people.orphans import SILENT_DAYS, unattended, unmanned
from keqing.people.tests.factories import make_organisation

pytestmark = [pytest.mark.django_db, pytest.mark.proves("R-191")]


@pytest.fixture
def cast():
    return make_cast()


def found():
    rows = Organisation.objects.alive().filter(unattended(without=unmanned(), today=business_date(timezone.now())))
    return set(rows.values_list("name", flat=True))


def test_no_owner_a_vacant_position_a_leaver_and_long_silence_are_each_found(cast):
    vacant = make_position(unit=cast.guangzhou, name="空岗")
    make_organisation(unit=cast.guangzhou, name="示例一医院", by=cast.manager)
    make_organisation(owner=vacant, name="示例二医院", by=cast.manager)
    make_organisation(owner=cast.sibling, name="示例三医院")
    silent = make_organisation(owner=cast.rep, name="示例四医院")
    make_organisation(owner=cast.rep, name="示例五医院", at=timezone.now())
    Staff.objects.filter(pk=cast.sibling.pk).update(is_active=False, left_on=date(2026, 11, 1))
    Organisation.objects.filter(pk=silent.pk).update(last_activity_at=timezone.now() - timedelta(days=SILENT_DAYS + 2))
    assert found() == {"示例一医院", "示例二医院", "示例三医院", "示例四医院"}


def test_the_list_says_why_within_the_managers_reach_and_gives_them_away_at_once(cast):
    mine = make_organisation(unit=cast.guangzhou, name="示例一医院", by=cast.manager)
    make_organisation(unit=cast.beijing, name="示例北京医院", by=cast.gm)
    client = Client()
    client.force_login(cast.manager)
    page = client.get(reverse("people:orphans")).content.decode()
    assert "没有负责人" in page
    assert mine.name in page
    assert "示例北京医院" not in page
    form = {"list": "orphans", "selected": [mine.pk], "position": position_of(cast.rep).pk, "reason": "补上"}
    client.post(reverse("batches:new", args=["assign"]), {**form, "confirmed": "1", "count": "1"})
    assert Organisation.objects.get(pk=mine.pk).owner_position == position_of(cast.rep)
    assert mine.name not in client.get(reverse("people:orphans")).content.decode()


def test_representatives_do_not_open_it(cast):
    client = Client()
    client.force_login(cast.rep)
    assert client.get(reverse("people:orphans")).status_code == 403
    assert Position.objects.vacant().count() == 0
