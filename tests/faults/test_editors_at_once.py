"""T04: many editors on one customer; each save is applied or refused, none is lost."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from keqing.access.models import Staff
from keqing.access.tests.factories import make_cast
from keqing.audit.models import Entry
from keqing.people.actions.organisations import StaleOrganisation, update_organisation
from keqing.people.models import Organisation
from keqing.people.tests.factories import NOW, make_organisation

EDITORS, SAVES = 20, 6


@pytest.mark.proves("T04")
@pytest.mark.django_db(transaction=True)
def test_twenty_editors_lose_no_save_in_silence():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep)

    def edit(number: int) -> list[str]:
        try:
            by = Staff.objects.get(login_name="rep")
            applied = []
            for turn in range(SAVES):
                seen, text = Organisation.objects.get(pk=hospital.pk), f"第{number}人第{turn}次"
                try:
                    update_organisation(organisation=seen, values={"remark": text}, by=by, at=NOW)
                except StaleOrganisation:
                    continue
                applied.append(text)
            return applied
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=EDITORS) as pool:
        applied = [text for texts in pool.map(edit, range(EDITORS)) for text in texts]
    stored = Organisation.objects.get(pk=hospital.pk)
    changes = Entry.objects.filter(action="organisation.edited").order_by("pk").values_list("changes__remark", flat=True)
    assert applied
    assert stored.version == 1 + len(applied)
    assert sorted(after for _, after in changes) == sorted(applied)
    # each saw what the one before wrote: the chain of from and to has no gap
    assert all(older[1] == newer[0] for older, newer in zip(changes, changes[1:], strict=False))
    assert stored.remark == list(changes)[-1][1]
