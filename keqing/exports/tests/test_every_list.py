"""Every list of the product, full of dangerous text, written both ways and read again (T35)."""

import io

import pytest

from keqing.access import standing
from keqing.access.models import Position, Staff
from keqing.access.tests.factories import make_cast, make_position, make_staff
from keqing.audit import actions as audit
from keqing.audit.models import Entry
from keqing.compliance.models import Refusal
from keqing.exports import actions, queries
from keqing.exports.tests.factories import OPEN, make_hospitals, make_order
from keqing.exports.tests.payloads import PAYLOADS, csv_rows, has_formula
from keqing.followups.models import ContactRecord, Reminder
from keqing.followups.tests.factories import make_contact, make_reminder
from keqing.interchange.text_table import read_text_rows
from keqing.kit import list_registry
from keqing.people.actions.people import create_departments
from keqing.people.choices import Kind
from keqing.people.models import Department, Organisation, Person
from keqing.people.tests.factories import NOW, make_person

pytestmark = [pytest.mark.django_db, pytest.mark.proves("T35")]
RISKY = tuple("=+-@\t\r＝＋－＠")
ARGUMENTS = {"customers": ["all", *Kind.values], "reminders": ["", "done"], "attention": ["silent", "quiet", "no_next_step"]}
KEYS = [
    f"{name}:{argument}".rstrip(":") for name in list_registry.keys() for argument in ARGUMENTS.get(name, [""])
    if name != "transfer-items"  # belongs to one transfer: see the tests of transfers
]  # fmt: skip


@pytest.fixture
def reader(settings, monkeypatch):
    """Somebody who may see every list."""
    everything = {word: "all" for role in settings.ROLES.values() for word in role["words"]}
    settings.ROLES = {**settings.ROLES, "reader": {"title": "读者", "words": everything}}
    monkeypatch.setattr(queries, "limits_for", lambda _roles: OPEN)
    standing.roles.cache_clear()
    cast = make_cast()
    staff = make_staff(name="读者")
    make_position(unit=cast.company, role="reader", holder=staff)
    _fill(cast)
    yield staff
    standing.roles.cache_clear()


def _fill(cast):
    """Forty rows for every list, each with one of the payloads in its texts."""
    hospitals = make_hospitals(40, owner=cast.rep)
    person = make_person(at_organisation=hospitals[0], owner=cast.rep)
    create_departments(organisation=hospitals[0], names=["心内科"], by=cast.rep, at=NOW)
    contact, reminder = make_contact(customer=hospitals[0], by=cast.rep), make_reminder(customer=hospitals[0], by=cast.rep)
    kinds = Kind.values
    for place, (row, payload) in enumerate(zip(hospitals, PAYLOADS, strict=True)):
        Organisation.objects.filter(pk=row.pk).update(
            name=payload, code=payload, coverage=payload, agent_products=payload, address=payload, remark=payload,
            kind=kinds[place % len(kinds)],
        )
    for payload in PAYLOADS:
        _again(contact, customer_name=payload, description=payload, form_key=None)
        _again(reminder, customer_name=payload, text=payload)
        _again(reminder, customer_name=payload, text=payload, outcome=payload, done_at=NOW, done_by=cast.rep)
        Position.objects.create(code=f"X{len(payload)}{hash(payload)}"[:30], name=payload[:60], unit=cast.company, role="bidding", opened_on=NOW)
        Refusal.objects.create(**_refusal(payload, cast))
        audit.record(action="staff.edited", by=cast.system, at=NOW, subject=audit.Subject("x", 1, payload), reason=payload)
    Person.objects.filter(pk=person.pk).update(name=PAYLOADS[0])
    Department.objects.update(name=PAYLOADS[1])
    Staff.objects.filter(pk=cast.sibling.pk).update(name=PAYLOADS[2])


def _again(row, **values):
    other = type(row)(**{field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields})
    other.pk = None
    for name, value in values.items():
        setattr(other, name, value)
    other.save(force_insert=True)


def _refusal(payload, cast):
    return {
        "at": NOW, "rule_id": "RX-01", "rule_version": 1, "word": payload, "where": payload, "sentence": payload, "actor_name": cast.rep.name,
        "actor_id": cast.rep.pk,
    }


def test_no_list_writes_a_formula_and_a_csv_gives_every_text_back(reader, settings, tmp_path):
    settings.VAR = tmp_path
    for key in KEYS:
        order = make_order(reader, key, everything=True)
        assert order.columns, key
        made = actions.take_out(order=order, by=reader, at=NOW)
        plain = made.table()
        content = b"".join(made.pieces())
        assert all(not cell.startswith(RISKY) or cell.lstrip("-").replace(".", "").isdigit() for row in csv_rows(content) for cell in row), key
        texts = [[cell for cell in row if isinstance(cell, str)] for row in plain]
        back = [
            [cell for cell, value in zip(line, row, strict=True) if isinstance(value, str)]
            for line, row in zip(read_text_rows(content)[1:], plain, strict=True)
        ]
        assert back == texts, key
        workbook = io.BytesIO()
        actions.take_out(order=make_order(reader, key, everything=True, format="xlsx"), by=reader, at=NOW).write_workbook(workbook)
        assert not has_formula(workbook.getvalue()), key


def test_every_column_of_every_screen_is_in_its_file(reader):
    left_out = {"territories": {"end"}, "trash": {"restore"}, "trash-people": {"restore"}, "lead-pool": {"pick"}, "attention": {"why"}, "effects": {"text"}}
    for key in KEYS:
        order = make_order(reader, key)
        held = {column.key for column in order.wanted.spec.file_columns}
        missing = {column.key for column in order.wanted.spec.columns} - held
        assert missing == left_out.get(key.partition(":")[0], set()), key


def test_reading_a_list_for_a_file_writes_nothing_but_the_record(reader):
    before = (ContactRecord.objects.count(), Reminder.objects.count(), Entry.objects.count())
    list(actions.take_out(order=make_order(reader), by=reader, at=NOW).pieces())
    assert (ContactRecord.objects.count(), Reminder.objects.count(), Entry.objects.count()) == (*before[:2], before[2] + 2)
