"""Where the time of a page goes: the same requests in this process, once by the clock and once under the profiler."""

import cProfile
import pstats
import statistics
import time
from collections import Counter
from typing import Any

from bench.client import Request
from bench.world import World

ASKED = 20
CASES = {
    "i": World.list_page, "ii": World.filtered, "iii": World.searched, "iv": World.pages, "vi-24": World.months_24, "today": World.today,
}
# the first that is part of the file's path
LAYERS = (
    ("psycopg", "database"), ("django/db/backends", "database"), ("django/db", "ORM"), ("django/template", "templates"),
    ("django_cotton", "templates"), ("template_partials", "templates"), ("keqing/", "product"),
)
NAMES = ("database", "ORM", "templates", "product", "rest")


def where(world: World, seconds: float) -> dict[str, Any]:
    """Share of each layer in the time of a request, by its own time; what C does counts for who called it."""
    return {"shares": {f"{case} {role}": _shares(world, case, role) for case in CASES for role in ("rep", "gm")}}


def _shares(world: World, case: str, role: str) -> dict[str, float]:
    from django.test import Client

    from keqing.access.models import Staff

    person = Client(headers={"host": "localhost"})
    person.force_login(Staff.objects.get(login_name=world.logins[role]))
    requests = CASES[case](world, role)
    asked: list[Request] = [requests[number % len(requests)] for number in range(ASKED)]
    times, profiler = [], cProfile.Profile()
    for one in asked:
        person.get(one.path)
    for one in asked:
        begun = time.perf_counter()
        answer = person.get(one.path)
        times.append((time.perf_counter() - begun) * 1000)
        if answer.status_code != 200:
            raise ValueError(f"{one.path} answered {answer.status_code}")
    profiler.enable()
    for one in asked:
        person.get(one.path)
    profiler.disable()
    stats: Any = pstats.Stats(profiler)
    own: Counter[str] = Counter()
    for (file, _line, _name), (_calls, _all, taken, _below, callers) in stats.stats.items():
        if file == "~" or file.startswith("<"):
            for (caller, _at, _by), figures in callers.items():
                own[_layer(caller)] += figures[2]
        else:
            own[_layer(file)] += taken
    whole = sum(own.values())
    shares = {name: round(100 * own[name] / whole) for name in NAMES}
    return {"ms": round(statistics.median(times), 1), "calls": round(stats.total_calls / ASKED), **shares}


def _layer(file: str) -> str:
    path = file.replace("\\", "/")
    return next((name for part, name in LAYERS if part in path), "rest")
