"""``make bench``: measure, keep the figures, write docs/benchmarks.md.

    BENCH=tiny|small|medium|large     the data (small)
    BENCH_CASES=i,iii                 only these; figures of the others stay
    BENCH_SECONDS=15                  of the closed loop with 8 clients; 0 leaves it out
    BENCH_COUNT=60                    requests one after the other
    BENCH_DOCUMENT=0                  do not write the document
    BENCH_HOSPITALS=file              a real list of hospitals for the case of that name; left out without it
"""

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import client, profile, report, special
from bench.installation import Installation, running
from bench.serving import ROOT
from bench.sizes import SIZES
from bench.world import World

VAR = Path(os.environ.get("BENCH_VAR", ROOT / "var" / "bench"))

# which pages, and who may open them; the general manager records nothing
PAGES: dict[str, tuple[Callable[[World, str], Any], tuple[str, ...]]] = {
    "i": (World.list_page, ("rep", "manager", "gm")),
    "ii": (World.filtered, ("rep", "manager", "gm")),
    "iii": (World.searched, ("rep", "manager", "gm")),
    "iv": (World.pages, ("rep", "manager", "gm")),
    "v": (World.records, ("rep", "manager")),
    "vi-24": (World.months_24, ("rep", "manager", "gm")),
    "vi-3": (World.months_3, ("rep", "manager", "gm")),
    "today": (World.today, ("rep", "manager", "gm")),
    "palette": (World.palette, ("rep", "manager", "gm")),
}
SPECIAL: dict[str, Callable[[World, float], dict[str, Any]]] = {
    "deep": special.deep_page,
    "weight": special.first_visit,
    "vii": special.exports,
    "viii": special.imports,
    "hospitals": special.hospitals,
    "profile": profile.where,
    "night": special.night,  # last: it moves most rows of the customers, and moves them back
}
CASES = (*PAGES, *SPECIAL)


def main() -> int:
    size = os.environ.get("BENCH", "small")
    if size not in SIZES:
        say(f"BENCH is one of {', '.join(SIZES)}")
        return 2
    asked = [one for one in os.environ.get("BENCH_CASES", "").split(",") if one] or list(CASES)
    if unknown := set(asked) - set(CASES):
        say(f"no case {', '.join(sorted(unknown))}; there are {', '.join(CASES)}")
        return 2
    seconds = float(os.environ.get("BENCH_SECONDS", client.SECONDS))
    with running(size=size, var=VAR / size, say=say) as installation:
        results = measure(installation, asked, seconds)
    kept = VAR / size / "results.json"
    everything = {**(json.loads(kept.read_text()) if kept.exists() else {}), **results}
    kept.write_text(json.dumps(everything, ensure_ascii=False, indent=1))
    if os.environ.get("BENCH_DOCUMENT", "1") == "1" and size != "tiny":
        report.write(VAR, ROOT / "docs" / "benchmarks.md")
        say("written: docs/benchmarks.md")
    return 0


def measure(installation: Installation, asked: list[str], seconds: float) -> dict[str, Any]:
    """Figures of each case asked for, told as they come."""
    world = World(installation)
    results: dict[str, Any] = {}
    for name in asked:
        load, least = os.getloadavg()[0], installation.least.ms()
        begun = time.monotonic()
        try:
            found = _pages(world, name, seconds) if name in PAGES else SPECIAL[name](world, seconds)
        except (client.WrongAnswer, OSError, LookupError, ValueError) as error:
            # the other cases still have their figures; this one is reported as missing
            found = {"missing": f"{type(error).__name__}: {str(error).splitlines()[0][:200]}"}
        results[name] = {
            **found, "web_mb": round(installation.web_memory_mb()), "load": round(load, 2),
            "at": datetime.now(UTC).isoformat(timespec="minutes"), "least": least,
        }
        say(f"{name:8} {time.monotonic() - begun:5.0f} s  load {load:4.1f}  {report.line(results[name])}, web {results[name]['web_mb']} MB")
    results["memory"] = {"mb": round(installation.web_memory_mb()), "at": datetime.now(UTC).isoformat(timespec="minutes")}
    say(f"memory of the web server: {results['memory']['mb']} MB")
    return results


def _pages(world: World, name: str, seconds: float) -> dict[str, Any]:
    build, roles = PAGES[name]
    found = {}
    for role in roles:
        before = world.at.least.ms()
        timing = client.measure(
            world.person(role), build(world, role), seconds=seconds, statements=world.at.statements,
            count=int(os.environ.get("BENCH_COUNT", client.SEQUENTIAL)),
        )
        figures = {key: round(value, 1) for key, value in asdict(timing).items() if isinstance(value, int | float)}
        found[role] = {**figures, "least": round((before + world.at.least.ms()) / 2, 2)}
    return {"roles": found}


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
