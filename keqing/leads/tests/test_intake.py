"""Every inbound contact is a record, before anybody knows who it was."""

from datetime import timedelta

import pytest

from keqing.access.tests.factories import make_cast, position_of
from keqing.audit.models import Entry as AuditEntry
from keqing.leads.actions.intake import edit_lead
from keqing.leads.actions.steps import LeadRefused, StaleLead
from keqing.leads.choices import Judgement, State
from keqing.leads.models import Lead
from keqing.leads.tests.factories import make_lead
from keqing.people.tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.mark.proves("R-185")
def test_a_missed_call_creates_an_unidentified_lead():
    cast = make_cast()
    lead = make_lead(by=cast.care, first_touch_at=NOW - timedelta(minutes=3))
    stored = Lead.objects.select_related("source_channel").get(pk=lead.pk)
    assert stored.customer_id is None and stored.judgement == Judgement.PENDING
    assert stored.title == "未识别电话" and stored.unit == position_of(cast.care).unit
    assert AuditEntry.objects.filter(action="lead.recorded", subject_id=lead.pk).exists()


def test_a_lead_taken_by_who_entered_it_is_accepted_at_once():
    cast = make_cast()
    lead = make_lead(by=cast.rep, mine=True, key="own", organisation_name="甲岑市人民医院")
    assert (lead.state, lead.position) == (State.ACCEPTED, position_of(cast.rep))
    assert lead.accepted_at == NOW


def test_what_has_yet_to_come_was_no_first_touch():
    with pytest.raises(LeadRefused, match="不能晚于现在"):
        make_lead(by=make_cast().rep, first_touch_at=NOW + timedelta(hours=1))


def test_what_was_learned_since_is_said_and_rated_again():
    cast = make_cast()
    lead = make_lead(by=cast.rep)
    edited = edit_lead(lead=lead, values={"kind": "hospital", "products": "降压片"}, by=cast.rep, at=NOW)
    assert edited.score > lead.score and edited.version == lead.version + 1
    assert "修改客户类型、产品" in edited.steps.last().title


def test_an_older_state_of_the_lead_is_refused():
    cast = make_cast()
    lead = make_lead(by=cast.rep)
    edit_lead(lead=lead, values={"need": "询价"}, by=cast.rep, at=NOW)
    with pytest.raises(StaleLead):
        edit_lead(lead=lead, values={"need": "催货"}, by=cast.rep, at=NOW)


def test_a_lead_is_seen_by_its_holder_and_those_above_and_by_nobody_else():
    cast = make_cast()
    lead = make_lead(by=cast.rep, mine=True)
    seen = {name for name, staff in cast.everyone.items() if Lead.objects.visible_to(staff).filter(pk=lead.pk).exists()}
    assert seen == {"rep", "manager", "region_manager", "commerce", "compliance", "gm"}
    allowed = {name for name, staff in cast.everyone.items() if lead.allows(staff, "lead.view")}
    assert allowed == seen


def test_the_phone_stands_in_full_only_for_who_has_to_call_back():
    cast = make_cast()
    lead = make_lead(by=cast.rep, mine=True, phone="18612341402")
    assert lead.phone_for(cast.rep) == "18612341402"
    assert lead.phone_for(cast.manager) == "186 **** 1402"
