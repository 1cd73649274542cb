"""Ten thousand leads through two hundred rules (issue: at most 30 s)."""

import random
import sys
import time

import pytest

from keqing.access.tests.factories import make_cast, make_position, make_staff
from keqing.leads.actions.assigning import assign_by_rules
from keqing.leads.choices import State, StepKind
from keqing.leads.models import Lead, RuleCount, Step
from keqing.leads.tests.factories import channel, make_rule
from keqing.people.tests.factories import NOW

LEADS, RULES, SECONDS = 10_000, 200, 30


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.proves("R-186")
def test_ten_thousand_leads_go_through_two_hundred_rules_in_half_a_minute(capsys):
    cast, dice = make_cast(), random.Random(7)
    people = [make_position(unit=cast.guangzhou, holder=make_staff(name=f"代表{number}")) for number in range(50)]
    words = [f"产品{number}" for number in range(RULES)]
    for number in range(RULES):
        target = ("turn", "load", "position", "queue")[number % 4]
        chosen = dice.sample(people, 5)
        make_rule(
            name=f"规则{number}", unit=cast.guangzhou, target=target, position=chosen[0] if target == "position" else None,
            members=chosen if target in ("turn", "load") else (), words=[words[number]],
            regions=[dice.choice(["440000", "450000", "460000"])] if number % 3 == 0 else [], place=number + 1,
        )
    phone = channel()
    leads = Lead.objects.bulk_create(
        Lead(
            source_channel=phone, unit=cast.company, need=f"想了解{dice.choice(words)}", region_id=dice.choice(["440106", "110101", None]),
            first_touch_at=NOW, created_by=cast.care, created_at=NOW, updated_at=NOW,
        )
        for _ in range(LEADS)
    )
    begun = time.perf_counter()
    made = assign_by_rules(leads=leads, at=NOW)
    taken = time.perf_counter() - begun
    with capsys.disabled():
        sys.stdout.write(f"\n{LEADS:,} leads, {RULES} rules: {taken:.1f} s\n")
    assert len(made) == LEADS and taken <= SECONDS
    assert Step.objects.filter(kind__in=(StepKind.ASSIGNED, StepKind.QUEUED)).count() == LEADS
    assert Lead.objects.filter(state=State.ASSIGNED).count() > LEADS / 4
    assert sum(RuleCount.objects.values_list("hits", flat=True)) == Lead.objects.filter(rule_id__isnull=False).count()
