"""What the administrative actions share: refusals, subjects, recording changed fields, the last administrator."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.db import models

from keqing.access.models import Position, Staff, TerritoryRule
from keqing.access.standing import roles
from keqing.audit import actions as audit
from keqing.audit.actions import Subject

M = TypeVar("M", bound=models.Model)


class AdminRefused(Exception):
    """The change cannot be made; the text is for the user."""


class Stale(AdminRefused):
    """Somebody else saved in between; ``theirs`` holds the stored row."""

    def __init__(self, theirs: Any) -> None:
        super().__init__("这条记录刚被别人改过，请核对后再保存。")
        self.theirs = theirs


def subject_of(record: models.Model) -> Subject:
    name = f"{record.division} → {record.position}" if isinstance(record, TerritoryRule) else str(record)
    return Subject(record._meta.label_lower, record.pk, name)


def locked(record: M) -> M:
    """The stored row, locked for this transaction; ``Stale`` when it is not the version the user saw."""
    # _meta, not type(): request.user is a lazy wrapper
    stored = record._meta.model._default_manager.select_for_update().get(pk=record.pk)
    if stored.version != record.version:  # type: ignore[attr-defined]
        raise Stale(stored)
    return stored


def take_over(record: models.Model, values: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Set changed values; returns before and after of each as the audit shows them."""
    changes: dict[str, list[Any]] = {}
    for name, value in values.items():
        old = getattr(record, name)
        if old != value:
            changes[name] = [_plain(old), _plain(value)]
            setattr(record, name, value)
    return changes


def keep(record: models.Model, fields: list[str]) -> None:
    """Save changed fields as the record's next version."""
    record.version += 1  # type: ignore[attr-defined]
    record.save(update_fields=[*fields, "version"])


def note_review(*, by: Staff, at: datetime, rows: int) -> None:
    """The list of unused rights left the house as a file."""
    audit.record(action="grants.exported", by=by, at=at, changes={"rows": rows})


def require_security_admin() -> None:
    """Refuse what would leave nobody to look after staff and rights; call it last in the transaction."""
    keepers = [key for key, role in roles().items() if "staff.manage" in role.words]
    if not Position.objects.current().filter(role__in=keepers, holder__is_active=True).exists():
        raise AdminRefused("这样一来就没有安全管理员了：请先任命另一位，再做这一步。")


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | bool | list) else str(value)
