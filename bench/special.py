"""Cases that are more than a page fetched many times."""

import base64
import gzip
import json
import re
from typing import Any

from bench import client
from bench.client import Request
from bench.world import World

PAGE = 50


def deep_page(world: World, seconds: float) -> dict[str, Any]:
    """Page 10,000 of the general manager's list, or the last one, against the first: both through the keyset."""
    total = int(world.at.rows("select count(*) from people_organisation where deleted_at is null")[0][0])
    number = min(10_000, total // PAGE - 1)
    row = world.at.rows(
        "select last_activity_at, id from people_organisation where deleted_at is null "
        "order by last_activity_at desc, id desc offset %s limit 1", PAGE * (number - 1) - 1
    )[0]
    cursor = json.dumps(["-activity", row[0].isoformat(), str(row[1])]).encode()
    after = base64.urlsafe_b64encode(cursor).decode().rstrip("=")
    deep = Request(f"/customers/all/?after={after}", expect='rel="prev"')
    person = world.person("gm")
    first = client.measure(person, world.list_page("gm"), seconds=0)
    timing = client.measure(person, [deep], seconds=0, statements=world.at.statements)
    return {
        "page": number, "first": round(first.p50, 1), "p50": round(timing.p50, 1), "p95": round(timing.p95, 1),
        "statements": round(timing.statements or 0, 1), "factor": round(timing.p50 / first.p50, 2),
    }


def first_visit(world: World, seconds: float) -> dict[str, Any]:
    """What a browser that was never here loads for the list: the page and what it names, compressed."""
    person = world.person("rep")
    connection = person.connection()
    page = person.send(connection, Request("/customers/all/"))
    kinds = {"html": len(gzip.compress(page.body, 6)), "css": 0, "js": 0, "other": 0}
    html_raw = len(page.body)
    waiting = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
    seen: set[str] = set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        response = connection.getresponse()
        body = response.read()
        kind = "css" if path.endswith(".css") else "js" if path.endswith(".js") else "other"
        kinds[kind] += len(body)
        plain = gzip.decompress(body) if response.getheader("Content-Encoding") == "gzip" else body
        if kind == "js":
            # modules loaded at once; those behind import(...) come when they are wanted
            for name in re.findall(r'(?:\bfrom|\bimport)\s*"\./([^"]+)"', plain.decode()):
                waiting.append(path.rsplit("/", 1)[0] + "/" + name)
    return {
        **{f"{kind}_kb": round(size / 1024, 1) for kind, size in kinds.items()}, "files": len(seen) + 1,
        "total_kb": round(sum(kinds.values()) / 1024, 1), "html_raw_kb": round(html_raw / 1024, 1),
    }


def report_pages(world: World, seconds: float) -> dict[str, Any]:
    return {"missing": "there is no report page yet"}


def exports(world: World, seconds: float) -> dict[str, Any]:
    return {"missing": "there is no export yet"}


def imports(world: World, seconds: float) -> dict[str, Any]:
    return {"missing": "not measured yet"}
