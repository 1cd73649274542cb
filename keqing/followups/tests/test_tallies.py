"""The roll-ups behind the report equal the records, whatever is done to the records."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import close_old_connections, connection
from django.test.utils import CaptureQueriesContext

from keqing.access.models import Staff
from keqing.access.tests.factories import make_cast, position_of
from keqing.audit.models import Entry
from keqing.followups.actions.contacts import correct_contact
from keqing.followups.actions.tallies import check_tallies, fold_tallies
from keqing.followups.models import ContactRecord, DayTally, MonthTally, MonthTotal
from keqing.followups.tests.factories import NOW, TODAY, fields, make_contact
from keqing.kit import bulk
from keqing.people.tests.factories import make_organisation

METHODS = ["visit", "phone", "email"]

pytestmark = [pytest.mark.django_db, pytest.mark.proves("R-203")]


def counted(model: Any) -> Counter:
    found: Counter = Counter()
    for line in model.objects.all():
        found[line.starts_on, line.tracker_id, line.position_id, line.unit_id, line.method] += line.count
    return Counter({key: count for key, count in found.items() if count})


def recounted(start: Any) -> Counter:
    return Counter(
        (start(c.track_on), c.tracker_id, c.tracker_position_id, c.tracker_unit_id, c.method)
        for c in ContactRecord.objects.all()
    )


def agree() -> bool:
    by_day, by_month = recounted(lambda on: on), recounted(lambda on: on.replace(day=1))
    together: Counter = Counter()
    for key, count in by_month.items():
        together[*key[:-1], ""] += count
    kept = (counted(DayTally), counted(MonthTally), counted(MonthTotal))
    return kept == (by_day, by_month, together) and check_tallies(at=NOW) == []


def unsaved(hospital, staff: Staff, on: date, method: str) -> ContactRecord:
    position = position_of(staff)
    return ContactRecord(
        customer_id=hospital.pk, customer_name=hospital.name, tracker=staff, tracker_position=position,
        tracker_unit=position.unit, submitted_at=NOW, track_on=on, method=method, business_state="first", description="谈话",
    )


def test_a_contact_counts_for_the_person_position_unit_month_day_and_method(cast, hospital):
    make_contact(customer=hospital, by=cast.rep, track_on=date(2026, 10, 31), method="phone", callback_on=None)
    home = position_of(cast.rep)
    key = (cast.rep.pk, home.pk, home.unit_id, "phone")
    assert counted(DayTally) == {(date(2026, 10, 31), *key): 1}
    assert counted(MonthTally) == {(date(2026, 10, 1), *key): 1}


def test_keeping_the_roll_ups_costs_the_action_no_statement(cast, hospital):
    with CaptureQueriesContext(connection) as queries:
        make_contact(customer=hospital, by=cast.rep)
    assert [q for q in queries.captured_queries if "tally" in q["sql"]] == []
    assert agree()


def test_a_correction_of_day_or_method_moves_the_count_and_of_the_text_moves_nothing(cast, hospital):
    contact = make_contact(customer=hospital, by=cast.rep, track_on=date(2026, 11, 1), callback_on=None)
    given = fields(track_on=date(2026, 10, 30), method="phone")
    corrected = correct_contact(contact=contact, fields=given, participants=[], reason="日期记错", by=cast.rep, at=NOW)
    assert [(line[0], line[-1]) for line in counted(MonthTally)] == [(date(2026, 10, 1), "phone")]
    lines = DayTally.objects.count()
    given["description"] = "补充一句"
    correct_contact(contact=corrected, fields=given, participants=[], reason="补充", by=cast.rep, at=NOW)
    assert DayTally.objects.count() == lines
    assert agree()


def test_copied_rows_and_people_without_a_position_are_counted(cast, hospital):
    rows = [unsaved(hospital, cast.rep, TODAY - timedelta(days=n % 90), METHODS[n % 3]) for n in range(250)]
    for row in rows[:40]:
        row.tracker_position = row.tracker_unit = None
    bulk.insert(rows)
    assert sum(counted(MonthTally).values()) == 250
    assert agree()


@pytest.mark.parametrize("seed", range(6))
def test_after_any_sequence_of_changes_roll_ups_and_records_agree(seed: int, cast, hospital):
    rng = random.Random(seed)
    people = [cast.rep, cast.sibling, cast.manager]

    def day() -> date:
        return TODAY - timedelta(days=rng.randrange(100))

    def record() -> None:
        make_contact(customer=hospital, by=rng.choice(people), track_on=day(), method=rng.choice(METHODS), callback_on=None)

    def correct() -> None:
        contact = ContactRecord.objects.order_by("?").first()
        if contact:
            given = fields(track_on=day(), method=rng.choice(METHODS), description=f"更正 {rng.random()}")
            correct_contact(contact=contact, fields=given, participants=[], reason="更正", by=contact.tracker, at=NOW)

    def copy() -> None:
        bulk.insert(unsaved(hospital, rng.choice(people), day(), rng.choice(METHODS)) for _ in range(rng.choice((3, 120))))

    def remove() -> None:
        chosen = ContactRecord.objects.filter(corrections=None).order_by("?").values("pk")[: rng.randrange(6)]
        ContactRecord.objects.filter(pk__in=list(chosen.values_list("pk", flat=True))).delete()

    def change_many() -> None:
        ContactRecord.objects.filter(method=rng.choice(METHODS)).update(method=rng.choice(METHODS))

    for _ in range(25):
        rng.choice((record, record, record, correct, correct, copy, remove, change_many, fold_tallies))()
    assert agree()
    before = counted(DayTally)
    fold_tallies()
    assert counted(DayTally) == before
    assert DayTally.objects.count() == len(before)
    assert not DayTally.objects.filter(is_folded=False).exists()


def test_a_planted_difference_is_found_named_repaired_and_audited(cast, hospital):
    make_contact(customer=hospital, by=cast.rep)
    MonthTally.objects.update(count=5)
    [found] = check_tallies(at=NOW)
    assert (found.tracker_id, found.missing) == (cast.rep.pk, -4)
    with pytest.raises(CommandError, match="相差 1 处"):
        call_command("check_tallies", stdout=StringIO())
    told = StringIO()
    call_command("check_tallies", "--repair", stdout=told)
    assert agree()
    entry = Entry.objects.get(action="tallies.repaired")
    assert entry.changes["differences"] == [None, 1]
    call_command("check_tallies", stdout=told)
    assert "一致" in told.getvalue()


@pytest.mark.django_db(transaction=True)
@pytest.mark.proves("T03")
def test_people_who_record_and_correct_at_once_never_wait_for_each_other_in_a_circle():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep)
    first = [make_contact(customer=hospital, by=cast.rep, callback_on=None) for _ in range(4)]

    def act(number: int) -> None:
        close_old_connections()
        try:
            by = Staff.objects.get(login_name="rep")
            if number % 3 == 2:
                fold_tallies()
            elif number % 3:
                contact = ContactRecord.objects.get(pk=first[number // 3 % 4].pk)
                given = fields(method=METHODS[number % 2], description=f"更正 {number}")
                correct_contact(contact=contact, fields=given, participants=[], reason="更正", by=by, at=NOW)
            else:
                make_contact(customer=hospital, by=by, callback_on=None)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=6) as pool:
        list(pool.map(act, range(12)))
    assert agree()
