"""The repository as a whole: no trace of the place it was made, no oversize file."""

import re
import subprocess

from tests.guards.house import ROOT

# put together from pieces so that this file does not carry what it looks for
INNER = ("main", "shared", r"\.pyenv")
PLACES = re.compile("|".join("/".join(("", place, inner)) for place in ("work", "root") for inner in INNER))
INDEXES = re.compile("|".join(f"--{word}" for word in ("index-url", "extra-index-url", "trusted-host", "registry")))
TEXT = {".py", ".html", ".css", ".js", ".toml", ".md", ".txt", ".lock", ".in", ".json", ".yml", ".yaml", ".cfg", ".ini", ".sh", ""}
LONGEST = 420


def tracked() -> list[str]:
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    return [name for name in names.decode().split("\0") if name and (ROOT / name).is_file()]


def texts():
    for name in tracked():
        path = ROOT / name
        if path.suffix in TEXT and path.stat().st_size < 2_000_000:
            yield name, path.read_text(encoding="utf-8", errors="replace")


def test_no_file_names_the_machine_it_was_written_on_or_a_package_index():
    for name, text in texts():
        assert not PLACES.search(text), name
        assert not INDEXES.search(text), name


def test_python_files_stay_readable():
    long = []
    for name, text in texts():
        if name.endswith(".py") and "/migrations/" not in name and "_readings" not in name:
            lines = text.count("\n")
            if lines > LONGEST:
                long.append(f"{name} {lines}")
    assert long == []
