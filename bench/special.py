"""Cases that are more than a page fetched many times."""

import base64
import gzip
import json
import os
import re
import statistics
import time
from pathlib import Path
from typing import Any

from bench import client, targets
from bench.client import Request
from bench.world import World

PAGE = 50
AT_ONCE, EXPORT_TIMES = 10_000, 6
IMPORTED, PATIENCE = 10_000, 300


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


def exports(world: World, seconds: float) -> dict[str, Any]:
    """10,000 customers of one kind as CSV and as xlsx, at once; all customers as a job of the worker."""
    person = world.person("gm")
    found = world.at.rows(
        "select kind, province, n from (select kind, '' as province, count(*) as n from people_organisation where deleted_at is null "
        "group by 1 union all select kind, left(region_id, 2) || '0000', count(*) from people_organisation where deleted_at is null "
        "and region_id is not null group by 1, 2) counted where n <= %s order by n desc limit 1", AT_ONCE
    )
    if not found:
        return {"missing": "neither a kind nor a kind in a province has at most 10,000 customers in this data"}
    kind, province, rows = found[0]
    query = f"province={province}" if province else ""
    lines, roles = [], {}
    for name, limit in (("csv", "200 ms"), ("xlsx", "800 ms")):
        form = _order(f"customers:{kind}", name, query)
        connection, times, firsts, size = person.connection(), [], [], 0
        for number in range(EXPORT_TIMES):
            answer = person.send(connection, Request("/exports/new/", form=form))
            if "attachment" not in answer.headers.get("content-disposition", ""):
                raise client.WrongAnswer(f"no file: {answer.text[:1000]}")
            if number:
                times.append(answer.ms)
                firsts.append(answer.first_byte_ms)
            else:  # the first one warms up
                world.at.statements(True)
            size = len(answer.body)
        asked = world.at.statements(False)[0] / (EXPORT_TIMES - 1)
        roles[name] = {"p50": round(statistics.median(times)), "first": round(statistics.median(firsts)), "rows": rows, "statements": round(asked, 1)}
        lines.append(
            f"{rows:,} customers to {name}: {roles[name]['p50']} ms (≤ {limit}), first byte after {roles[name]['first']} ms, "
            f"{asked:.0f} statements (≤ 10), {size / 1024:.0f} KB"
        )
    return {"files": roles, "lines": [*lines, *_large_export(world)]}


def _large_export(world: World) -> list[str]:
    """Everything the general manager sees, up to the workload's number of rows, as the worker makes it."""
    total = int(world.at.rows("select count(*) from people_organisation where deleted_at is null")[0][0])
    if total > targets.EXPORT_ROWS * 1.01:
        return []
    person = world.person("gm")
    with world.at.peak_of("manage.py worker") as peak:
        begun = time.monotonic()
        answer = person.send(person.connection(), Request("/exports/new/", form=_order("customers:all", "csv"), status=(302, 303, 200)))
        if answer.status == 200:
            return []
        pk = int(answer.headers["location"].rstrip("/").rsplit("/", 1)[1])
        state = _wait(world, "exports_export", pk, ("queued", "running", "waiting"))
        took = time.monotonic() - begun
    return [
        f"{total:,} customers to CSV as a job: {took:.1f} s (≤ {targets.EXPORT_SECONDS}), {state}, "
        f"worker at most {peak.mb:.0f} MB (≤ {targets.EXPORT_MB})"
    ]


def _order(key: str, kind: str, query: str = "") -> dict[str, str]:
    return {"list": key, "query": query, "format": kind, "columns": "shown", "encoding": "utf-8-sig", "reason": "bench", "form_key": "<key>"}


def imports(world: World, seconds: float) -> dict[str, Any]:
    """A file of 10,000 new hospitals by the area manager: uploaded, every row checked for duplicates, written, taken back."""
    person, run = world.person("manager"), int(time.time())
    head = "医院名称,省份,城市,区县,地址,电话,医院等级,床位\r\n"
    place = ",".join(world.place)
    body = "".join(
        f"广州样本{run}第{number}医院,{place},样本路{number}号,020-{80000000 + number},二级甲等,{100 + number % 900}\r\n"
        for number in range(IMPORTED)
    )
    world.at.statements(True)
    begun = time.monotonic()
    upload = person.upload(
        "/imports/new/", {"kind": "organisation-hospital"}, name=f"bench-{run}.csv", content=("\ufeff" + head + body).encode()
    )
    pk = int(upload.headers["location"].rstrip("/").rsplit("/", 1)[1])
    uploaded = time.monotonic()
    page = person.send(person.connection(), Request(f"/imports/{pk}/"))
    person.send(person.connection(), Request(f"/imports/{pk}/check/", form=_filled_form(page.text, "/check/"), status=(302, 303)))
    state = _wait(world, "interchange_import", pk, ("uploaded", "checking"))
    checked = time.monotonic()
    if state != "checked":
        return {"missing": f"the check ended as {state}"}
    person.send(person.connection(), Request(f"/imports/{pk}/apply/", form={}, status=(302, 303)))
    state = _wait(world, "interchange_import", pk, ("checked", "queued", "running"))
    done = time.monotonic()
    asked = world.at.statements(False)[0] / IMPORTED
    made = int(world.at.rows("select count(*) from people_organisation where name like %s", f"广州样本{run}第%")[0][0])
    person.send(person.connection(), Request(f"/imports/{pk}/undo/", form={}, status=(302, 303)))
    _wait(world, "interchange_import", pk, ("done", "undoing"))
    total = (done - begun) * 1000
    return {
        "total_ms": round(total), "state": state, "made": made, "statements": round(asked, 3),
        "lines": [
            f"import of {IMPORTED:,} new customers, {made:,} made: {total:,.0f} ms (≤ 5,000): upload {(uploaded - begun) * 1000:,.0f}, "
            f"check {(checked - uploaded) * 1000:,.0f}, write {(done - checked) * 1000:,.0f}; {asked:.3f} statements a row (≤ 0.05)"
        ],
    }


def hospitals(world: World, seconds: float) -> dict[str, Any]:
    """The real list of hospitals, when ``BENCH_HOSPITALS`` says where it lies: uploaded and every row checked for duplicates."""
    path = Path(os.environ.get("BENCH_HOSPITALS", ""))
    if not path.is_file():
        return {"missing": "BENCH_HOSPITALS names no file"}
    person = world.person("manager")
    with world.at.peak_of("manage.py worker") as peak:
        begun = time.monotonic()
        upload = person.upload("/imports/new/", {"kind": "organisation-hospital"}, name=path.name, content=path.read_bytes())
        pk = int(upload.headers["location"].rstrip("/").rsplit("/", 1)[1])
        page = person.send(person.connection(), Request(f"/imports/{pk}/"))
        person.send(person.connection(), Request(f"/imports/{pk}/check/", form=_filled_form(page.text, "/check/"), status=(302, 303)))
        state = _wait(world, "interchange_import", pk, ("uploaded", "checking"))
        took = time.monotonic() - begun
    counts = world.at.rows("select counts from interchange_import where id = %s", pk)[0][0]
    person.send(person.connection(), Request(f"/imports/{pk}/cancel/", form={}, status=(302, 303)))
    return {
        "seconds": round(took, 1), "state": state, "rows": counts.get("total", 0), "mb": round(peak.mb),
        "lines": [
            f"real list of {counts.get('total', 0):,} hospitals, {state}, every row looked for among the customers: {took:.1f} s "
            f"(≤ {targets.HOSPITALS_SECONDS}), worker at most {peak.mb:.0f} MB (≤ {targets.HOSPITALS_MB})"
        ],
    }


def night(world: World, seconds: float) -> dict[str, Any]:
    """The first night over all customers, every one of them looked at and most told of; taken back when it was measured."""
    from django.db import connection, transaction
    from django.utils import timezone

    from keqing.playbooks.actions.nightly import generate
    from keqing.playbooks.models import Notice, Round

    world.at.statements(True)
    with transaction.atomic():
        Round.objects.filter(night_on__gte=world.at.today).delete()  # the bench says it was had
        begun = time.monotonic()
        found = generate(day=world.at.today, now=timezone.now)
        took = time.monotonic() - begun
        told = Notice.objects.filter(made_on=found.night_on).count()
        transaction.set_rollback(True)
    asked, database_ms = world.at.statements(False)
    with connection.cursor() as cursor:  # what was taken back lies in the tables until then
        cursor.execute("vacuum analyze people_organisation, followups_reminder, playbooks_notice, playbooks_enrolment, playbooks_steprun")
    million = took / found.seen * 1_000_000
    return {
        "customers": found.seen, "reminders": told, "seconds": round(took, 1), "seconds_a_million": round(million),
        "lines": [
            f"first night over {found.seen:,} customers: {told:,} reminders, {took:.1f} s ({database_ms / 1000:.1f} s in the database), "
            f"{asked:,.0f} statements; {million:.0f} s for a million customers (≤ {targets.NIGHT_SECONDS})"
        ],
    }


def _wait(world: World, table: str, pk: int, while_in: tuple[str, ...]) -> str:
    state = while_in[0]
    for _ in range(PATIENCE * 20):
        state = str(world.at.rows(f"select state from {table} where id = %s", pk)[0][0])  # noqa: S608 our own names
        if state not in while_in:
            break
        time.sleep(0.05)
    return state


def _filled_form(page: str, action: str) -> dict[str, str]:
    """What a browser would send of the form with this action as it was drawn."""
    form = page[page.index(f'{action}"') :]
    form = form[: form.index("</form>")]
    found = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    for name, inner in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)"[^>]* selected', inner)
        found[name] = chosen.group(1) if chosen else ""
    found.pop("csrfmiddlewaretoken", None)
    return found
