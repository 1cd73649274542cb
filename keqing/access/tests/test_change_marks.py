"""Rights are remembered between requests; nobody keeps a right a moment longer than the tables say."""

import pytest
from django.db import connection

from keqing.access import change_marks
from keqing.access.models import ChangeMark, OrgUnit, Position, Staff
from keqing.access.tests import factories
from keqing.kit import remembered
from keqing.kit.remembered import Mark

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast():
    return factories.make_cast()


WATCHED = {
    "access_staff", "access_position", "access_orgunit", "access_proxy", "access_share", "people_dimension", "people_tag",
    "reference_division",
}


def mark() -> int:
    return sum(ChangeMark.objects.values_list("n", flat=True))


def test_every_table_that_rights_and_choices_are_made_of_is_watched():
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'note_change'")
        assert {name for (name,) in cursor.fetchall()} == WATCHED


def test_a_sign_in_leaves_the_mark_and_a_disabled_person_moves_it():
    person = factories.make_staff()
    before = mark()
    person.last_login = None
    person.save(update_fields=["last_login"])
    assert mark() == before
    Staff.objects.filter(pk=person.pk).update(is_active=False, left_on="2026-01-01")
    assert mark() == before + 1


def test_gathering_the_lines_keeps_the_mark():
    factories.make_staff()
    before = mark()
    change_marks.gather()
    assert mark() == before and ChangeMark.objects.count() == 1


def test_what_is_remembered_under_one_mark_is_not_given_out_under_the_next():
    assert remembered.recall(Mark(1, keeps=True), "a", lambda: "old") == "old"
    assert remembered.recall(Mark(1, keeps=True), "a", lambda: "new") == "old"
    assert remembered.recall(Mark(2, keeps=True), "a", lambda: "new") == "new"


def test_a_request_that_may_write_keeps_nothing_for_the_others():
    assert remembered.recall(Mark(1, keeps=False), "a", lambda: "uncommitted") == "uncommitted"
    assert remembered.recall(Mark(1, keeps=True), "a", lambda: "committed") == "committed"
    assert remembered.recall(None, "a", lambda: "nobody's") == "nobody's"


def test_the_oldest_is_forgotten_when_there_is_too_much():
    for number in range(remembered.LARGEST + 1):
        remembered.recall(Mark(1, keeps=True), number, lambda number=number: number)
    assert remembered.recall(Mark(1, keeps=True), 0, lambda: "again") == "again"


def test_what_is_large_has_a_shelf_of_its_own_and_pushes_nothing_else_out():
    remembered.recall(Mark(1, keeps=True), "small", lambda: "kept")
    for number in range(remembered.LARGEST_BULKY + 1):
        remembered.recall(Mark(1, keeps=True), number, lambda number=number: number, bulky=True)
    assert remembered.recall(Mark(1, keeps=True), 0, lambda: "again", bulky=True) == "again"
    assert remembered.recall(Mark(1, keeps=True), "small", lambda: "again") == "kept"


@pytest.mark.proves("R-203")
def test_a_right_taken_away_is_gone_with_the_next_request(client, cast):
    """The page is asked for twice before and once after: the second answer comes from memory."""
    client.force_login(cast.security)
    assert [client.get("/access/staff/").status_code for _ in range(2)] == [200, 200]
    Position.objects.filter(holder=cast.security).update(role="warehouse")
    assert client.get("/access/staff/").status_code == 403


def test_a_renamed_unit_shows_with_the_next_request(client, cast):
    client.force_login(cast.security)
    client.get("/access/staff/")
    OrgUnit.objects.filter(parent__isnull=True).update(name="新名字公司")
    assert "新名字公司" in client.get("/access/staff/").content.decode()
