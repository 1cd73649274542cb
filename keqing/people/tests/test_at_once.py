"""Two people at the same moment, with real transactions."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep
from typing import Any

import pytest
from django.db import close_old_connections, connection, transaction
from django.urls import reverse

from keqing.access.models import Staff
from keqing.access.tests.factories import make_cast
from keqing.audit.models import Entry
from keqing.people.actions.activity import note_contact
from keqing.people.actions.imported import withdraw_people
from keqing.people.actions.organisations import (
    StaleOrganisation,
    assign_organisations,
)
from keqing.people.actions.people import Post, add_affiliation, end_affiliation
from keqing.people.actions.trash import restore_organisation, restore_person, trash_organisation, trash_person
from keqing.people.models import Affiliation, Organisation
from keqing.people.tests.factories import NOW, make_organisation, make_person
from keqing.people.tests.test_pages import signed_in

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(number: int, act: Callable[[int], Any]) -> list[Any]:
    def run(index: int) -> Any:
        close_old_connections()
        try:
            return act(index)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=number) as pool:
        return list(pool.map(run, range(number)))


def test_people_entered_at_once_are_all_counted_in_the_completeness_of_their_hospital():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep)
    roles = ["president", "pharmacy_head", "purchasing_head", "clinical_head", "doctor"]
    at_once(5, lambda n: make_person(at_organisation=hospital, owner=Staff.objects.get(pk=cast.rep.pk), name=f"甲{n}", role=roles[n]))
    stored = Organisation.objects.get()
    assert not set(stored.missing) & {"person", *(f"role:{role}" for role in roles)}


def test_a_customer_is_deleted_and_restored_once_and_not_from_a_stale_page():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep)
    seen = Organisation.objects.get(pk=hospital.pk)

    def attempt(act: Callable[..., Any], organisation: Organisation) -> str:
        try:
            act(organisation=organisation, by=Staff.objects.get(pk=cast.rep.pk), at=NOW)
        except StaleOrganisation:
            return "refused"
        return "done"

    assert sorted(at_once(4, lambda _: attempt(trash_organisation, seen))) == ["done", "refused", "refused", "refused"]
    trashed = Organisation.objects.get(pk=hospital.pk)
    assert sorted(at_once(4, lambda _: attempt(restore_organisation, trashed))).count("done") == 1
    assert Entry.objects.filter(action__in=("organisation.trashed", "organisation.restored")).count() == 2
    before = Organisation.objects.get(pk=hospital.pk)
    to = cast.sibling.positions.get()
    assign_organisations(organisations=[before], position=to, by=cast.manager, at=NOW)
    assert attempt(trash_organisation, before) == "refused"
    assert Organisation.objects.get(pk=hospital.pk).deleted_at is None


@pytest.mark.proves("T03")
def test_a_new_customer_sent_twenty_times_at_once_is_one_customer():
    cast = make_cast()
    url = reverse("people:organisation_new", args=["clinic"])
    sent = {"form_key": "d2f1", "version": 0, "name": "双击诊所", "business_state": "first"}
    clients = [signed_in(cast.rep) for _ in range(20)]
    answers = at_once(20, lambda n: clients[n].post(url, sent))
    made = Organisation.objects.get()
    assert {(a.status_code, a.headers["Location"]) for a in answers} == {(302, reverse("desk:customer", args=[made.pk]))}
    assert Entry.objects.filter(action="organisation.created").count() == 1
    clients[0].post(url, {**sent, "name": "另一家诊所"})
    assert Organisation.objects.count() == 2


def somebody_waits() -> bool:
    """For what this connection has locked."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select exists(select from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid)))"
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize("act", ["trash", "restore", "withdraw", "affiliate", "end"])
def test_a_contact_and_a_change_of_who_took_part_do_not_wait_for_each_other_for_ever(act: str):
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep)
    doctor = make_person(at_organisation=hospital, owner=cast.rep)
    if act == "restore":
        doctor = trash_person(person=doctor, by=cast.rep, at=NOW)

    def change() -> Any:
        try:
            by = {"by": Staff.objects.get(pk=cast.rep.pk), "at": NOW}
            if act in ("trash", "restore"):
                return (trash_person if act == "trash" else restore_person)(person=doctor, **by)
            if act == "withdraw":
                with transaction.atomic():
                    return withdraw_people(ids=[doctor.pk], **by)
            if act == "affiliate":
                return add_affiliation(person=doctor, post=Post(hospital, "president"), is_primary=True, **by)
            return end_affiliation(affiliation=Affiliation.objects.get(), on=NOW.date(), **by)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=1) as pool:
        with transaction.atomic():
            note_contact(customer=hospital, on=NOW.date(), at=NOW)  # the customer is locked …
            changing = pool.submit(change)
            deadline = monotonic() + 10
            while not somebody_waits():
                assert monotonic() < deadline and not changing.done()
                sleep(0.02)
            note_contact(customer=hospital, on=NOW.date(), at=NOW, met=[doctor.pk])  # … and now the people
        assert changing.result(timeout=10) is not None
