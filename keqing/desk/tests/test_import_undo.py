"""Taking an import back when other departments have worked with its rows by now."""

import pytest

from keqing.access.tests.factories import make_cast
from keqing.followups.actions.contacts import record_contact
from keqing.followups.attendees import Attendee
from keqing.followups.models import Participant
from keqing.followups.tests.factories import NOW, fields
from keqing.interchange.tests.factories import make_applied, undo, xlsx
from keqing.people.models import Person
from keqing.people.tests.factories import make_organisation

pytestmark = pytest.mark.django_db
DOCTORS = ["姓名", "医院", "科室"]


@pytest.mark.proves("R-011")
def test_undoing_a_doctor_import_keeps_the_doctor_who_took_part_in_a_contact():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep, name="示例第一人民医院")
    rows = [DOCTORS, ["王示例", hospital.name, "内科"], ["赵示例", hospital.name, "内科"]]
    batch = make_applied(by=cast.manager, kind="doctor", file=xlsx(rows))
    met = Person.objects.get(name="王示例")
    record_contact(customer=hospital, fields=fields(), participants=[Attendee(met.pk, met.name)], by=cast.rep, at=NOW)
    batch = undo(batch)
    assert [p.name for p in Person.objects.all()] == ["王示例"]
    assert Participant.objects.get().person_id == met.pk
    assert [(r.name, r.kept_because) for r in batch.rows.exclude(kept_because="")] == [("王示例", "已有参与人")]
