from collections import Counter
from datetime import datetime

import pytest
from django.core.management import call_command
from django.db.models import Max, Min

from keqing.access.models import Staff
from keqing.access.standing import roles
from keqing.access.territories import TerritoryMap
from keqing.audit.models import Entry as AuditEntry
from keqing.desk.demo.company import make_demo_company, sign_ins
from keqing.followups.actions.kept import check_kept
from keqing.followups.models import Comment, ContactRecord, Reminder
from keqing.kit.formats import SHANGHAI, business_date
from keqing.kit.validators import clean_uscc
from keqing.people.actions import organisations as organisation_actions
from keqing.people.actions import people as people_actions
from keqing.people.models import Affiliation, Organisation, Person
from keqing.timeline.models import Entry, Facts

AT = datetime(2026, 11, 20, 11, 0, tzinfo=SHANGHAI)

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def demo(django_db_setup, django_db_blocker):
    """One small sample company for the tests of this file, taken back at the end."""
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        make_demo_company(at=AT, scale=0.01)
        yield
        transaction.set_rollback(True)


def test_derived_columns_are_what_the_actions_compute(demo):
    roles_of = organisation_actions.current_roles(Organisation.objects.values_list("pk", flat=True))
    for organisation in Organisation.objects.all():
        kept = {f: getattr(organisation, f) for f in ("completeness", "missing", *Organisation.SEARCH_FIELDS)}
        organisation_actions.assess(organisation, roles=roles_of[organisation.pk])
        assert kept == {f: getattr(organisation, f) for f in kept}
    posts = people_actions.current_posts(Person.objects.values_list("pk", flat=True))
    for person in Person.objects.all():
        kept = {f: getattr(person, f) for f in ("completeness", "missing", *Person.SEARCH_FIELDS)}
        people_actions.assess(person, posts=[(a.organisation_id, a.department_id is not None) for a in posts[person.pk]])
        assert kept == {f: getattr(person, f) for f in kept}
        assert person.is_affiliated == Affiliation.objects.filter(person=person).exists()


def test_last_contact_next_due_and_last_activity_follow_the_records(demo):
    contacts = {r["customer_id"]: r for r in ContactRecord.objects.values("customer_id").annotate(on=Max("track_on"), at=Max("submitted_at"))}
    due = dict(Reminder.objects.open().values_list("customer_id").annotate(Min("due_on")))
    counted = ("contact", "comment", "profile", "owner", "import", "stage")  # the other lines are no activity of the customer
    stream = dict(Entry.objects.filter(kind__in=counted).values_list("customer_id").annotate(Max("at")))
    states = {c.customer_id: c.business_state for c in ContactRecord.objects.order_by("submitted_at", "pk")}
    for organisation in Organisation.objects.all():
        contact = contacts.get(organisation.pk, {})
        assert organisation.last_contact_on == contact.get("on")
        assert organisation.next_due_on == due.get(organisation.pk)
        assert organisation.last_activity_at == stream[organisation.pk]
        assert organisation.business_state == states.get(organisation.pk, "first")
    assert check_kept(at=AT) == []


def test_every_contact_has_its_line_its_audit_entry_and_its_facts(demo):
    count = ContactRecord.objects.count()
    assert count > 100
    assert Entry.objects.filter(kind="contact").count() == count
    assert AuditEntry.objects.filter(action="contact.recorded").count() == count
    assert Comment.objects.count() == AuditEntry.objects.filter(action__in=["comment.written", "comment.replied"]).count() > 0
    closed = Reminder.objects.filter(origin__in=["callback", "manual"], done_at__isnull=False).exclude(outcome__startswith="已联系")
    told = set(Entry.objects.filter(kind="reminder").values_list("subject_id", flat=True))
    assert closed.exists() and set(closed.values_list("pk", flat=True)) <= told
    latest = {c.customer_id: c for c in ContactRecord.objects.order_by("submitted_at", "pk")}
    assert {f.pk: f.talked for f in Facts.objects.all()} == {pk: c.description for pk, c in latest.items()}
    assert not ContactRecord.objects.filter(submitted_at__gt=AT).exists()


def test_owners_are_those_the_territory_rules_name(demo):
    territories = TerritoryMap(today=business_date(AT))
    for organisation in Organisation.objects.exclude(owner_position=None):
        found = territories.position_for(kind=organisation.kind, division=organisation.region_id)
        assert found is not None and found.pk == organisation.owner_position_id
        assert organisation.unit_id == found.unit_id


def test_the_company_holds_what_a_real_one_holds(demo):
    kinds = Counter(Organisation.objects.values_list("kind", flat=True))
    assert set(kinds) == {"hospital", "clinic", "pharmacy", "chain", "distributor", "agent"}
    assert Affiliation.objects.filter(to_on__isnull=False).exists()
    assert Person.objects.unaffiliated().exists()
    assert Organisation.objects.filter(completeness__lt=60).exists()
    for code in Organisation.objects.exclude(uscc="").values_list("uscc", flat=True):
        assert clean_uscc(code)[2:8] == "000000"


def test_the_representative_has_a_day_with_work_in_it(demo):
    rep = Staff.objects.get(login_name="rep")
    today = business_date(AT)
    mine = Reminder.objects.open().mine(rep)
    assert mine.filter(due_on=today).exists()
    assert mine.filter(due_on__lt=today).exists()
    assert mine.filter(due_on__gt=today).exists()
    assert Comment.objects.unread_by(rep).exists()


def test_every_role_has_a_sign_in(demo):
    found = sign_ins()
    assert [one.title for one in found] == [role.title for role in roles().values()]
    for one in found:
        staff = Staff.objects.get(login_name=one.login_name)
        assert staff.check_password(one.password) and not staff.must_change_password


def test_a_second_start_changes_nothing_and_a_real_company_is_left_alone(demo, capsys):
    before = Organisation.objects.count()
    call_command("demo_company")
    assert Organisation.objects.count() == before
    call_command("demo_company", sign_ins=True)
    assert "医药代表" in capsys.readouterr().out
