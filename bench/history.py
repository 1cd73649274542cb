"""Two years of contact records and what each leaves behind, written by the database from the rows' numbers."""

import threading
from collections.abc import Callable
from typing import Any

import psycopg

from bench import words
from bench.loading import insert_from, sql_pick, sql_share
from keqing.audit.models import Entry as AuditEntry
from keqing.followups import tallies
from keqing.followups.actions.contacts import ICONS, LABEL, URL_NAME
from keqing.followups.models import Comment, ContactRecord, Participant, Reminder
from keqing.people.choices import BusinessState
from keqing.people.models import Organisation
from keqing.timeline.models import Entry, Facts

DAYS = 730
CHUNK = 50_000
STAGING = "bench_organisation"
# the busiest fifth of the customers has 45 % of the records: 0.2 ** (1 / BUSY) = 0.45
BUSY = 2.0156
TABLES = (ContactRecord, Participant, Comment, Reminder, Entry, Facts, AuditEntry)
NUMBERED = (ContactRecord,)
VISITS, WITH_PERSON, WITH_CALLBACK, COMMENTED, OPEN = 0.6, 0.5, 0.3, 0.03, 0.3


def prepare(connection: psycopg.Connection[Any], model: type[Organisation]) -> None:
    """Customers wait here for the dates their records give them: writing them twice would cost twice."""
    connection.execute(f"drop table if exists {STAGING}")
    connection.execute(f"create unlogged table {STAGING} (like {model._meta.db_table} including defaults)")


def write(*, connect: Callable[[], psycopg.Connection[Any]], company: Any, say: Callable[[str], None]) -> None:
    """Contact records in the order of time, in two connections, with their timeline, audit, people and comments."""
    with connect() as connection:
        connection.execute(f"create index on {STAGING} (id)")
        connection.execute(f"analyze {STAGING}")
    starts = list(range(1, company.contacts + 1, CHUNK))
    failed: list[BaseException] = []

    def work() -> None:
        try:
            with connect() as connection:
                while starts and not failed:
                    first = starts.pop(0)
                    last = min(first + CHUNK - 1, company.contacts)
                    with connection.transaction():
                        _write_chunk(connection, company, first, last)
                    if last % 1_000_000 == 0:
                        say(f"{last:,} contact records")
        except BaseException as error:
            failed.append(error)
            raise

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if failed:
        raise failed[0]
    say(f"{company.contacts:,} contact records")
    with connect() as connection, connection.transaction():
        _write_customers(connection, company)
    say("facts, reminders, customers with their dates")


def finish(connection: psycopg.Connection[Any]) -> None:
    """What triggers would have kept: they were off."""
    connection.execute(f"drop table if exists {STAGING}")
    for table in tallies.TABLES:
        connection.execute(f"truncate {table}")
        connection.execute(tallies.fill_sql(table))


def _write_chunk(connection: psycopg.Connection[Any], company: Any, first: int, last: int) -> None:
    connection.execute("drop table if exists one_chunk")
    connection.execute(_chunk(company, first, last))
    for statement in (
        insert_from(ContactRecord, _CONTACT, "from one_chunk order by i"),
        insert_from(Participant, _PARTICIPANT, "from one_chunk where person_id is not null order by i"),
        insert_from(Entry, _ENTRY, "from one_chunk order by i"),
        insert_from(AuditEntry, _AUDIT, "from one_chunk order by i"),
        insert_from(Comment, _COMMENT, f"from one_chunk where {sql_share(30)} < {COMMENTED} and tracker_id is not null"),
        insert_from(Reminder, _DONE, "from one_chunk where callback_on is not null order by i"),
    ):
        connection.execute(statement)


def _chunk(company: Any, first: int, last: int) -> str:
    """Who contacted whom when about what: everything the six tables take from one contact."""
    texts = " || ".join(sql_pick(pool, 20 + n) for n, pool in enumerate((words.SAID, words.ASKED, words.GIVEN_THERE, words.NEXT_STEP)))
    labels = "case method " + " ".join(f"when '{v}' then '{label}'" for v, label in ContactRecord.Method.choices) + " end"
    icons = "case method " + " ".join(f"when '{v}' then '{icon}'" for v, icon in ICONS.items()) + " end"
    states = "case business_state " + " ".join(f"when '{v}' then '{label}'" for v, label in BusinessState.choices) + " end"
    return f"""
        create temp table one_chunk as
        select *, {labels} as method_label, {icons} as icon, {states} as state_label,
            coalesce({labels} || ' · ' || person_name, {labels}) as title
        from (
            select i, o.id as customer_id, o.name as customer_name, o.business_state, s.id as tracker_id, s.name as tracker_name,
                p.id as position_id, p.unit_id, at, (at at time zone 'Asia/Shanghai')::date as track_on,
                case when {sql_share(32)} < {WITH_CALLBACK} then (at at time zone 'Asia/Shanghai')::date + 7 end as callback_on,
                case when {sql_share(33)} < {VISITS} then 'visit' else {sql_pick(("phone", "phone", "email", "direct", "sms"), 34)} end as method,
                {texts} as description, {sql_pick((*words.SOLUTIONS, ""), 35)} as solution,
                {sql_pick((*words.PRODUCTS, "", ""), 36)} as products, {sql_pick((*words.MATERIALS, "", "", "", ""), 37)} as materials,
                n.id as person_id, n.name as person_name
            from (
                select i, 1 + floor({company.customers} * power({sql_share(38)}, {BUSY}))::bigint as chosen,
                    '{company.opened_at.date()} 01:00+00'::timestamptz
                        + floor((i - 1) * {DAYS - 1}.0 / {company.contacts}) * interval '1 day'
                        + {sql_share(39)} * interval '10 hours' as at
                from generate_series({first}, {last}) as i
            ) as drawn
            join {STAGING} o on o.id = drawn.chosen
            left join access_position p on p.id = o.owner_position_id
            left join access_staff s on s.id = coalesce(p.holder_id, (select id from access_staff where login_name = 'rep0'))
            left join people_person n on {sql_share(40)} < {WITH_PERSON} and n.id = {company.customers} + 2 * o.id - 1
        ) as told
    """  # noqa: S608 numbers and our own words


_CONTACT = {
    "id": "i", "customer_id": "customer_id", "customer_name": "customer_name", "track_on": "track_on", "method": "method",
    "tracker_id": "tracker_id", "tracker_position_id": "position_id", "tracker_unit_id": "unit_id", "callback_on": "callback_on",
    "business_state": "business_state", "description": "description", "solution": "solution", "products": "products",
    "materials": "materials", "submitted_at": "at",
}
_PARTICIPANT = {
    "contact_id": "i", "customer_id": "customer_id", "person_id": "person_id", "name": "person_name", "role": "''",
}
_ENTRY = {
    "customer_id": "customer_id", "at": "at", "kind": "'contact'", "icon": "icon", "title": "title", "text": "description",
    "actor_id": "tracker_id", "actor_name": "tracker_name", "subject_label": f"'{LABEL}'", "subject_id": "i",
    "url_name": f"'{URL_NAME}'",
    "details": "jsonb_build_object('method', method, 'state', state_label, 'solution', solution, 'products', products, "
    "'materials', materials, 'track_on', track_on::text, 'callback_on', coalesce(callback_on::text, ''), 'version', 1)",
}
_AUDIT = {
    "at": "at", "action": "'contact.recorded'", "actor_id": "tracker_id", "actor_name": "tracker_name",
    "subject_label": f"'{LABEL}'", "subject_id": "i", "subject_name": "method_label || ' · ' || customer_name || ' ' || track_on",
    "customer_id": "customer_id",
    "changes": "jsonb_build_object('method', jsonb_build_array(null, method_label), 'business_state', "
    "jsonb_build_array(null, state_label), 'callback_on', jsonb_build_array(null, callback_on::text))",
}
_COMMENT = {
    "contact_id": "i", "customer_id": "customer_id", "author_id": "(select id from access_staff where login_name = 'gm')",
    "addressee_id": "tracker_id", "text": sql_pick(words.REMARKS, 31), "at": "at + interval '1 day'",
    "read_at": "case when i % 5 > 0 then at + interval '2 days' end",
}
_DONE = {
    "customer_id": "customer_id", "customer_name": "customer_name",
    "position_id": "coalesce(position_id, (select id from access_position where code = 'G010000'))",
    "unit_id": "coalesce(unit_id, (select unit_id from access_position where code = 'G010000'))",
    "due_on": "callback_on", "first_due_on": "callback_on", "text": "'回访：' || to_char(track_on, 'MM-DD') || ' ' || method_label",
    "origin": "'callback'", "contact_id": "i", "created_by_id": "tracker_id", "created_at": "at",
    "done_at": "at + interval '7 days'", "done_by_id": "tracker_id", "outcome": "'已联系：电话'", "version": "2",
}


def _write_customers(connection: psycopg.Connection[Any], company: Any) -> None:
    """What the records say of each customer; the entry and the audit of its making; an open reminder for some."""
    connection.execute("set local work_mem = '256MB'")
    connection.execute("create index bench_newest on followups_contactrecord (customer_id, track_on desc, id desc)")
    connection.execute(
        f"create temp table told as select o.id, c.* from {STAGING} o left join lateral ("  # noqa: S608
        "select track_on, submitted_at, description, products, materials from followups_contactrecord "
        "where customer_id = o.id order by track_on desc, id desc limit 1) c on true"
    )
    facts = {
        "customer_id": "id", "talked": "left(description, 300)", "talked_on": "track_on", "recommended": "products",
        "recommended_on": "case when products <> '' then track_on end", "material": "materials",
        "material_on": "case when materials <> '' then track_on end",
    }
    connection.execute(insert_from(Facts, facts, "from told where track_on is not null"))
    due = f"case when {sql_share(50)} < {OPEN} then date '{company.today}' + ((hashint8extended(i, 51) & 1023) % 45 - 10)::int end"
    connection.execute(
        f"create temp table due as select i as id, {due} as due_on from (select id as i from {STAGING}) as numbers"  # noqa: S608
    )
    reminder = {
        "customer_id": "o.id", "customer_name": "o.name", "position_id": "o.owner_position_id", "unit_id": "o.unit_id",
        "due_on": "d.due_on", "first_due_on": "d.due_on", "text": "'约下次拜访'", "origin": "'manual'",
        "created_by_id": "o.collected_by_id", "created_at": "o.created_at",
    }
    waiting = f"from {STAGING} o join due d using (id) where d.due_on is not null and o.owner_position_id is not null"
    connection.execute(insert_from(Reminder, reminder, waiting))
    columns = [field.column for field in Organisation._meta.concrete_fields]
    fresh = {
        "last_contact_on": "t.track_on", "last_activity_at": "coalesce(t.submitted_at, o.created_at)",
        "next_due_on": "case when o.owner_position_id is not null then d.due_on end",
    }
    names = ", ".join(f'"{name}"' for name in columns)
    values = ", ".join(fresh.get(name, f'o."{name}"') for name in columns)
    connection.execute(
        f"insert into people_organisation ({names}) select {values} "  # noqa: S608
        f"from {STAGING} o left join told t using (id) left join due d using (id) order by o.id"
    )
    made = {
        "customer_id": "id", "at": "created_at", "kind": "'profile'", "icon": "'file-plus'", "title": "'建立档案'",
        "actor_id": "collected_by_id", "actor_name": "'系统'",
    }
    connection.execute(insert_from(Entry, made, f"from {STAGING}"))
    audited = {
        "at": "created_at", "action": "'organisation.created'", "actor_id": "collected_by_id", "actor_name": "'系统'",
        "subject_label": "'people.organisation'", "subject_id": "id", "subject_name": "name", "customer_id": "id",
    }
    connection.execute(insert_from(AuditEntry, audited, f"from {STAGING}"))
    connection.execute("drop index bench_newest")
