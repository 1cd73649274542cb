"""How long a sign-in lasts: half an hour without a request, twelve hours in all (T49)."""

import time
from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.base import SessionBase

BEGAN, SEEN = "began", "seen"
# noting every request would write a row for each page
NOTED_EVERY = 120


def begin_session(session: SessionBase, *, now: int) -> None:
    session[BEGAN] = session[SEEN] = now


def is_over(session: SessionBase, *, now: int) -> bool:
    """Whether a session has rested too long or is too old; one without marks is a leftover and is over."""
    began, seen = session.get(BEGAN), session.get(SEEN)
    if not isinstance(began, int) or not isinstance(seen, int):
        return True
    return now - seen > settings.SESSION_IDLE_SECONDS or now - began > settings.SESSION_COOKIE_AGE


def note_use(session: SessionBase, *, now: int) -> None:
    """Remember that the session is in use, at most every other minute."""
    if now - session[SEEN] >= NOTED_EVERY:
        session[SEEN] = now


def _signed_in(sender: Any, request: Any, **_: Any) -> None:
    begin_session(request.session, now=int(time.time()))


def connect() -> None:
    user_logged_in.connect(_signed_in, dispatch_uid="session-lifetime")
