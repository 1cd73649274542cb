"""A form counts once: sent again, by an impatient finger or a broken line, it leads to what it made the first time."""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Model
from django.http import QueryDict

from keqing.access.models import Staff, UsedFormKey

KEPT = timedelta(days=30)


def once(*, by: Staff, sent: QueryDict, label: str, make: Callable[[], Model], at: datetime) -> tuple[int, bool]:
    """The id of what ``make`` stored, and whether it was now: False when this form was sent before.

    ``label`` names what is made, e.g. ``people.organisation``. The same form with other content counts as
    another one. A second sending at the same moment waits for the first. What ``make`` raises passes through,
    and the form may be sent again.
    """
    if not sent.get("form_key"):
        return make().pk, True
    with transaction.atomic():
        used, is_new = UsedFormKey.objects.get_or_create(
            staff_id=by.pk, label=label, key=_key(sent), defaults={"at": at}
        )
        if is_new:
            used.object_id = make().pk
            used.save(update_fields=["object_id"])
    return used.object_id, is_new


def forget_form_keys(*, at: datetime) -> int:
    """Drop the keys of forms sent longer ago than anybody repeats one; returns how many."""
    return UsedFormKey.objects.filter(at__lt=at - KEPT).delete()[0]


def _key(sent: QueryDict) -> str:
    content = sorted((name, values) for name, values in sent.lists() if name != "csrfmiddlewaretoken")
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
