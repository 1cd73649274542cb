"""Former rows (ADR 0005): the row as it was, except when only what other tables hold has changed."""

from datetime import timedelta

import pytest
from django.db.models import F

from keqing.access.tests.factories import make_cast
from keqing.people.actions.people import end_affiliation
from keqing.people.kept import KeptByActions
from keqing.people.models import Affiliation, Organisation, Person
from keqing.people.tests.factories import NOW, make_organisation, make_person

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=3)
REPEATED = {"last_contact_on": LATER.date(), "last_activity_at": LATER, "next_due_on": LATER.date()}


@pytest.fixture(params=[Organisation, Person])
def customer(request):
    cast = make_cast()
    make = make_organisation if request.param is Organisation else make_person
    made = make(owner=cast.rep, name="原名")
    made.refresh_from_db()
    return made


def test_what_other_tables_hold_makes_no_former_row(customer):
    assert set(REPEATED) == set(KeptByActions.REPEATED)
    rows = type(customer).objects.filter(pk=customer.pk)
    before = customer.events.count()
    for name, value in REPEATED.items():
        assert rows.update(**{name: value}) == 1
    rows.update(**dict.fromkeys(("last_contact_on", "next_due_on")))
    rows.update(**REPEATED)
    assert customer.events.count() == before


def test_anything_else_keeps_the_whole_row_as_it_was(customer):
    model, rows = type(customer), type(customer).objects.filter(pk=customer.pk)
    rows.update(**REPEATED)
    customer.refresh_from_db()
    rows.update(name="新名", version=F("version") + 1, next_due_on=None)
    kept = customer.events.latest("pgh_id")
    assert kept.pgh_label == "former"
    tracked = [field.attname for field in model._meta.concrete_fields if field.name not in model.SEARCH_FIELDS]
    assert {name: getattr(kept, name) for name in tracked} == {name: getattr(customer, name) for name in tracked}
    assert (kept.name, kept.next_due_on) == ("原名", LATER.date())


def test_every_other_column_of_a_customer_is_watched():
    """A column that is new makes former rows, until somebody decides otherwise."""
    for model in (Organisation, Person):
        (former,) = (one for one in model._meta.triggers if one.name == "former_update")
        left_out = {*KeptByActions.REPEATED, *model.SEARCH_FIELDS}
        condition = former.condition.resolve(model)
        for field in model._meta.concrete_fields:
            assert (f'OLD."{field.column}" IS DISTINCT FROM' in condition) is (field.name not in left_out), field


def test_a_deleted_row_is_kept_with_all_it_held(customer):
    rows = type(customer).objects.filter(pk=customer.pk)
    rows.update(**REPEATED)
    events = customer.events.model.objects.filter(pgh_obj_id=customer.pk)
    rows.delete()
    kept = events.latest("pgh_id")
    assert (kept.pgh_label, kept.name, kept.last_contact_on) == ("delete", "原名", LATER.date())


def test_a_post_that_ended_is_kept_as_it_was():
    cast = make_cast()
    doctor = make_person(at_organisation=make_organisation(owner=cast.rep), owner=cast.rep)
    end_affiliation(affiliation=doctor.affiliations.get(), on=NOW.date(), by=cast.rep, at=NOW)
    kept = Affiliation.objects.get().events.latest("pgh_id")
    assert (kept.pgh_label, kept.to_on) == ("former", None)
