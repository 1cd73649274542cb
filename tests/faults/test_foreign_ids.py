"""T40: ids and names of other people's rows in addresses, queries and bodies open nothing and change nothing."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from keqing.access.tests.factories import position_of
from keqing.followups.actions.reminders import create_reminder
from keqing.followups.models import ContactRecord, Participant, Reminder
from keqing.kit.formats import business_date
from keqing.people.models import Affiliation, Organisation
from tests.guards.stage import Stage, set_stage

pytestmark = [pytest.mark.django_db, pytest.mark.proves("T40")]


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any) -> Iterator[Stage]:
    """One stage for all tests of this file; each takes back what it did to the rows, and has objects of its own."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield set_stage()
        transaction.set_rollback(True)


@pytest.fixture
def stage(made: Stage) -> Stage:
    return deepcopy(made)


def signed_in(stage: Stage, who: str) -> Client:
    client = Client()
    client.force_login(getattr(stage.cast, who))
    return client


def belonging(stage: Stage, key: str):
    return next(one for one in stage.belongings if one.key == key)


def test_a_contact_takes_no_foreign_participant_and_closes_no_foreign_reminder(stage: Stage):
    mine, other = belonging(stage, "own"), belonging(stage, "other_region")
    today = business_date(timezone.now())
    theirs = create_reminder(
        customer=other.customer, text="别家的跟进", due_on=today, by=stage.cast.stranger, at=timezone.now()
    )
    url = reverse("followups:record", args=[mine.customer.pk])
    body = {
        "track_on": today.isoformat(), "method": "visit", "business_state": "first", "description": "谈话",
        "participants": [other.rows["person"].pk], "finish": [theirs.pk, other.rows["reminder"].pk],
    }
    before = Reminder.objects.open().filter(customer_id=other.customer.pk).count()
    answer = signed_in(stage, "rep").post(url, body)
    assert other.names[1] not in answer.content.decode()
    assert not Participant.objects.filter(person_id=other.rows["person"].pk).exists()
    assert Reminder.objects.open().filter(customer_id=other.customer.pk).count() == before
    signed_in(stage, "rep").post(url, {**body, "participants": []})
    assert Reminder.objects.open().filter(customer_id=other.customer.pk).count() == before
    assert ContactRecord.objects.filter(customer_id=mine.customer.pk).count() == 2


def test_customers_of_others_are_not_assigned_with_ones_own(stage: Stage):
    mine, other = belonging(stage, "own"), belonging(stage, "other_region")
    body = {"list": "customers:all", "selected": [mine.customer.pk, other.customer.pk], "position": position_of(stage.cast.rep).pk}
    assert signed_in(stage, "manager").post(reverse("batches:new", args=["assign"]), body).status_code == 404
    body = {"list": "customers:all", "selected": [mine.customer.pk], "position": position_of(stage.cast.stranger).pk}
    assert signed_in(stage, "manager").post(reverse("batches:new", args=["assign"]), body).status_code == 422
    owners = dict(Organisation.objects.filter(pk__in=[mine.customer.pk, other.customer.pk]).values_list("pk", "owner_position"))
    assert owners == {mine.customer.pk: position_of(stage.cast.rep).pk, other.customer.pk: position_of(stage.cast.stranger).pk}


def test_nobody_is_given_a_post_at_a_foreign_organisation(stage: Stage):
    mine, other = belonging(stage, "own"), belonging(stage, "other_region")
    before = Affiliation.objects.count()
    for named in (other.customer.name, str(other.customer.pk)):
        answer = signed_in(stage, "rep").post(
            reverse("people:affiliation_new", args=[mine.rows["person"].pk]), {"organisation": named, "role": "doctor"}
        )
        assert answer.status_code == 422
    assert signed_in(stage, "rep").get(f"{reverse('people:person_new')}?organisation={other.customer.pk}").status_code == 404
    assert Affiliation.objects.count() == before


def test_a_foreign_distributor_is_not_found_by_name(stage: Stage):
    mine, partner = belonging(stage, "sibling"), belonging(stage, "partner")
    answer = signed_in(stage, "sibling").post(
        reverse("people:organisation_edit", args=[mine.customer.pk]),
        {"name": mine.customer.name, "version": mine.customer.version, "main_distributor": partner.customer.name},
    )
    assert answer.status_code == 422
    assert Organisation.objects.get(pk=mine.customer.pk).main_distributor is None


def test_a_reminder_is_not_handed_to_a_position_out_of_reach(stage: Stage):
    mine = belonging(stage, "own")
    reminder = mine.rows["reminder"]
    answer = signed_in(stage, "manager").post(
        reverse("followups:reminder_hand_over", args=[reminder.pk]),
        {"version": reminder.version, "position": position_of(stage.cast.stranger).pk},
    )
    assert answer.status_code == 422
    assert Reminder.objects.get(pk=reminder.pk).position == position_of(stage.cast.rep)


@pytest.mark.parametrize("path", ["search/?q={name}", "customers/all/?q={name}", "people/?q={person}", "customers/options/all/?q={name}",
                                  "followups/contacts/?q={name}", "followups/reminders/?q={name}"])
def test_searching_for_a_foreign_name_finds_nothing(stage: Stage, path: str):
    other = belonging(stage, "other_region")
    # the query itself may be repeated on the page: ask with a part, look for the whole
    url = "/" + path.format(name=other.names[0][:3], person=other.names[1][:2])
    answer = signed_in(stage, "rep").get(url)
    assert answer.status_code == 200
    assert not any(name in answer.content.decode() for name in other.names)


def test_filters_by_a_foreign_owner_or_a_foreign_id_show_nothing(stage: Stage):
    other = belonging(stage, "other_region")
    client = signed_in(stage, "rep")
    for query in (f"owner={position_of(stage.cast.stranger).pk}", f"unit={stage.cast.beijing.pk}", f"id={other.customer.pk}",
                  f"selected={other.customer.pk}", f"after={other.customer.pk}", "preset=unsourced"):
        answer = client.get(f"/customers/all/?{query}")
        assert answer.status_code in (200, 404)
        assert not any(name in answer.content.decode() for name in other.names)


def test_the_duplicate_check_masks_what_is_out_of_reach(stage: Stage):
    other = belonging(stage, "other_region")
    answer = signed_in(stage, "rep").post(reverse("people:duplicates"), {"name": other.customer.name, "kind": "hospital"})
    body = answer.content.decode()
    assert answer.status_code == 200 and other.customer.name not in body
    assert str(other.customer.pk) not in body


def test_a_comment_meant_for_somebody_else_is_not_answered(stage: Stage):
    mine = belonging(stage, "own")
    comment = mine.rows["comment"]
    for who in ("sibling", "other_area_rep", "stranger"):
        assert signed_in(stage, who).post(reverse("followups:reply", args=[comment.pk]), {"text": "好的"}).status_code == 404
        assert signed_in(stage, who).post(reverse("followups:comment_read", args=[comment.pk])).status_code == 404
    signed_in(stage, "manager").post(reverse("followups:reply", args=[comment.pk]), {"text": "替他回答"})
    comment.refresh_from_db()
    assert comment.read_at is None and not comment.replies.exists()
