"""What the notice after a move needs to take it back."""

from datetime import date, timedelta
from urllib.parse import urlencode

from django.core.signing import BadSignature, TimestampSigner
from django.urls import reverse

from keqing.followups.models import Reminder

SALT = "followups.move"
VALID = timedelta(hours=1)  # without a script the notice stands until the next page


class NotAMove(Exception):
    """The address is nobody's move of this reminder, or of long ago."""


def address_to_undo(*, moved: Reminder, former: date, back_to: str) -> str:
    """Where 撤销 posts to; empty when nothing moved. Signed, so that nobody invents a day the thing never stood on."""
    if moved.due_on == former:
        return ""
    signed = TimestampSigner(salt=SALT).sign(f"{moved.pk} {moved.version} {former}")
    return f"{reverse('followups:reminder_move_back', args=[moved.pk])}?{urlencode({'move': signed, 'next': back_to})}"


def read_move(*, reminder: Reminder, signed: str) -> tuple[int, date]:
    """The version the move made, and the day before it. Raises ``NotAMove``."""
    try:
        pk, version, former = TimestampSigner(salt=SALT).unsign(signed, max_age=VALID).split()
    except BadSignature as error:
        raise NotAMove from error
    if int(pk) != reminder.pk:
        raise NotAMove
    return int(version), date.fromisoformat(former)
