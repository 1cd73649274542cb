from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from keqing.people.tests.factories import NOW
from keqing.timeline.actions import add_entry, add_entry_and_keep_facts, keep_facts, replace_facts
from keqing.timeline.models import Entry, Facts
from keqing.timeline.queries import facts_of, stream_of, summary_of

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
EARLIER = TODAY - timedelta(days=30)


@pytest.mark.proves("R-176")
def test_facts_keep_the_newest_and_forget_nothing_when_told_nothing():
    keep_facts(customer_id=1, on=TODAY, talked="药事会", quoted="¥386.00")
    keep_facts(customer_id=1, on=EARLIER, talked="更早的事", material="说明书")
    keep_facts(customer_id=1, on=TODAY, talked=" ", recommended="")
    facts = facts_of(1)
    assert (facts.talked, facts.talked_on, facts.quoted) == ("药事会", TODAY, "¥386.00")
    assert (facts.material, facts.material_on, facts.recommended) == ("说明书", EARLIER, "")
    assert facts_of(2).talked == ""


def test_an_unknown_fact_is_a_mistake_of_the_program():
    for act in (
        lambda: keep_facts(customer_id=1, on=TODAY, heard="x"),
        lambda: replace_facts(customer_id=1, facts={"heard": ("x", TODAY)}),
    ):
        with pytest.raises(ValueError, match="heard"):
            act()


def test_a_line_and_its_facts_are_one_statement():
    line = {"customer_id": 1, "at": NOW, "kind": "contact", "title": "拜访" * 200, "details": {"method": "visit"}}
    with CaptureQueriesContext(connection) as captured:
        add_entry_and_keep_facts(on=TODAY, facts={"talked": "药" * 400}, **line)
    assert len(captured) == 1
    entry = Entry.objects.get()
    assert (len(entry.title), entry.details, entry.at) == (200, {"method": "visit"}, NOW)
    assert len(Facts.objects.get().talked) == 300
    add_entry_and_keep_facts(on=TODAY, facts={"talked": " "}, **line)
    assert Entry.objects.count() == 2 and Facts.objects.count() == 1


def test_replaced_facts_may_be_older_or_empty():
    keep_facts(customer_id=1, on=TODAY, talked="错的", material="错的")
    replace_facts(customer_id=1, facts={"talked": ("对的", EARLIER), "material": ("", None)})
    facts = facts_of(1)
    assert (facts.talked, facts.talked_on, facts.material, facts.material_on) == ("对的", EARLIER, "", None)


def test_the_stream_pages_without_gaps_and_hides_restricted_lines():
    for number in range(5):
        add_entry(customer_id=1, at=NOW, kind="contact", title=f"第{number}条")
    add_entry(customer_id=1, at=NOW, kind="contact", title="受限", is_restricted=True)
    add_entry(customer_id=2, at=NOW, kind="contact", title="别家")
    seen, after = [], ""
    while True:
        part = stream_of(1, after=after, limit=2)
        seen += [entry.title for entry in part.entries]
        after = part.after
        if not after:
            break
    assert seen == ["第4条", "第3条", "第2条", "第1条", "第0条"]
    assert len(stream_of(1, restricted=True).entries) == 6
    assert [entry.title for entry in stream_of(1, text="第3").entries] == ["第3条"]


def test_facts_and_counts_come_in_one_statement():
    with CaptureQueriesContext(connection) as captured:
        nothing = summary_of(1)
    assert (len(captured), nothing.counts, nothing.total, nothing.facts.customer_id) == (1, {}, 0, 1)
    add_entry(customer_id=1, at=NOW, kind="contact", title="拜访")
    add_entry(customer_id=1, at=NOW, kind="reminder", title="完成")
    keep_facts(customer_id=1, on=TODAY, talked="药事会")
    found = summary_of(1)
    assert (found.counts, found.total, found.facts.talked) == ({"contact": 1, "reminder": 1}, 2, "药事会")
