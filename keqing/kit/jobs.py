"""Background work: ``@task`` marks a function, ``defer`` asks for one run of it.

The queue is a table of our own database, and ``defer`` writes on Django's connection: the request for a run
commits with the change that needs it, or not at all. A task takes ids, loads what it needs and calls one action.

    @task
    def check_import(*, import_id: int) -> None: ...

    defer(check_import, import_id=7)

    @periodic(cron="0 3 * * *")
    def seal_audit() -> None: ...

Tests run what was asked for with ``run_waiting()``.
"""

import functools
import json
from collections.abc import Callable
from typing import Any

from django.db import close_old_connections, connection
from procrastinate.contrib.django import app
from procrastinate.tasks import Task

Work = Callable[..., None]


def task(work: Work) -> Work:
    """Register a keyword-only function as background work under its dotted name."""
    name = _name(work)

    @app.task(name=name)
    @functools.wraps(work)
    def run(**arguments: Any) -> None:
        _with_fresh_connection(work, arguments)

    return work


def periodic(*, cron: str) -> Callable[[Work], Work]:
    """Register a function without arguments to run at the times of ``cron`` (UTC), once over all workers."""

    def door(work: Work) -> Work:
        @app.periodic(cron=cron)
        @app.task(name=_name(work), pass_context=False)
        @functools.wraps(work)
        def run(timestamp: int) -> None:
            _with_fresh_connection(work, {})

        return work

    return door


def defer(work: Work, /, **arguments: Any) -> int:
    """Ask for one run of ``work``; part of the caller's transaction. Returns the number of the request."""
    return app.configure_task(_name(work)).defer(**arguments)


def run_waiting() -> int:
    """Run what waits, here and now, and forget it; returns how many ran. For tests."""
    count = 0
    while waiting := _take_next():
        name, arguments = waiting
        found: Task[Any, Any, Any] = app.tasks[name]
        found.func(**arguments)
        count += 1
    return count


def _take_next() -> tuple[str, dict[str, Any]] | None:
    with connection.cursor() as cursor:
        cursor.execute("select id, task_name, args from procrastinate_jobs where status = 'todo' order by id limit 1")
        row = cursor.fetchone()
        if row is None:
            return None
        cursor.execute("delete from procrastinate_jobs where id = %s", [row[0]])
    return row[1], row[2] if isinstance(row[2], dict) else json.loads(row[2])


def _with_fresh_connection(work: Work, arguments: dict[str, Any]) -> None:
    """A worker lives long: a connection the server closed in between is replaced, as for web requests."""
    _let_go()
    try:
        work(**arguments)
    finally:
        _let_go()


def _let_go() -> None:
    # inside a transaction (a test's) the connection is somebody else's
    if not connection.in_atomic_block:
        close_old_connections()


def _name(work: Work) -> str:
    return f"{work.__module__}.{work.__qualname__}"
