"""Two people at the same moment, with real transactions."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import close_old_connections, connection

from keqing.access.models import Staff
from keqing.access.tests.factories import make_cast
from keqing.audit.models import Entry
from keqing.people.actions.organisations import (
    StaleOrganisation,
    assign_organisations,
    restore_organisation,
    trash_organisation,
)
from keqing.people.models import Organisation
from keqing.people.tests.factories import NOW, make_organisation, make_person

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
