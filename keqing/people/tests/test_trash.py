"""回收站: people as organisations, and what leaves it for good."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from keqing.access.tests.factories import make_cast
from keqing.audit.models import Entry
from keqing.batches.models import Batch, BatchRow
from keqing.followups.tests.factories import make_contact
from keqing.people.actions.organisations import assign_organisations
from keqing.people.actions.people import StalePerson, create_departments
from keqing.people.actions.trash import empty_trash, restore_person, trash_organisation, trash_person
from keqing.people.models import Affiliation, Department, Organisation, Person
from keqing.people.tests.factories import NOW, make_organisation, make_person
from keqing.people.tests.test_pages import signed_in
from keqing.timeline.models import Entry as Line

pytestmark = pytest.mark.django_db


@pytest.mark.proves("U56")
def test_a_person_goes_to_the_trash_and_comes_back_with_their_post():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep)
    doctor = make_person(at_organisation=hospital, owner=cast.rep, name="林若", role="pharmacy_head")
    client, page = signed_in(cast.rep), reverse("people:person", args=[doctor.pk])
    hospital.refresh_from_db()
    full = hospital.completeness
    ask = reverse("people:person_trash", args=[doctor.pk])
    assert "删除“林若”" in client.get(ask).content.decode() and ask in client.get(page).content.decode()
    assert client.post(ask, {"reason": "重复"}).status_code == 302
    hospital.refresh_from_db()
    assert client.get(page).status_code == 404 and hospital.completeness < full
    assert "林若" in client.get(reverse("people:trash_people")).content.decode()
    assert "林若" not in signed_in(cast.sibling).get(reverse("people:trash_people")).content.decode()
    restore = reverse("people:person_restore", args=[doctor.pk])
    assert signed_in(cast.sibling).post(restore).status_code == 404
    assert client.post(restore).status_code == 302
    hospital.refresh_from_db()
    assert client.get(page).status_code == 200 and hospital.completeness == full
    assert client.post(restore).status_code == 404
    assert list(Entry.objects.filter(action__startswith="person.").values_list("action", flat=True).order_by("pk")) == [
        "person.created", "person.trashed", "person.restored",
    ]


def test_somebody_changed_meanwhile_is_not_deleted_unseen():
    cast = make_cast()
    person = make_person(owner=cast.rep)
    trash_person(person=person, by=cast.rep, at=NOW)
    with pytest.raises(StalePerson):
        restore_person(person=person, by=cast.rep, at=NOW)


@pytest.mark.proves("U56")
def test_after_30_days_what_nothing_else_is_about_goes_and_the_rest_stays_out_of_sight():
    cast = make_cast()
    empty, talked, fresh, home = (
        make_organisation(owner=cast.rep, name=name) for name in ("空医院", "谈过的医院", "刚删的医院", "有人的医院")
    )
    create_departments(organisation=empty, names=["心内科"], by=cast.rep, at=NOW)
    assign_organisations(organisations=[empty], position=None, unit=cast.guangzhou, by=cast.manager, at=NOW)
    make_contact(customer=talked, by=cast.rep)
    idle, met = make_person(at_organisation=home, owner=cast.rep, name="无事人"), make_person(owner=cast.rep, name="谈过的人")
    make_contact(customer=met, by=cast.rep)
    long_ago = NOW - timedelta(days=31)
    for one, at in ((empty, long_ago), (talked, long_ago), (fresh, NOW), (home, long_ago)):
        trash_organisation(organisation=Organisation.objects.get(pk=one.pk), by=cast.rep, at=at)
    for person in (idle, met):
        trash_person(person=Person.objects.get(pk=person.pk), by=cast.rep, at=long_ago)
    assert empty_trash(at=NOW) == 3
    assert set(Organisation.objects.values_list("name", flat=True)) == {"谈过的医院", "刚删的医院"}
    assert set(Person.objects.values_list("name", flat=True)) == {"谈过的人"}
    assert not Department.objects.exists() and not Affiliation.objects.exists()
    assert set(Line.objects.values_list("customer_id", flat=True)) == {talked.pk, fresh.pk, met.pk}
    purged = Entry.objects.filter(action__endswith=".purged")
    assert {(e.subject_name, e.actor_name) for e in purged} == {(n, "系统") for n in ("空医院", "有人的医院", "无事人")}
    assert empty_trash(at=NOW) == 0


def test_what_lies_in_the_trash_for_more_than_30_days_cannot_come_back():
    cast = make_cast()
    person = make_person(owner=cast.rep, name="过期人")
    trash_person(person=person, by=cast.rep, at=timezone.now() - timedelta(days=31))
    client = signed_in(cast.rep)
    assert "过期人" not in client.get(reverse("people:trash_people")).content.decode()
    assert client.post(reverse("people:person_restore", args=[person.pk])).status_code == 404


@pytest.mark.proves("U56")
def test_having_been_a_row_of_a_batch_keeps_nobody_in_the_trash():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep)
    done = Batch.objects.create(
        action="tag", sentence="打上标签", total=1, by=cast.rep, started_at=NOW, touched_at=NOW, finished_at=NOW, state="done"
    )
    BatchRow.objects.create(batch=done, customer_id=hospital.pk, name=hospital.name, outcome="undone")
    trash_organisation(organisation=hospital, by=cast.rep, at=NOW - timedelta(days=31))
    assert empty_trash(at=NOW) == 1
    assert BatchRow.objects.get().name == hospital.name


@pytest.mark.proves("U56", "U25")
def test_the_trash_is_filtered_sorted_and_taken_out_like_every_list():
    cast = make_cast()
    names = ("江湾医院", "丁溪医院", "甲市连锁药房")
    for number, name in enumerate(names):
        one = make_organisation(owner=cast.rep, name=name, kind="pharmacy" if "药房" in name else "hospital")
        trash_organisation(organisation=Organisation.objects.get(pk=one.pk), by=cast.rep, at=timezone.now() - timedelta(days=12 * number + 1))
    client = signed_in(cast.rep)

    def found(**query):
        text = client.get(reverse("people:trash"), query).content.decode()
        return [name for name in names if f">{name}</td>" in text]

    assert found() == [*names] and found(q="江湾") == [names[0]] == found(preset="mine", q="江湾")
    assert found(kind="pharmacy") == [names[2]] == found(preset="soon") and found(by="没有这人") == []
    assert found(when="today") == [] and found(sort="name") == [*names]
    page = client.get(reverse("people:trash")).content.decode()
    assert page.index(names[0]) < page.index(names[2]) and 'form="restore"' in page and "data-export" in page
    assert ">5</td>" in page and reverse("people:trash_people") in page
    sent = {"list": "trash", "query": "kind=pharmacy", "format": "csv", "columns": "all", "encoding": "utf-8-sig"}
    taken = b"".join(client.post(reverse("exports:new"), sent)).decode("utf-8-sig")
    assert names[2] in taken and names[0] not in taken and "剩余天数" in taken and "恢复" not in taken
    sent["list"] = "trash-people"
    assert signed_in(cast.finance).post(reverse("exports:new"), sent).status_code == 403


def test_who_may_bring_back_only_people_sees_those_and_no_other_tab():
    cast = make_cast()
    page = signed_in(cast.care).get(reverse("people:trash"))
    assert page.status_code == 200 and "回收站 · 人员" in page.content.decode() and "回收站 · 客户" not in page.content.decode()
    assert "tabs-border" not in page.content.decode()
