"""Signing in and passwords (T48): five tries in fifteen minutes, the same answer and work for every name."""

import hashlib
from datetime import datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from keqing.access.actions.common import keep, subject_of
from keqing.access.models import SignInTries, Staff
from keqing.audit import actions as audit

TRIES = 5
WINDOW = timedelta(minutes=15)
WRONG = "登录名或密码不对。连续输错 5 次，这个登录名将锁定 15 分钟。"
LOCKED = "尝试次数过多，这个登录名已锁定，请 15 分钟后再试，或请安全管理员重置密码。"
# Django's own catalogue lacks some of these in Chinese
PROBLEMS = {
    "password_too_short": "密码太短，至少 10 位。",
    "password_too_common": "这个密码太常见，容易被猜到。",
    "password_entirely_numeric": "密码不能全是数字。",
    "password_too_similar": "密码与登录名或姓名太相似。",
}
TOO_WEAK = "这个密码不够安全，请换一个。"


class SignInRefused(Exception):
    """Not let in; the text is for the user and the same whether the name exists or not."""


class PasswordRefused(Exception):
    """The password stays; ``problems`` by form field."""

    def __init__(self, problems: dict[str, list[str]]) -> None:
        super().__init__("密码没有修改。")
        self.problems = problems


def sign_in(*, login_name: str, password: str, at: datetime, address: str = "") -> Staff:
    """The person with this name and password. Effects: tries counted or forgotten, one audit entry.

    Refuses wrong pairs, people who left, and a name with five failures in a quarter of an hour.
    """
    staff, refusal = _try(login_name, password, at, address)
    if staff is None:
        raise SignInRefused(refusal)
    return staff


def forget_tries(*, login_name: str) -> None:
    SignInTries.objects.filter(pk=_key(login_name)).update(failed=0, locked_until=None)


@transaction.atomic
def sign_out(*, staff: Staff, at: datetime, address: str = "") -> None:
    audit.record(action="session.ended", by=staff, at=at, subject=subject_of(staff), address=address)


@transaction.atomic
def change_password(*, staff: Staff, old: str, new: str, at: datetime, address: str = "") -> Staff:
    """A person sets their own password. Other sessions of theirs end. Refuses a wrong old one and a weak new one."""
    stored = Staff.objects.select_for_update().get(pk=staff.pk)
    if not stored.check_password(old):
        raise PasswordRefused({"old": ["现在的密码不对。"]})
    if old == new:
        raise PasswordRefused({"new": ["新密码不能与现在的相同。"]})
    try:
        validate_password(new, stored)
    except ValidationError as error:
        raise PasswordRefused({"new": problems_of(error)}) from error
    stored.set_password(new)
    stored.must_change_password = False
    keep(stored, ["password", "must_change_password"])
    audit.record(action="staff.password_changed", by=stored, at=at, subject=subject_of(stored), address=address)
    return stored


def problems_of(error: ValidationError) -> list[str]:
    """What is wrong with a new password, in Chinese."""
    return [PROBLEMS.get(each.code, TOO_WEAK) for each in error.error_list]


@transaction.atomic
def _try(login_name: str, password: str, at: datetime, address: str) -> tuple[Staff | None, str]:
    # failures must be kept, so refusals leave this transaction as values, not exceptions
    SignInTries.objects.filter(first_failed_at__lt=at - timedelta(days=1)).delete()
    tries = _tries_of(_key(login_name), at)
    staff = Staff.objects.filter(login_name__iexact=login_name.strip()).first()
    right = _matches(staff, password)
    if tries.locked_until is not None and at < tries.locked_until:
        return None, LOCKED
    if staff is not None and right and staff.is_active:
        _forget(tries, at)
        audit.record(action="session.began", by=staff, at=at, subject=subject_of(staff), address=address)
        return staff, ""
    locked = _count_failure(tries, at)
    audit.record(
        action="session.locked" if locked else "session.refused", by=None, at=at, address=address,
        subject=subject_of(staff) if staff else audit.Subject("access.staff", None, "未知登录名"),
    )
    return None, LOCKED if locked else WRONG


def _tries_of(key: str, at: datetime) -> SignInTries:
    """The row of a name, held until the end: simultaneous guesses wait for each other and are all counted."""
    SignInTries.objects.bulk_create([SignInTries(pk=key, first_failed_at=at)], ignore_conflicts=True)
    return SignInTries.objects.select_for_update().get(pk=key)


def _forget(tries: SignInTries, at: datetime) -> None:
    # emptied, not deleted: somebody may be waiting for this row
    tries.failed, tries.first_failed_at, tries.locked_until = 0, at, None
    tries.save()


def _matches(staff: Staff | None, password: str) -> bool:
    if staff is None:
        make_password(password)  # as much work as for a name that exists
        return False
    return staff.check_password(password)


def _count_failure(tries: SignInTries, at: datetime) -> bool:
    if at - tries.first_failed_at >= WINDOW or not tries.failed:
        tries.failed, tries.first_failed_at = 0, at
    tries.failed += 1
    tries.locked_until = at + WINDOW if tries.failed >= TRIES else None
    tries.save()
    return tries.locked_until is not None


def _key(login_name: str) -> str:
    # hashed: people type their password into the wrong field
    return hashlib.sha256(login_name.strip().casefold().encode()).hexdigest()
