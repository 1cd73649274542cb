"""Silence where refusals are what is asked for."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

REFUSALS = "django.request"


@contextmanager
def refusals_unlogged() -> Iterator[None]:
    """Thousands of requests that must be refused: a traceback written for each takes longer than the refusal."""
    log = logging.getLogger(REFUSALS)
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)
