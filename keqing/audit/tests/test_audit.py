import io
import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from keqing.access.checks import known_words
from keqing.audit import labels
from keqing.audit.actions import Subject, record, seal_entries, verify_audit
from keqing.audit.models import Entry, Link
from keqing.kit import jobs
from keqing.messaging.kinds import kinds

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
pytestmark = pytest.mark.django_db


def write(count=5):
    return [
        record(
            action="organisation.edited", by=None, at=NOW, subject=Subject("people.organisation", n, f"医院{n}"),
            changes={"beds": [n, n + 1]},
        )
        for n in range(count)
    ]  # fmt: skip


def as_superuser(statement, *values):
    """What somebody with the database's own password could do: the guard is switched off around it."""
    table = "audit_link" if "audit_link" in statement else "audit_entry"
    with connection.cursor() as cursor:
        cursor.execute(f"alter table {table} disable trigger user")
        cursor.execute(statement, values)
        cursor.execute(f"alter table {table} enable trigger user")


@pytest.mark.proves("T67")
def test_entries_and_their_seals_can_neither_be_changed_nor_deleted():
    write(2)
    seal_entries(at=NOW)
    for table, column in (("audit_entry", "reason"), ("audit_link", "sealed_at")):
        for statement in (f"update {table} set {column} = {column}", f"delete from {table}"):
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
    for change in (lambda: Entry.objects.update(reason="x"), lambda: Entry.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_sealing_takes_every_entry_once_in_batches():
    write(5)
    assert (seal_entries(at=NOW, limit=3), seal_entries(at=NOW, limit=3), seal_entries(at=NOW)) == (3, 2, 0)
    assert Link.objects.count() == 5
    verdict = verify_audit()
    assert (verdict.checked, verdict.waiting, verdict.broken_entry_id) == (5, 0, None)


@pytest.mark.proves("T67")
@pytest.mark.parametrize(
    ("statement", "word"),
    [
        ("update audit_entry set actor_name = '别人' where id = %s", "不一致"),
        ("update audit_entry set changes = '{}' where id = %s", "不一致"),
        ("update audit_entry set at = at + interval '1 second' where id = %s", "不一致"),
        ("delete from audit_entry where id = %s", "已被删除"),
        ("delete from audit_link where entry_id = %s", "不一致"),
    ],
)
def test_tampering_behind_the_guard_is_found_and_the_first_entry_named(statement, word):
    entries = write(6)
    seal_entries(at=NOW)
    as_superuser(statement, entries[2].pk)
    # a removed link breaks the chain at the entry that follows it
    named = entries[3] if "audit_link" in statement else entries[2]
    verdict = verify_audit()
    assert (verdict.broken_entry_id, verdict.checked) == (named.pk, 2)
    with pytest.raises(CommandError, match=f"审计记录 {named.pk} .*{word}"):
        call_command("verify_audit")


def test_the_commands_seal_and_verify():
    write(3)
    out = io.StringIO()
    call_command("seal_audit", stdout=out)
    call_command("verify_audit", stdout=out)
    assert "已封存 3 条" in out.getvalue() and "核对 3 条，另有 0 条" in out.getvalue()


def test_the_worker_seals_every_minute():
    from keqing.audit import tasks

    registered = jobs.app.periodic_registry.periodic_tasks
    assert any(each.task.name == "keqing.audit.tasks.seal_audit" and each.cron == "* * * * *" for each in registered.values())
    write(1)
    tasks.seal_audit()
    assert Link.objects.count() == 1


def test_every_action_written_to_the_audit_has_a_chinese_label():
    named = set()
    for path in Path(settings.ROOT, "keqing").rglob("*.py"):
        if "tests" not in path.parts and "actions" in path.with_suffix("").parts:
            named |= set(re.findall(r'"([a-z]+\.[a-z_]+)"', path.read_text(encoding="utf-8")))
    models = {model._meta.label_lower for model in apps.get_models()} | set(labels.RECORDS)
    used = named - models - known_words()
    assert len(used) > 25
    # kinds of messages have labels of their own
    assert used - set(labels.ACTIONS) - {kind.key for kind in kinds()} == set()
    assert len(set(labels.ACTIONS.values())) == len(labels.ACTIONS)


def test_values_are_told_by_their_labels():
    assert labels.field_label("people.organisation", "beds") == "床位（张）"
    assert labels.field_label("access.position", "holder") == "任职人"
    assert labels.value_text("people.organisation", "kind", "hospital") == "医院"
    assert labels.value_text("people.organisation", "beds", None) == "--"
    assert labels.value_text("access.staff", "is_active", False) == "否"
    assert labels.record_label("access.orgunit") == "组织单元"
    assert labels.record_label("gone.model") == "gone.model"


@pytest.mark.proves("U49")
def test_phones_in_changed_values_are_masked():
    assert labels.value_text("people.person", "mobile", "18612341402") == "186 **** 1402"
    assert labels.value_text("people.organisation", "phone", "0571-87783883") == "0571-****3883"
    assert labels.value_text("people.person", "mobile", "") == "--"
