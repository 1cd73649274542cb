"""流失原因 and 竞争对手: values are added and closed, never changed under what was counted."""

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Max

from keqing.access.models import Staff
from keqing.audit import actions as audit
from keqing.compliance.matching import Hit
from keqing.compliance.rules import check_label
from keqing.lifecycle.models import Competitor, LossReason

MODELS = {"reason": LossReason, "competitor": Competitor}
NOUNS = {"reason": "流失原因", "competitor": "竞争对手"}


class PicklistRefused(Exception):
    """The value cannot be added; the text is for the user."""


class LabelRefused(PicklistRefused):
    """The name is on a deny list (RX-05)."""

    def __init__(self, hit: Hit) -> None:
        super().__init__(hit.sentence)
        self.hit = hit


@transaction.atomic
def add_value(*, noun: str, name: str, by: Staff, at: datetime) -> LossReason | Competitor:
    """A new value at the end. Refuses one that is there already, and denied words. One audit entry."""
    if hit := check_label(name):
        raise LabelRefused(hit)
    model = MODELS[noun]
    last = model.objects.aggregate(last=Max("order"))["last"] or 0
    try:
        with transaction.atomic():
            made = model.objects.create(name=name.strip(), order=last + 1)
    except IntegrityError as error:
        raise PicklistRefused(f"{NOUNS[noun]}“{name}”已有。") from error
    audit.record(action="picklist.added", by=by, at=at, subject=_subject(made))
    return made


@transaction.atomic
def close_value(*, value: LossReason | Competitor, on: date | None, by: Staff, at: datetime) -> None:
    """Offer it no longer, or (``on`` None) again. One audit entry."""
    before, value.closed_on = value.closed_on, on
    value.save(update_fields=["closed_on"])
    changes = {"closed_on": [before and before.isoformat(), on and on.isoformat()]}
    audit.record(action="picklist.closed", by=by, at=at, subject=_subject(value), changes=changes)


def _subject(value: LossReason | Competitor) -> audit.Subject:
    return audit.Subject(value._meta.label_lower, value.pk, value.name)
