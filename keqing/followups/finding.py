"""Contact records by what they say: any two characters or more, the last 24 months first (decision 19).

As in ``kit.search_rank`` the newest records in sight are read first, and the index of pairs of characters is asked
only when they do not hold enough, that is for what is rarely said. The work has a limit in either case.
"""
# ruff: noqa: S608, S611 -- the SQL is put together from parts written here; what was typed is a parameter

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import EmptyResultSet
from django.db.models import BooleanField, Case, F, Func, IntegerField, Q, TextField, Value, When
from django.db.models.expressions import RawSQL

from keqing.access.models import Staff
from keqing.followups.models import ContactRecord, ids_reached, of_present_customers
from keqing.followups.permissions import Can
from keqing.kit.search_rank import Fragment, IsOneOf
from keqing.people.liveliest import liveliest_customers

SHORTEST = 2
RECENT_DAYS = 731
NEWEST, PLACES, EACH, MOST, DEEP = 1200, 200, 8, 10_000, 2000
AROUND = 24

_FOUND = """
with live as materialized (select id from ({live}) n where {says}),
said as materialized (
    select id, customer_id, description, solution, products, materials from followups_contactrecord
    where (select count(*) from live) < %s and {grams} limit {most}
),
deep as materialized (select id from said where {reached} and {says} limit {deep})
select id from live union select id from deep
"""
_SAID = "followups_said(description, solution, products, materials)"


@dataclass(frozen=True)
class Piece:
    """A part of the text around a hit; ``hit`` is what was looked for."""

    text: str
    hit: bool


def words_of(text: str) -> list[str]:
    """What is looked for, as the index has it; empty when no word is long enough to be found by an index."""
    words = unicodedata.normalize("NFKC", text).lower().split()
    return words if any(len(word) >= SHORTEST for word in words) else []


def find_contacts(*, text: str, staff: Staff, today: date, limit: int) -> list[ContactRecord]:
    """Records in sight that say every word, the last 24 months first and then the newest. One statement."""
    words = words_of(text)
    if not words or not staff.may(Can.VIEW):
        return []
    live, live_values = _newest(staff)
    says, say_values = _says(words)
    grams, gram_values = _grams(words)
    reached, reach_values = _reached(staff)
    statement = _FOUND.format(live=live, says=says, grams=grams, reached=reached, most=MOST, deep=DEEP)
    ids = RawSQL(f"array({statement})", (*live_values, *say_values, limit, *gram_values, *reach_values, *say_values))
    rows = ContactRecord.objects.visible_to(staff).filter(of_present_customers(), IsOneOf(F("pk"), ids))
    old = Case(When(track_on__lt=today - timedelta(days=RECENT_DAYS), then=1), default=0)
    return list(rows.select_related("tracker").order_by(old, "-track_on", "-pk")[:limit])


def saying(*, text: str) -> Q:
    """Records that say every word, as a filter of a list; nothing when the words are too short for the index."""
    words = words_of(text)
    if not words:
        return Q(pk__in=[])
    condition = Q()
    for word in words:
        if len(word) >= SHORTEST:
            condition &= Q(_Holds(_Pairs(_TEXT), _Pairs(Value(word))))
        condition &= Q(_Like(_TEXT, Value(_like(word))))
    return condition


def snippet(*, contact: ContactRecord, text: str) -> list[Piece]:
    """The part of the record in which the first word stands, with every word marked."""
    words = words_of(text)
    said = " ".join(part for part in (contact.description, contact.solution, contact.products, contact.materials) if part)
    at = min((place for word in words if (place := said.lower().find(word)) >= 0), default=0)
    start = max(0, at - AROUND)
    shown = ("…" if start else "") + said[start : at + 3 * AROUND] + ("…" if len(said) > at + 3 * AROUND else "")
    return _pieces(shown, words)


def _pieces(text: str, words: Sequence[str]) -> list[Piece]:
    pieces: list[Piece] = []
    low, place = text.lower(), 0
    while place < len(text):
        hits = [(found, -len(word)) for word in words if (found := low.find(word, place)) >= 0]
        if not hits or len(low) != len(text):
            break
        found, length = min(hits)
        if found > place:
            pieces.append(Piece(text[place:found], hit=False))
        pieces.append(Piece(text[found : found - length], hit=True))
        place = found - length
    if place < len(text):
        pieces.append(Piece(text[place:], hit=False))
    return pieces


def _newest(staff: Staff) -> Fragment:
    """The newest records of all, or some of each of the liveliest customers in sight."""
    columns = "id, description, solution, products, materials"
    if staff.standing.reaches_everything(Can.VIEW):
        return f"select {columns} from followups_contactrecord order by track_on desc, id desc limit %s", [NEWEST]
    customers, values = liveliest_customers(staff=staff, word=Can.VIEW, limit=PLACES)
    each = (
        f"select {columns} from followups_contactrecord where customer_id = customer.id"
        f" order by track_on desc, id desc limit %s"
    )
    return f"select one.* from ({customers}) customer, lateral ({each}) one limit %s", [*values, EACH, NEWEST]


def _reached(staff: Staff) -> Fragment:
    """Within the limit of *deep* only what is in sight counts: others may have said the same thousands of times.

    What the whole company says more often than ``MOST`` is cut before: a reader who says it too has it among the newest.
    """
    if staff.standing.reaches_everything(Can.VIEW):
        return "true", ()
    try:
        customers, values = ids_reached(staff, Can.VIEW).query.sql_with_params()
    except EmptyResultSet:
        return "false", ()
    return f"customer_id in ({customers})", values


def _says(words: Sequence[str]) -> Fragment:
    return " and ".join([f"{_SAID} like %s"] * len(words)), [_like(word) for word in words]


def _grams(words: Sequence[str]) -> Fragment:
    long = [word for word in words if len(word) >= SHORTEST]
    # a subquery: the planner, not knowing the pairs, always takes their index
    return " and ".join([f"keqing_grams({_SAID}) @> (select keqing_grams(%s))"] * len(long)), long


def _like(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


class _Said(Func):
    """The record's text as the index has it."""

    function = "followups_said"
    output_field = TextField()


class _Pairs(Func):
    """Every two neighbouring characters of a text as a number."""

    function = "keqing_grams"
    output_field = ArrayField(IntegerField())


class _Holds(Func):
    template, arg_joiner = "%(expressions)s", " @> "
    output_field = BooleanField()
    conditional = True


class _Like(_Holds):
    arg_joiner = " like "


_TEXT = _Said(F("description"), F("solution"), F("products"), F("materials"))
