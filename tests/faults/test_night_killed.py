"""T11 for the night's follow-ups: the worker is killed with -9 in the middle, again and again; every effect is there once."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.utils import timezone

from keqing.access.tests.factories import make_cast, make_position, make_staff
from keqing.kit.formats import business_date
from keqing.messaging.models import Message
from keqing.people.tests.factories import make_organisation
from keqing.playbooks.actions import nightly
from keqing.playbooks.models import Round

Figure = Callable[[str, object], None]
ROOT = Path(__file__).resolve().parents[2]
MINUTES = 10
RESUMED = 60  # seconds until stalled work goes on (T11)
LOOKED_AFTER = 20  # seconds between two looks of ``playbooks.tasks.watch_round``
# by the delivered policy: potential customers after 45 days, users after 45 or else silent after 60
EXPECTED = """
    select
        count(*) filter (where lifecycle = 'user' and last_contact_on <= %(day)s::date - 60),
        count(*) filter (where next_due_on is null and last_contact_on <= %(day)s::date - 45
                         and not (lifecycle = 'user' and last_contact_on <= %(day)s::date - 60)),
        count(*) filter (where next_due_on is null and last_contact_on > %(day)s::date - 45)
    from people_organisation
"""


def populate(number: int) -> None:
    """So many customers of twenty representatives: contacted 0 to 119 days ago, every third with something planned."""
    cast = make_cast()
    pattern = make_organisation(owner=cast.rep, name="甲市人民医院")
    positions = [make_position(unit=cast.guangzhou, holder=make_staff(login_name=f"night{n}")).pk for n in range(20)]
    with connection.cursor() as cursor:
        cursor.execute(
            "select column_name from information_schema.columns where table_name = 'people_organisation' order by ordinal_position"
        )
        own = {
            "id": "nextval('people_customer_id')", "name": "name || g", "owner_position_id": "(%(positions)s::bigint[])[1 + g %% 20]",
            "last_contact_on": "%(day)s::date - g %% 120", "next_due_on": "case when g %% 3 = 0 then %(day)s::date + 400 end",
            "lifecycle": "case when g %% 2 = 0 then 'user' else 'prospect' end",
        }  # fmt: skip
        names = [name for (name,) in cursor.fetchall()]
        chosen = ", ".join(own.get(name, f'"{name}"') for name in names)
        cursor.execute(
            f"insert into people_organisation ({', '.join(names)}) "  # noqa: S608  names of the table's own columns
            f"select {chosen} from people_organisation, generate_series(1, %(number)s) g where id = %(pattern)s",
            {"positions": positions, "day": business_date(timezone.now()), "number": number, "pattern": pattern.pk},
        )
        cursor.execute("delete from people_organisation where id = %s", [pattern.pk])
        cursor.execute("analyze people_organisation")


def start(portion: int) -> "subprocess.Popen[bytes]":
    address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    env = os.environ | {"DATABASE_URL": address, "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "manage.py", "generate_followups", "--portion", str(portion)]
    return subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def seen() -> int:
    return Round.objects.values_list("seen", flat=True).first() or 0


def kill_under_way(figure: Figure, *, number: int, portion: int, kills: int) -> float:
    """Seconds of work over all attempts, without the starts of the processes."""
    populate(number)
    day = business_date(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(EXPECTED, {"day": day})
        expected = cursor.fetchone()
    worked, waits = 0.0, []
    for attempt in range(1, kills + 1):
        before, process, started = seen(), start(portion), time.monotonic()
        until = time.monotonic() + 300
        while seen() == before and time.monotonic() < until and process.poll() is None:
            time.sleep(0.005)
        began = time.monotonic()
        waits.append(began - started)
        while seen() < number * attempt // (kills + 1) and process.poll() is None:
            time.sleep(0.005)
        process.kill()
        process.communicate(timeout=30)
        worked += time.monotonic() - began
    killed_at = seen()
    assert 0 < killed_at < number
    process, began = start(portion), 0.0
    while process.poll() is None:
        began = began or (time.monotonic() if seen() > killed_at else 0.0)
        time.sleep(0.02)
    worked += time.monotonic() - (began or time.monotonic())
    errors = process.communicate()[1].decode()
    assert process.returncode == 0, errors[-3000:]
    again = start(portion)
    again.communicate(timeout=300)
    assert again.returncode == 0
    assert found_and_doubled() == (expected, 0, 0)
    assert Round.objects.get().seen == number
    assert Message.objects.filter(kind="playbook.night").count() == 20
    figure("客户", f"{number:,} 家")
    figure("生成进程被 kill -9", f"{kills} 次")
    figure("生成的跟进", f"{sum(expected):,} 条")
    figure("丢失或重复", "0 条")
    figure("夜间生成用时", f"{worked:.0f} 秒")
    # the start of Python and everything it loads is in it, on a machine as busy as it happens to be
    figure("新进程从启动到接着做", f"中位 {median(waits):.1f} 秒")
    return worked


def found_and_doubled() -> "tuple[tuple[int, ...], int, int]":
    """What each rule made, how many customers have two reminders, how many reminders nobody noted."""
    with connection.cursor() as cursor:
        cursor.execute("""
            select count(*) filter (where n.rule = 'silent'), count(*) filter (where n.rule = 'contact'),
                   count(*) filter (where n.rule = 'next_step')
            from playbooks_notice n join followups_reminder r on r.id = n.reminder_id
        """)
        numbers = cursor.fetchone()
        cursor.execute("select count(*) from (select 1 from followups_reminder group by customer_id having count(*) > 1) two")
        doubled = cursor.fetchone()[0]
        cursor.execute("select count(*) from followups_reminder r where not exists (select 1 from playbooks_notice where reminder_id = r.id)")
        return numbers, doubled, cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(300)
@pytest.mark.proves("T11")
def test_nothing_is_lost_or_doubled_when_the_nights_worker_is_killed(figure: Figure):
    kill_under_way(figure, number=600, portion=30, kills=2)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(3600)
@pytest.mark.proves("T11")
def test_a_million_customers_are_done_within_ten_minutes_although_the_worker_is_killed(figure: Figure):
    worked = kill_under_way(figure, number=1_000_000, portion=5000, kills=10)
    assert worked <= MINUTES * 60


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(3600)
@pytest.mark.proves("T11")
def test_the_nights_worker_is_killed_fifty_times_and_every_time_the_work_goes_on(figure: Figure):
    kill_under_way(figure, number=5000, portion=20, kills=50)
    # the lock ends with the connection of who was killed; a worker that runs looks after silent work this often
    noticed = nightly.SILENCE.total_seconds() + LOOKED_AFTER
    figure("由运行中的后台进程接手", f"最迟 {noticed:.0f} 秒")
    assert noticed <= RESUMED
