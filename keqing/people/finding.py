"""The best customers, people and departments for what somebody typed, ranked (decision 19) and bounded in work."""
# ruff: noqa: S608, S611 -- the SQL is put together from parts written here; what was typed is a parameter

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, Case, Exists, F, Func, OuterRef, Q, QuerySet, Value, When
from django.db.models.expressions import RawSQL

from keqing.access.models import Staff
from keqing.kit.search import SearchQuery, normalise, query_plan
from keqing.kit.search_rank import IsOneOf, Sight, best
from keqing.people.liveliest import liveliest_organisations, liveliest_people
from keqing.people.models import Department, Organisation, Person
from keqing.people.permissions import Can
from keqing.people.queries import matching, matching_people, without_phones

LIVE_PLACES, FOUND_PLACES, FOUND_DEPARTMENTS = 400, 100, 2000


def find_organisations(*, text: str, staff: Staff, limit: int) -> QuerySet[Organisation]:
    """Living organisations the reader may know of, found by name, code or, where seen in full, by phone."""
    plan, rows = query_plan(text), Organisation.objects.visible_to(staff)
    tails = _tails(plan)
    in_full = Organisation.objects.alive().reached_by(staff, Can.VIEW)
    return best(
        sight=Sight(
            rows=rows, live=liveliest_organisations(staff=staff, word=Can.VIEW, names=True),
            also=in_full.filter(matching(text=text), tails) if tails else None,
        ),
        plan=without_phones(plan), text=text, positions=staff.standing.position_ids, limit=limit,
    )


def find_people(*, text: str, staff: Staff, limit: int) -> QuerySet[Person]:
    """People in sight, found by name or by as much of a phone as the reader is shown."""
    plan, rows = query_plan(text), Person.objects.visible_to(staff, few=True)
    tails = _tails(plan)
    return best(
        sight=Sight(
            rows=rows, live=liveliest_people(staff=staff, word=Can.VIEW_PERSON),
            also=rows.filter(matching_people(text=text, staff=staff), tails) if tails else None,
        ),
        plan=without_phones(plan), text=text, positions=staff.standing.position_ids, limit=limit,
    )


def _tails(plan: SearchQuery) -> Q:
    """Rows with a phone that ends in some word of the query; an empty condition when none is long enough."""
    condition = Q()
    for word in plan.words:
        for way in word:
            if not way.column:
                condition |= Q(search_terms__contains=list(way.terms))
    return condition


class _HoldsPairs(Func):
    """``keqing_grams(name) @> keqing_grams(…)``: every two neighbouring characters, by the index on them."""

    template, arg_joiner = "keqing_grams(%(expressions)s)", ") @> keqing_grams("
    output_field = BooleanField()
    conditional = True


def find_departments(*, text: str, staff: Staff, limit: int) -> list[Department]:
    """Open departments by a part of their name; further words before it tell of which customer (协和 肿瘤科).

    Those of the liveliest customers in sight and of the ones named are looked at; a name of two characters or more
    also goes by its index.
    """
    words = text.split()
    if not words or not normalise(words[-1]):
        return []
    name, place = words[-1], " ".join(words[:-1])
    inside = Organisation.objects.alive().reached_by(staff, Can.VIEW)
    rows = Department.objects.filter(closed_on__isnull=True, name__contains=name)
    if place:
        found = find_organisations(text=place, staff=staff, limit=FOUND_PLACES)
        rows = rows.filter(IsOneOf(F("organisation"), ArraySubquery(found.values("pk"))))
    else:
        live, values = liveliest_organisations(staff=staff, word=Can.VIEW, columns="id", limit=LIVE_PLACES)
        near = IsOneOf(F("organisation"), RawSQL(f"array({live})", values))
        if len(name) > 1:
            named = rows.filter(_HoldsPairs(F("name"), Value(name))).order_by().values("pk")[:FOUND_DEPARTMENTS]
            rows = rows.filter(near).order_by().values("pk").union(named, all=True)
            rows = Department.objects.filter(IsOneOf(F("pk"), ArraySubquery(rows)))
        else:
            rows = rows.filter(near)
    mine = Case(When(organisation__owner_position__in=list(staff.standing.position_ids), then=0), default=1)
    seen = rows.filter(Exists(inside.filter(pk=OuterRef("organisation"))))
    return list(seen.select_related("organisation").order_by(mine, "-organisation__last_activity_at", "pk")[:limit])
