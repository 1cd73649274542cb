"""The life cycle of a customer (R-181, domain b9): which stage may follow which, and for how long one lasts."""

from collections.abc import Mapping
from datetime import date

import pgtrigger

from keqing.people.choices import Stage

FORWARD = (Stage.UNIDENTIFIED, Stage.PROSPECT, Stage.OPPORTUNITY, Stage.ORDER_CUSTOMER, Stage.USER)

# one step forward; any active stage may fall asleep; lost only from there; back only through the opportunity
MOVES: Mapping[str, tuple[str, ...]] = {
    Stage.UNIDENTIFIED: (Stage.PROSPECT, Stage.DORMANT),
    Stage.PROSPECT: (Stage.OPPORTUNITY, Stage.DORMANT),
    Stage.OPPORTUNITY: (Stage.ORDER_CUSTOMER, Stage.DORMANT),
    Stage.ORDER_CUSTOMER: (Stage.USER, Stage.DORMANT),
    Stage.USER: (Stage.DORMANT,),
    Stage.DORMANT: (Stage.OPPORTUNITY, Stage.LOST),
    Stage.LOST: (Stage.OPPORTUNITY,),
}

# How far up a customer is; the difference of two is Δstage. Asleep and lost are below everything else.
RANKS: Mapping[str, int] = {Stage.LOST: -2, Stage.DORMANT: -1, **{stage: rank for rank, stage in enumerate(FORWARD)}}


def days_in(since: date, today: date) -> int:
    return max((today - since).days, 0)


def trigger() -> pgtrigger.Trigger:
    """The database refuses a jump, too: whatever writes the column, it moves along ``MOVES``."""
    pairs = ", ".join(f"'{old}>{new}'" for old, following in MOVES.items() for new in following)
    return pgtrigger.Trigger(
        name="stage_moves", when=pgtrigger.Before, operation=pgtrigger.UpdateOf("lifecycle"),
        condition=pgtrigger.Condition("OLD.lifecycle IS DISTINCT FROM NEW.lifecycle"),
        func=f"""
            IF OLD.lifecycle || '>' || NEW.lifecycle NOT IN ({pairs}) THEN
                RAISE EXCEPTION 'stage_moves: % to % is no step of the life cycle', OLD.lifecycle, NEW.lifecycle
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """,
    )
