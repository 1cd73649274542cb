"""Progress that others can see while the work's own transaction is still open."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, connections

from keqing.interchange.models import RUN_LOCK, Import

EVERY_SECONDS = 0.4


class Cancelled(Exception):
    """The user asked to stop."""


class Progress:
    """Writes how far the work is, on a connection of its own, and hears of a wish to cancel."""

    def __init__(self, *, import_id: int) -> None:
        self._id = import_id
        self.total = 0
        self._last = 0.0
        self._connection: Any = None

    def __call__(self, done: int) -> None:
        """So many rows are done. Raises ``Cancelled`` when the user asked for it."""
        if time.monotonic() - self._last < EVERY_SECONDS:
            return
        self._last = time.monotonic()
        if self._write(done):
            raise Cancelled

    def _write(self, done: int) -> bool:
        if self._connection is None:
            # an alias of its own would need a second entry in DATABASES, and tests a second database
            self._connection = connections.create_connection(connection.alias)
            self._connection.inc_thread_sharing()
        with self._connection.cursor() as cursor:
            cursor.execute(
                "update interchange_import set progress_done = %s, progress_total = %s where id = %s"
                " returning cancel_asked_at is not null",
                [done, self.total, self._id],
            )
            row = cursor.fetchone()
        return bool(row and row[0])

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@contextmanager
def progress_of(batch: Import) -> Iterator[Progress]:
    progress = Progress(import_id=batch.pk)
    try:
        yield progress
    finally:
        progress.close()


@contextmanager
def uncollected() -> Iterator[None]:
    """An import makes a million small objects and hardly a cycle: looking through them again and again is a fifth of its time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@contextmanager
def only_one(import_id: int) -> Iterator[bool]:
    """Whether we are the only ones at work on this import. A dead worker's connection lets go by itself."""
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(%s, %s)", [RUN_LOCK, import_id])
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine and not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_unlock(%s, %s)", [RUN_LOCK, import_id])
