"""The bench itself works: tiny data, two cases, nothing measured."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.slow  # most of a minute of a core in a fresh copy of the project
@pytest.mark.timeout(600)  # the first time it makes a database of its own
@pytest.mark.proves("R-172")
def test_the_bench_makes_its_data_and_measures_two_cases():
    """In an installation of its own under var, kept between runs like the bench's own data."""
    var = ROOT / "var" / "bench-test"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KEQING_") and name != "DATABASE_URL"}
    asked = {
        "BENCH": "tiny", "BENCH_VAR": str(var), "BENCH_CASES": "i,v", "BENCH_SECONDS": "0", "BENCH_COUNT": "3", "BENCH_DOCUMENT": "0",
    }
    done = subprocess.run(
        [sys.executable, "-m", "bench.run"], cwd=ROOT, env={**kept, **asked}, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    results = json.loads((var / "tiny" / "results.json").read_text())
    assert set(results["i"]["roles"]) == {"rep", "manager", "gm"}
    assert all(figures["statements"] <= 10 for figures in results["i"]["roles"].values())
    assert all(figures["statements"] <= 12 for figures in results["v"]["roles"].values())
    assert results["memory"]["mb"] > 0
