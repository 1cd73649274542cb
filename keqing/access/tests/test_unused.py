"""Rights nobody uses are listed for the security administrator, and can be taken out (T41)."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from keqing.access import usage
from keqing.access.models import Holding, WordUse
from keqing.access.tests.factories import make_cast, position_of
from keqing.access.unused import grants_of, long_held
from keqing.audit.models import Entry
from keqing.kit.formats import business_date

pytestmark = [pytest.mark.django_db, pytest.mark.proves("T41")]


@pytest.fixture
def cast():
    usage.forget()
    yield make_cast()
    usage.forget()


def test_a_door_notes_its_word_and_a_process_writes_once(cast, django_assert_num_queries):
    client = Client()
    client.force_login(cast.rep)
    client.get(reverse("followups:contacts"))
    client.get(reverse("followups:contacts"))
    with django_assert_num_queries(1):
        assert usage.write(at=timezone.now()) == 1
    client.get(reverse("followups:contacts"))
    assert WordUse.objects.get(staff=cast.rep).word == "contact.view"


def test_words_used_within_ninety_days_are_not_listed(cast):
    today, position = date(2026, 11, 22), position_of(cast.rep)
    WordUse.objects.create(staff=cast.rep, word="contact.view", last_on=today - timedelta(days=90))
    WordUse.objects.create(staff=cast.rep, word="contact.record", last_on=today - timedelta(days=91))
    unused = grants_of([position], today=today)[position.pk].unused
    assert "contact.view" not in unused
    assert "contact.record" in unused


def test_a_position_held_for_less_than_ninety_days_says_nothing_yet(cast):
    today = business_date(timezone.now())
    assert position_of(cast.rep) in set(long_held(today))
    Holding.objects.filter(staff=cast.rep).update(from_on=today - timedelta(days=30))
    assert position_of(cast.rep) not in set(long_held(today))


@pytest.mark.proves("T35")
def test_a_name_that_begins_like_a_formula_is_text_in_the_file(cast):
    type(cast.rep).objects.filter(pk=cast.rep.pk).update(name="=1+1")
    client = Client()
    client.force_login(cast.security)
    text = client.post(reverse("access:unused_file")).content.decode("utf-8-sig")
    assert "=1+1" in text
    assert not any(cell.startswith("=") for line in text.splitlines() for cell in line.split(","))


def test_the_security_administrator_reads_and_exports_the_list_and_nobody_else(cast):
    client = Client()
    client.force_login(cast.security)
    page = client.get(reverse("access:unused")).content.decode()
    assert "李雯" in page
    assert "没有用过" in page
    answer = client.post(reverse("access:unused_file"))
    text = answer.content.decode("utf-8-sig")
    assert text.startswith("任职人,组织")
    assert "李雯" in text
    assert Entry.objects.get(action="grants.exported").actor_name == cast.security.name
    client.force_login(cast.manager)
    assert client.get(reverse("access:unused")).status_code == 403
