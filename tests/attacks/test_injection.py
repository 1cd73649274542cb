"""T37: statements, conditions and orders smuggled into the parameters of lists are text, nothing else."""

import re
from typing import Any

import pytest
from django.db import connection

from tests.attacks.world import Opening, World, ask, offer_of, openings

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300), pytest.mark.proves("T37")]
PAYLOADS = [
    "'", "''", '"', "\\", "' OR '1'='1", "' OR 1=1--", '" OR 1=1--', "') OR ('1'='1", "1 OR 1=1", "1; SELECT pg_sleep(90)", "'; SELECT pg_sleep(90)--",
    "' || pg_sleep(90) || '", "1 AND (SELECT 1 FROM pg_sleep(90)) IS NULL", "(SELECT pg_sleep(90))", "1); SELECT pg_sleep(90);--",
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
# far longer than a statement of a list takes on a busy machine, and far shorter than the sleep that is smuggled in
STATEMENT_LIMIT = "30s"
# what stands in our own statements for reasons of its own: names of columns, single signs
TELLING = [payload for payload in PAYLOADS if len(payload) >= 8 and not re.fullmatch(r"[\w-]+", payload)]


@pytest.fixture(scope="module", autouse=True)
def sleepless(world: World) -> None:
    """PostgreSQL ends every statement that sleeps: a payload that ran is an error, and no clock of ours is asked."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = '{STATEMENT_LIMIT}'")


@pytest.fixture(scope="module")
def lists(world: World) -> list[tuple[Opening, list[str]]]:
    """Pages with something to filter or sort by, and the names of their parameters."""
    found = []
    for opening in openings(world):
        if "G" in opening.door.methods:
            offer = offer_of(world, opening)
            names = sorted({*offer.queries, *(name for name in offer.fields if opening.door.methods == "G")})
            if {"sort", "preset", "size", "after"} & set(names):
                found.append((opening, sorted({*names, *COMMON})))
    return found


def inject(world: World, opening: Opening, sent: dict[str, str], wrong: list[str]) -> None:
    reply = ask(world.clients[opening.who], "G", opening.url, sent)
    if reply.status >= 500 or SECRETS.search(reply.body):
        wrong.append(f"{opening} {sent}: {reply.status}")
    if [sql for sql, _ in reply.written if "session" not in sql and "access_cardrate" not in sql]:
        wrong.append(f"{opening} {sent} wrote {reply.written}")
    # values travel apart from statements: what is found in one was put there by us, whether it did anything or not
    for payload in {value for value in sent.values() if value in TELLING}:
        wrong += [f"{opening} {sent} stands in {sql[:300]}" for sql in reply.statements if payload in sql]


def note(figure: Any, lists: int, parameters: int, requests: int, wrong: list[str]) -> None:
    figure("列表", lists)
    figure("参数", parameters)
    figure("注入内容", len(PAYLOADS))
    figure("请求", requests)
    figure("出错、泄漏或成了语句", len(wrong))
    assert not wrong, "\n".join(wrong)
    assert lists >= 10 and len(PAYLOADS) >= 50


def test_no_parameter_of_a_list_is_more_than_text(world: World, lists: list[tuple[Opening, list[str]]], figure: Any):
    """Payloads in all parameters at once, and in those that order the rows one of their own; each at every eighth list."""
    wrong: list[str] = []
    requests = parameters = 0
    for number_of_list, (opening, names) in enumerate(lists):
        share = PAYLOADS[number_of_list % 8:: 8]
        for payload in share:
            inject(world, opening, dict.fromkeys(names, payload), wrong)
        alone = [name for name in names if name in ORDERING]
        for number, name in enumerate(alone):
            inject(world, opening, {name: PAYLOADS[(parameters + number) % len(PAYLOADS)]}, wrong)
        requests += len(share) + len(alone)
        parameters += len(names)
    note(figure, len(lists), parameters, requests, wrong)


def test_unknown_orders_and_presets_are_refused_and_foreign_parameters_ignored(world: World, lists: list[tuple[Opening, list[str]]]):
    """Chat programs and mail add parameters of their own to a link (code, utm_source): it must still open."""
    wrong, ordered = [], 0
    for opening, _names in lists:
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
def test_no_payload_in_any_parameter_of_any_list_is_more_than_text(world: World, lists: list[tuple[Opening, list[str]]], figure: Any):
    wrong: list[str] = []
    requests = parameters = 0
    for opening, names in lists:
        for name in names:
            for payload in PAYLOADS:
                inject(world, opening, {name: payload}, wrong)
        requests += len(PAYLOADS) * len(names)
        parameters += len(names)
    note(figure, len(lists), parameters, requests, wrong)
