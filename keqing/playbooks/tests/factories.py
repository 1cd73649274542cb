"""Plans and customers in the states tests need."""

from datetime import date, datetime, timedelta
from typing import Any

from keqing.access.models import OrgUnit, Staff
from keqing.people.models import Organisation
from keqing.people.tests.factories import NOW, make_organisation
from keqing.playbooks.actions.playbooks import EditionDraft, StepDraft, create_playbook
from keqing.playbooks.models import Playbook

TODAY = NOW.date()
STEPS = (
    StepDraft(text="首次拜访{客户}", offset=0, deadline_days=3, is_mandatory=True),
    StepDraft(text="送资料", offset=3, deadline_days=2, method="visit"),
    StepDraft(text="{客户}由经理过问", offset=30, deadline_days=5, owner_rule="manager"),
)


def draft(*, steps: Any = STEPS, valid_from: date = TODAY, **rest: Any) -> EditionDraft:
    return EditionDraft(**{"stages": ["prospect"], "on_entry": True, "steps": steps, "valid_from": valid_from, **rest})


def make_playbook(*, title: str = "潜在客户培育", unit: OrgUnit | None = None, by: Staff | None = None, **rest: Any) -> Playbook:
    home = unit or OrgUnit.objects.get(kind="company")
    return create_playbook(title=title, unit=home, draft=draft(**rest), by=by, at=NOW)


def make_customer(*, owner: Any, days_quiet: int | None = None, stage: str = "prospect", at: datetime = NOW, **rest: Any) -> Organisation:
    """A customer in a stage, last contacted so many days ago (None: never)."""
    made = make_organisation(owner=owner, at=at, **rest)
    last = None if days_quiet is None else at.date() - timedelta(days=days_quiet)
    Organisation.objects.filter(pk=made.pk).update(last_contact_on=last)
    if stage != made.lifecycle:
        put_in_stage([made.pk], stage)
    made.refresh_from_db()
    return made


def put_in_stage(ids: list[int], stage: str) -> None:
    """As an import would have brought them: along no path, so the trigger is off for a moment."""
    import pgtrigger

    with pgtrigger.ignore("people.Organisation:stage_moves"):
        Organisation.objects.filter(pk__in=ids).update(lifecycle=stage)
