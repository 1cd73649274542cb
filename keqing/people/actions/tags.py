"""Dimensions and tags: labels the company classifies customers by (R-182); deny words are refused (RX-05, R-025)."""

from datetime import date, datetime

from django.db import IntegrityError, transaction

from keqing.access.models import Staff
from keqing.audit import actions as audit
from keqing.compliance import rules
from keqing.people.models import Dimension, Tag


class TagRefused(Exception):
    """The label cannot be used; the text is for the user."""


class LabelRefused(TagRefused):
    """A rule forbids the label; ``hit`` names it."""

    def __init__(self, hit: rules.Hit) -> None:
        super().__init__(hit.sentence if hit.rule_id in hit.sentence else f"{hit.sentence}（规则 {hit.rule_id}）")
        self.hit = hit


def create_dimension(*, name: str, by: Staff, at: datetime) -> Dimension:
    """A new way to classify. Refuses a name on the deny list or in use."""
    _check(name)
    try:
        with transaction.atomic():
            dimension = Dimension.objects.create(name=name, order=Dimension.objects.count())
            _record("dimension.created", dimension, by, at)
    except IntegrityError as error:
        raise TagRefused(f"已有维度“{name}”。") from error
    return dimension


def create_tag(*, dimension: Dimension, name: str, by: Staff, at: datetime) -> Tag:
    """A new value of a dimension. Refuses a name on the deny list or in use there."""
    _check(name)
    try:
        with transaction.atomic():
            tag = Tag.objects.create(dimension=dimension, name=name)
            _record("tag.created", tag, by, at)
    except IntegrityError as error:
        raise TagRefused(f"“{dimension.name}”已有标签“{name}”。") from error
    return tag


def rename_label(*, label: Dimension | Tag, name: str, by: Staff, at: datetime) -> Dimension | Tag:
    """Customers keep the label under its new name. Refuses a name on the deny list or in use."""
    _check(name)
    if name == label.name:
        return label
    old, label.name = label.name, name
    try:
        with transaction.atomic():
            label.save(update_fields=["name"])
            _record(f"{label._meta.model_name}.renamed", label, by, at, {"name": [old, name]})
    except IntegrityError as error:
        raise TagRefused(f"名称“{name}”已在使用。") from error
    return label


@transaction.atomic
def close_label(*, label: Dimension | Tag, on: date | None, by: Staff, at: datetime) -> Dimension | Tag:
    """Stop offering a label (``on``), or offer it again (None); customers that carry it keep it."""
    label.closed_on = on
    label.save(update_fields=["closed_on"])
    _record(f"{label._meta.model_name}.{'closed' if on else 'reopened'}", label, by, at)
    return label


def _check(name: str) -> None:
    if hit := rules.check_label(name):
        raise LabelRefused(hit)


def _record(action: str, label: Dimension | Tag, by: Staff, at: datetime, changes: dict[str, list[str]] | None = None) -> None:
    subject = audit.Subject(f"people.{label._meta.model_name}", label.pk, str(label))
    audit.record(action=action, by=by, at=at, subject=subject, changes=changes)
