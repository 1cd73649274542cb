"""行动成效 (R-180): what a contact moved, as the SQL of the trigger that begins it and of the job that keeps it.

Definition. A contact's *end* is the next contact with the same customer, or ``window_days`` after it was recorded,
whichever comes first. Its effect is the customer's state at its own end less the state at the end of the contact
before it; for the first contact, less the state at the moment it was recorded. State is three numbers: the rank of
the stage (``people.stages.RANKS``), the completeness of the file in percent, and the level: how many targets of
grade and relationship the customer has reached. So every change belongs to exactly one contact, the effects of a
customer add up to what changed since the first contact, and a change nobody worked for before falls to the next.

    action_effect = Δstage + Δcompleteness + Δlevel

A contact is without effect when it is over and none of the three went up.

Kept without a statement more when a contact is recorded: the trigger ends the contact before it and begins the new
one. Until its end an effect follows the customer (``keep_sql``), at every move and once an hour; doing it again
changes nothing.
"""

from keqing.people.stages import RANKS

_CASES = " ".join(f"when '{stage}' then {rank}" for stage, rank in RANKS.items())
RANK = f"case o.lifecycle {_CASES} end"
LEVEL = "(select count(*) from lifecycle_target t where t.customer_id = o.id and t.kind <> 'stage' and t.reached_on is not null)"
_NOW = f"d_stage = {RANK} - e.stage_from, d_completeness = o.completeness - e.completeness_from, d_level = {LEVEL} - e.level_from"
# what did not change is not written: an hourly run would hold every row a contact being recorded needs
_MOVED = f"{RANK} - e.stage_from, o.completeness - e.completeness_from, {LEVEL} - e.level_from"

TRIGGER = f"""
create or replace function lifecycle_begin_effects() returns trigger language plpgsql as $$
begin
    update lifecycle_effect e set {_NOW}, is_closed = true
    from people_organisation o
    where o.id = e.customer_id and not e.is_closed and e.customer_id in (select customer_id from new_rows);

    insert into lifecycle_effect (
        customer_id, contact_id, tracker_id, "on", at, stage_from, completeness_from, level_from,
        d_stage, d_completeness, d_level, is_closed)
    select n.customer_id, n.id, n.tracker_id, n.track_on, n.submitted_at,
        coalesce(p.stage_from + p.d_stage, {RANK}), coalesce(p.completeness_from + p.d_completeness, o.completeness),
        coalesce(p.level_from + p.d_level, {LEVEL}), 0, 0, 0,
        -- of several recorded at once only the last can still move something
        row_number() over (partition by n.customer_id order by n.submitted_at desc, n.id desc) > 1
    from new_rows n
    join people_organisation o on o.id = n.customer_id
    left join lateral (
        select * from lifecycle_effect e where e.customer_id = n.customer_id order by e.at desc, e.id desc limit 1
    ) p on true
    on conflict do nothing;
    return null;
end $$;
create trigger lifecycle_begin_effects after insert on followups_contactrecord
    referencing new table as new_rows for each statement execute function lifecycle_begin_effects();
"""  # noqa: S608  constants of this module
DROP = "drop trigger lifecycle_begin_effects on followups_contactrecord; drop function lifecycle_begin_effects();"


def keep_sql(*, only: bool) -> str:
    """Bring open effects up to date and end those whose window is over; ``only`` those of some customers."""
    some = "and e.customer_id = any(%(ids)s)" if only else ""
    return f"""
        update lifecycle_effect e set {_NOW}, is_closed = e.at <= %(ended)s
        from people_organisation o where o.id = e.customer_id and not e.is_closed {some}
            and (e.at <= %(ended)s or ({_MOVED}) is distinct from (e.d_stage, e.d_completeness, e.d_level))
    """  # noqa: S608


# the mark in the story of the customer: what became of the contact, written when it is over
MARK_SQL = """
    update timeline_entry l set details = l.details || jsonb_build_object('effect', case
        when greatest(e.d_stage, e.d_completeness, e.d_level) <= 0 and least(e.d_stage, e.d_completeness, e.d_level) = 0
        then '成效 0' else concat_ws('、',
            case when e.d_stage <> 0 then '阶段 ' || to_char(e.d_stage, 'SG999FM') end,
            case when e.d_completeness <> 0 then '完整度 ' || to_char(e.d_completeness, 'SG999FM') end,
            case when e.d_level <> 0 then '等级 ' || to_char(e.d_level, 'SG999FM') end) end)
    from lifecycle_effect e
    where l.subject_label = 'followups.contactrecord' and l.subject_id = e.contact_id
        and l.customer_id = e.customer_id and e.is_closed and e.at > %(since)s and not l.details ? 'effect'
"""
