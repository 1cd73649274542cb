"""How the roll-ups of contact records are kept: the SQL of the triggers, of the fold and of the check.

Every statement that adds, changes or removes contact records appends what it changed, summed up, to
``DayTally``, ``MonthTally`` and ``MonthTotal``: actions, bulk inserts, COPY, corrections and undo alike, at no statement more.
Lines are only appended, never updated, so two writers wait for each other nowhere; a line may be negative.
What a reader wants is always the sum. Every night the lines of one key are folded into one.
"""

import pgtrigger

KEY = "starts_on, tracker_id, position_id, unit_id, method"
_DAY, _MONTH = "track_on", "date_trunc('month', track_on)::date"
# table: the start of the period, and the way of contact it counts by; a report over all ways reads a seventh of the lines
TABLES = {
    "followups_daytally": (_DAY, "method"), "followups_monthtally": (_MONTH, "method"), "followups_monthtotal": (_MONTH, "''::text"),
}


def _raw(table: str) -> str:
    starts_on, method = TABLES[table]
    return (
        f"{starts_on} as starts_on, tracker_id, tracker_position_id as position_id, tracker_unit_id as unit_id, {method} as method"
    )


def triggers() -> list[pgtrigger.Trigger]:
    """For the contact records: one per kind of statement, since each has other transition tables."""
    new, old = ("new_rows", 1), ("old_rows", -1)
    return [
        _trigger("tally_insert", pgtrigger.Insert, pgtrigger.Referencing(new="new_rows"), new),
        _trigger("tally_update", pgtrigger.Update, pgtrigger.Referencing(old="old_rows", new="new_rows"), old, new),
        _trigger("tally_delete", pgtrigger.Delete, pgtrigger.Referencing(old="old_rows"), old),
    ]


def fold_sql(table: str) -> str:
    """One line per key in every period that has got new lines; one statement, so readers see before or after."""
    return f"""
        with gone as (
            delete from {table} where starts_on in (select starts_on from {table} where not is_folded) returning *
        )
        insert into {table} ({KEY}, count, is_folded)
        select {KEY}, sum(count), true from gone group by {KEY} having sum(count) <> 0
    """  # noqa: S608  the names are those above


def difference_sql(table: str) -> str:
    """By how much the records exceed the roll-up, key by key; nothing where both agree."""
    return f"""
        select {KEY}, sum(change)::int as count from (
            select {_raw(table)}, 1 as change from followups_contactrecord
            union all select {KEY}, -count from {table}
        ) both_sides group by {KEY} having sum(change) <> 0
    """  # noqa: S608


def repair_sql(table: str) -> str:
    """Append the difference; returns what was appended."""
    return f"""
        insert into {table} ({KEY}, count, is_folded)
        select {KEY}, count, false from ({difference_sql(table)}) missing returning {KEY}, count
    """  # noqa: S608


def fill_sql(table: str) -> str:
    """The roll-up of what is there, into an empty table."""
    return f"""
        insert into {table} ({KEY}, count, is_folded)
        select {_raw(table)}, count(*), true from followups_contactrecord group by 1, 2, 3, 4, 5
    """  # noqa: S608


def _trigger(
    name: str, operation: pgtrigger.Operation, referencing: pgtrigger.Referencing, *sides: tuple[str, int]
) -> pgtrigger.Trigger:
    appended = "\n".join(_append_sql(table, sides) for table in TABLES)
    return pgtrigger.Trigger(
        name=name, level=pgtrigger.Statement, when=pgtrigger.After, operation=operation, referencing=referencing,
        func=f"{appended}\nRETURN NULL;",
    )


def _append_sql(table: str, sides: tuple[tuple[str, int], ...]) -> str:
    changes = " union all ".join(
        f"select {_raw(table)}, {sign} as change from {rows}"  # noqa: S608
        for rows, sign in sides
    )
    return (
        f"insert into {table} ({KEY}, count, is_folded) "  # noqa: S608
        f"select {KEY}, sum(change), false from ({changes}) changed group by {KEY} having sum(change) <> 0;"
    )
