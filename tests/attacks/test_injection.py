"""T37: statements, conditions and orders smuggled into the parameters of lists are text, nothing else."""

import re
import time
from statistics import median
from typing import Any

import pytest

from tests.attacks.world import Opening, World, ask, offer_of, openings

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300), pytest.mark.proves("T37")]
PAYLOADS = [
    "'", "''", '"', "\\", "' OR '1'='1", "' OR 1=1--", '" OR 1=1--', "') OR ('1'='1", "1 OR 1=1", "1; SELECT pg_sleep(2)", "'; SELECT pg_sleep(2)--",
    "' || pg_sleep(2) || '", "1 AND (SELECT 1 FROM pg_sleep(2)) IS NULL", "(SELECT pg_sleep(2))", "1); SELECT pg_sleep(2);--",
    "'; DROP TABLE people_organisation;--", "'; UPDATE access_staff SET is_active=false;--", "' UNION SELECT NULL--",
    "' UNION SELECT login_name,password FROM access_staff--", "1 UNION ALL SELECT version()", "name; DELETE FROM people_person", "name, (SELECT 1)",
    "name DESC NULLS LAST", "CASE WHEN (1=1) THEN name ELSE code END", "(CASE WHEN 1=1 THEN 1 ELSE 1/0 END)", "1/0", "1e1000", "0x41", "%27", "%' OR '1'='1",
    "_%", "%%", "$$x$$", "E'\\x41'", "U&'\\0061'", "::int", "'::text::int", "-password", "password", "holder__password", "owner_position__holder__password",
    "-owner_position__holder__login_name", "created_by__password", "pk__gte", "id__in", "name__regex", "__class__", "?", "random()", "-pk,password",
    "{\"$gt\": \"\"}", "[]", "{{7*7}}", "${7*7}", "%(name)s", "%s", "{0.__class__}", ")(|(uid=*", "*)(objectClass=*", "甲' OR name LIKE '%",
]
COMMON = ("q", "sort", "after", "before", "preset", "size", "count", "letter", "cols", "page", "id", "selected")
ORDERING = {"q", "sort", "after", "before", "preset", "letter", "cols"}
SECRETS = re.compile(r"pbkdf2_|md5\$|argon2|PostgreSQL \d")
SLEEP_SHOWS = 1.5


def lists_of(world: World) -> list[tuple[Opening, list[str]]]:
    """Pages with something to filter or sort by, and the names of their parameters."""
    found = []
    for opening in openings(world):
        if "G" in opening.door.methods:
            offer = offer_of(world, opening)
            names = sorted({*offer.queries, *(name for name in offer.fields if opening.door.methods == "G")})
            if {"sort", "preset", "size", "after"} & set(names):
                found.append((opening, sorted({*names, *COMMON})))
    return found


def inject(world: World, opening: Opening, sent: dict[str, str], usual: float, wrong: list[str]) -> None:
    began = time.perf_counter()
    reply = ask(world.clients[opening.who], "G", opening.url, sent)
    seconds = time.perf_counter() - began
    if reply.status >= 500 or SECRETS.search(reply.body):
        wrong.append(f"{opening} {sent}: {reply.status}")
    if [sql for sql, _ in reply.written if "session" not in sql and "access_cardrate" not in sql]:
        wrong.append(f"{opening} {sent} wrote {reply.written}")
    if seconds > max(3 * usual, SLEEP_SHOWS):
        wrong.append(f"{opening} {sent} took {seconds:.2f} s, usually {usual:.2f} s")


def usual_time(world: World, opening: Opening) -> float:
    times = []
    for _ in range(3):
        began = time.perf_counter()
        ask(world.clients[opening.who], "G", opening.url)
        times.append(time.perf_counter() - began)
    return median(times)


def note(figure: Any, lists: int, parameters: int, requests: int, wrong: list[str]) -> None:
    figure("列表", lists)
    figure("参数", parameters)
    figure("注入内容", len(PAYLOADS))
    figure("请求", requests)
    figure("出错、泄漏或变慢", len(wrong))
    assert not wrong, "\n".join(wrong)
    assert lists >= 10 and len(PAYLOADS) >= 50


def test_no_parameter_of_a_list_is_more_than_text(world: World, figure: Any):
    """Payloads in all parameters at once, and in those that order the rows one of their own; each at every fifth list."""
    wrong: list[str] = []
    lists, requests, parameters = lists_of(world), 0, 0
    for number_of_list, (opening, names) in enumerate(lists):
        usual = usual_time(world, opening)
        share = PAYLOADS[number_of_list % 5:: 5]
        for payload in share:
            inject(world, opening, dict.fromkeys(names, payload), usual, wrong)
        alone = [name for name in names if name in ORDERING]
        for number, name in enumerate(alone):
            inject(world, opening, {name: PAYLOADS[(parameters + number) % len(PAYLOADS)]}, usual, wrong)
        requests += len(share) + len(alone)
        parameters += len(names)
    note(figure, len(lists), parameters, requests, wrong)


def test_unknown_orders_and_presets_are_refused_and_foreign_parameters_ignored(world: World):
    """Chat programs and mail add parameters of their own to a link (code, utm_source): it must still open."""
    wrong, ordered = [], 0
    for opening, _names in lists_of(world):
        client = world.clients[opening.who]
        if "sort" in offer_of(world, opening).queries:
            ordered += 1
            for asked in ("password", "-owner_position__holder__password", "pk", "name__regex", "?"):
                if (status := ask(client, "G", opening.url, {"sort": asked}).status) != 400:
                    wrong.append(f"{opening} sort={asked}: {status}")
            if (status := ask(client, "G", opening.url, {"preset": "nothing"}).status) != 400:
                wrong.append(f"{opening} preset: {status}")
        if (status := ask(client, "G", opening.url, {"utm_source": "x", "code": "1", "state": "y", "from_app": "z"}).status) != 200:
            wrong.append(f"{opening} foreign parameters: {status}")
    assert not wrong, "\n".join(wrong)
    assert ordered >= 8


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_no_payload_in_any_parameter_of_any_list_is_more_than_text(world: World, figure: Any):
    wrong: list[str] = []
    lists, requests, parameters = lists_of(world), 0, 0
    for opening, names in lists:
        usual = usual_time(world, opening)
        for name in names:
            for payload in PAYLOADS:
                inject(world, opening, {name: payload}, usual, wrong)
        requests += len(PAYLOADS) * len(names)
        parameters += len(names)
    note(figure, len(lists), parameters, requests, wrong)
