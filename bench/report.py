"""docs/benchmarks.md, from the figures kept beside the data."""

import json
import os
import platform
from pathlib import Path
from typing import Any

from bench import least, profile, targets
from bench.sizes import SIZES
from bench.targets import TARGETS, Target
from bench.world import ROLES

MEETS, MISSES = "✓", "✗"


def line(found: dict[str, Any]) -> str:
    """One case in short, for the terminal."""
    if "roles" in found:
        return " · ".join(
            f"{role} {figures['p50']}/{figures['p95']} ms {figures.get('rps', '–')}/s {figures.get('statements', '–')} statements "
            f"{figures['size'] / 1024:.0f} KB, database {figures.get('database_ms')} ms"
            for role, figures in found["roles"].items()
        )
    return ", ".join(f"{key} {value}" for key, value in found.items() if key not in ("load", "at", "least", "web_mb"))


def write(var: Path, document: Path) -> None:
    """The document from whatever has been measured; cases not measured are said to be missing."""
    found = {
        size: json.loads((var / size / "results.json").read_text())
        for size in SIZES
        if size != "tiny" and (var / size / "results.json").exists()
    }
    parts = [_head()]
    for size, results in found.items():
        parts.append(_size(size, results))
    if "small" in found:
        parts += [_growth(found["small"], size, found[size]) for size in ("medium", "large") if size in found]
    document.write_text("\n\n".join(part for part in parts if part) + "\n", encoding="utf-8")


def _head() -> str:
    cpus = os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"""# Benchmarks

Written by `make bench`; not by hand. `BENCH=small|medium|large` chooses the data, `BENCH_CASES=i,iv` single cases (the
figures of the others stay as they were, each with its date).

Machine: {cpus} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}, Python {platform.python_version()}; server, database and
client on the same machine. Server as `make serve` starts it: gunicorn with 2 workers of 4 threads, debug off,
templates cached, and the background worker beside it. Client: 10 requests to warm up, 60 one after the other (p50 / p95),
then 8 clients in a closed loop for 15 seconds or BENCH_SECONDS (requests per second), spread over many ids. Statements are counted by
the database, without transaction control and connection checks. *Load* is the machine's load average just before the case: above 0.5
something else was running and the figures are too high.

*Least page* is the machine's pace: before and after each line the least Django page with a table of fifty rows (one
template, no database, no sign-in, the same kind of server) is asked {least.TIMES} times. It took {least.LEAST_MS} ms where the targets were set;
*at that pace* is the p50 by that measure. ✓ in brackets: only at that pace.

Figures of other products are p50 ms (requests/s) of the same request on the small data on a machine of this kind with
their recommended servers; their answers are JSON for a front end that still has to draw, ours is the finished page."""


def _size(size: str, results: dict[str, Any]) -> str:
    customers = SIZES[size]
    parts = [
        f"## {size.capitalize()} data: {customers:,} customers, {2 * customers:,} people, {10 * customers:,} contact records",
        _table(results, with_targets=size == "small"),
    ]
    if size == "small":
        parts.append(_peers())
    parts += [_others(size, results), _profile(results.get("profile"))]
    return "\n\n".join(part for part in parts if part)


def _table(results: dict[str, Any], *, with_targets: bool) -> str:
    rows = ["| case | who | p50 / p95 ms | least page | p50 at that pace | requests/s | statements | KB | target | | load, date |", "| --- " * 11 + "|"]
    for case, target in TARGETS.items():
        found = results.get(case)
        if not found or "roles" not in found:
            continue
        slowest = max(found["roles"], key=lambda role: found["roles"][role]["p50"])
        for role, figures in found["roles"].items():
            first = role == next(iter(found["roles"]))
            rows.append(
                f"| {f'**{case}** {target.title}' if first else ''} | {ROLES[role]}{' (slowest)' if role == slowest else ''} "
                f"| {figures['p50']} / {figures['p95']} | {figures.get('least', '–')} | {_paced(figures):.1f} "
                f"| {figures.get('rps', '–')} | {figures.get('statements', '–')} "
                f"| {figures['size'] / 1024:.0f} | {_wanted(target) if with_targets and first else ''} "
                f"| {_mark(figures, target) if with_targets else ''} | {found['load']}, {found['at'][:16]} |"
            )
    return "\n".join(rows)


def _paced(figures: dict[str, Any], name: str = "p50") -> float:
    """The figure as it would be where the least page takes ``LEAST_MS``; as it is where the pace was not measured."""
    return float(figures[name]) * least.LEAST_MS / figures.get("least", least.LEAST_MS)


def _wanted(target: Target) -> str:
    parts = []
    if target.p50 is not None or target.p95 is not None:
        parts.append(" / ".join(f"{value:g}" if value is not None else "–" for value in (target.p50, target.p95)))
    if target.rps is not None:
        parts.append(f"≥ {target.rps:g}/s")
    if target.statements is not None:
        parts.append(f"≤ {target.statements:g} statements")
    return ", ".join(parts)


def _mark(figures: dict[str, Any], target: Target) -> str:
    """✓, or what is missed; what is missed only because the machine is slower now stands in brackets."""
    said = []
    for name, limit in (("p50", target.p50), ("p95", target.p95)):
        if limit is not None and figures.get(name) is not None and figures[name] > limit:
            said.append(f"{MISSES} {name}" if _paced(figures, name) > limit else f"({MEETS} {name})")
    if target.statements is not None and figures.get("statements") is not None and figures["statements"] > target.statements:
        said.append(f"{MISSES} statements")
    if target.rps is not None and figures.get("rps") is not None and figures["rps"] < target.rps:
        slower = figures["rps"] * figures.get("least", least.LEAST_MS) / least.LEAST_MS < target.rps
        said.append(f"{MISSES} requests/s" if slower else f"({MEETS} requests/s)")
    return ", ".join(said) or MEETS


def _peers() -> str:
    head = f"| case | {' | '.join(targets.PEERS)} | bare SQL |"
    rows = [head, "| --- " * (len(targets.PEERS) + 2) + "|"]
    for case, target in TARGETS.items():
        if target.peers:
            rows.append(f"| {case} | {' | '.join(figure for _, figure in target.peers)} | {target.bare_sql} |")
    return "The same requests in other products, p50 ms (requests/s with 8 clients):\n\n" + "\n".join(rows)


def _check(holds: bool) -> str:
    return MEETS if holds else MISSES


def _others(size: str, results: dict[str, Any]) -> str:
    lines = []
    if found := results.get("memory"):
        lines.append(
            f"- Memory of the web server with its 2 workers after the run: {found['mb']} MB (≤ {targets.MEMORY_MB}) "
            f"{_check(found['mb'] <= targets.MEMORY_MB)}"
        )
    if found := results.get("deep"):
        lines.append(
            f"- Page {found['page']:,} of the list: {found['p50']} ms, page 1: {found['first']} ms, factor {found['factor']} "
            f"(≤ {targets.DEEP_FACTOR}) {_check(found['factor'] <= targets.DEEP_FACTOR)}"
        )
    if (found := results.get("weight")) and size == "small":
        holds = found["total_kb"] <= targets.FIRST_VISIT_KB and found["css_kb"] <= targets.CSS_KB and found["js_kb"] <= targets.JS_KB
        lines.append(
            f"- First visit of the list, compressed: {found['total_kb']} KB in {found['files']} files (≤ {targets.FIRST_VISIT_KB}); "
            f"CSS {found['css_kb']} (≤ {targets.CSS_KB}), JavaScript {found['js_kb']} (≤ {targets.JS_KB}), "
            f"page {found['html_kb']} ({found['html_raw_kb']} before compression, ≤ 120) {_check(holds and found['html_raw_kb'] <= 120)}"
        )
    for case in ("vii", "viii", "hospitals", "night"):
        lines += [f"- **{case}** {text}" for text in (results.get(case) or {}).get("lines", ())]
        if missing := (results.get(case) or {}).get("missing"):
            lines.append(f"- **{case}** not measured: {missing}")
    return "\n".join(lines)


def _profile(found: dict[str, Any] | None) -> str:
    """What holds the pages back, whatever the machine does beside."""
    if not found or "shares" not in found:
        return ""
    head = [
        "Where the time of a request goes, without the web server and the network: milliseconds by the clock, calls of Python "
        "functions, and under the profiler the share of each layer in percent (*database*: the driver and waiting for the answer; "
        "*ORM*: building and writing statements, making rows; *rest*: middleware, sessions, addresses, the standard library).",
        "",
        f"| case | who | ms | calls | {' | '.join(profile.NAMES)} |",
        "| --- " * (4 + len(profile.NAMES)) + "|",
    ]
    rows = []
    for name, figures in found["shares"].items():
        case, role = name.split(" ")
        shares = " | ".join(f"{figures[layer]:.0f}" for layer in profile.NAMES)
        rows.append(f"| {case} | {ROLES[role]} | {figures['ms']} | {figures['calls']:,} | {shares} |")
    return "\n".join([*head, *rows])


def _growth(small: dict[str, Any], size: str, larger: dict[str, Any]) -> str:
    rows = [
        f"## {size.capitalize()} against small",
        "",
        "p50 at the pace of the targets' machine (see *least page*), since the two sizes are measured one after the other.",
        "",
        f"| case | small | {size} | factor | allowed for the large data | |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for case, target in TARGETS.items():
        if target.growth is None or case not in small or case not in larger or "roles" not in small[case]:
            continue
        for role, before in small[case]["roles"].items():
            if after := larger[case]["roles"].get(role):
                first, second = _paced(before), _paced(after)
                holds = _check(second <= first * target.growth)
                rows.append(f"| {case} {ROLES[role]} | {first:.1f} | {second:.1f} | {second / first:.2f} | {target.growth} | {holds} |")
    return "\n".join(rows)
