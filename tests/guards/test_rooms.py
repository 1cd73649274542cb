"""What belongs where inside a department (house, One home for each thing)."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.guards.house import LADDER, ROOT, attribute_uses, modules

WRITES = {
    "save", "create", "bulk_create", "bulk_update", "update_or_create", "get_or_create", "delete", "update", "select_for_update",
}
SCOPES = {"visible_to", "reached_by"}
# Tables whose rows are parts of a row the gate already gave, or the same for everybody.
WITHOUT_SCOPE = {
    "Department": "part of an organisation, fetched through it", "Affiliation": "part of an organisation, fetched through it",
    "Dimension": "tags are the same for everybody", "Tag": "tags are the same for everybody",
    "Channel": "channels are the same for everybody", "Campaign": "campaigns are the same for everybody",
    "Division": "divisions are the same for everybody",
    "LossReason": "picklists are the same for everybody", "Competitor": "picklists are the same for everybody",
}
# (file, beginning of the expression): why it needs no scope
ALLOWED = {
    ("access/views/staff.py", "Position.objects.current().filter(holder=person)"): "positions of a person the gate gave",
    ("access/views/proxies.py", "Proxy.objects.select_related("): "narrowed by visible_to, or handed to fetch, in the next line",
    ("access/views/transfers.py", "Transfer.objects.select_related("): "narrowed by visible_to two lines on",
    ("access/views/transfers.py", "TransferProgress.objects.filter(pk=found.pk)"): "of a transfer found before",
    ("access/views/transfers.py", "Position.objects.current().filter(reached)"): "within the reach of transfer.make",
    ("people/views/organisations.py", "Organisation.objects.select_related("): "handed to fetch in the next line",
    ("compliance/views/rules.py", "Refusal.objects.all()"): "refusal.view reaches all of them",
    ("exports/views.py", "Export.objects.asked_by(request.user)"): "the person's own files, handed to fetch",
    ("exports/views.py", "Export.objects.select_related("): "handed to fetch in the same line",
    ("exports/tables.py", "Entry.objects.filter(OF_EXPORTS)"): "export.oversee reaches all of them",
    ("desk/views/audit.py", "Entry.objects"): "audit.search reaches all of them",
    ("followups/views/common.py", "Organisation.objects.all()"): "handed to fetch in the next lines",
    ("followups/views/common.py", "Person.objects.unaffiliated()"): "handed to fetch in the next line",
    ("followups/views/common.py", "Person.objects.once_customers()"): "handed to fetch in the same line",
    ("people/views/cells.py", "Organisation.objects.get(pk=pk)"): "a row the gate gave, read again before the write",
    ("people/views/cells.py", "Person.objects.get(pk=pk)"): "a row the gate gave, read again before the write",
    ("people/views/trash.py", "Organisation.objects.filter(pk=pk)"): "a row the gate gave, with its counts",
    ("desk/views/views.py", "DefaultView.objects.filter(staff=staff)"): "the person's own choice",
}

FILES = {
    "__init__", "apps", "permissions", "models", "actions", "queries", "views", "urls", "forms", "tables", "imports",
    "events", "tasks", "handover", "choices", "context", "middleware",
}
FOLDERS = {"migrations", "tests", "templates", "management", "models", "actions", "views", "forms", "queries", "tables", "imports", "seed", "demo"}


def _lines_with(paths: list[Path], names: set[str]) -> list[str]:
    found = []
    for path in paths:
        for number, name, called, plain in attribute_uses(path):
            if name == "update" and plain:
                continue  # a dict's; a query would be written out as a chain
            if name in names and (called or name == "objects"):
                found.append(f"{path.relative_to(ROOT)}:{number} .{name}")
    return found


def _table_reads(path: Path) -> list[str]:
    """``Model.objects…`` chains of a file that no scope narrows."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    above = {id(child): node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    found = []
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Attribute) and node.attr == "objects" and isinstance(node.value, ast.Name)):
            continue
        names, top = set(), node
        while isinstance(parent := above.get(id(top)), ast.Attribute | ast.Call) and top not in getattr(parent, "args", ()):
            top = parent
            names |= {top.attr} if isinstance(top, ast.Attribute) else set()
        is_fetched = isinstance(parent, ast.Call) and getattr(parent.func, "id", "") == "fetch"
        if not names & SCOPES and not is_fetched and node.value.id not in WITHOUT_SCOPE:
            found.append(ast.unparse(top))
    return found


def test_views_and_tables_never_write():
    assert _lines_with(modules("views", "tables"), WRITES) == []


def test_views_read_customers_only_through_the_gate():
    """``fetch(Model.objects…)`` or a chain with ``visible_to`` / ``reached_by``: no view reads a whole table."""
    unscoped = []
    for path in modules("views"):
        inside = str(path.relative_to(ROOT / "keqing"))
        for expression in _table_reads(path):
            known = [why for (file, begin), why in ALLOWED.items() if file == inside and expression.startswith(begin)]
            if not known:
                unscoped.append(f"{inside}: {expression}")
    assert unscoped == []


def test_imports_write_through_actions():
    assert _lines_with(modules("imports"), WRITES) == []


def test_templates_never_touch_the_database():
    for path in ROOT.glob("keqing/*/templates/**/*.html"):
        text = path.read_text(encoding="utf-8")
        assert ".objects" not in text and "_set.all" not in text, path


def test_templates_carry_no_inline_script_or_style():
    for path in ROOT.glob("keqing/*/templates/**/*.html"):
        text = path.read_text(encoding="utf-8")
        for sign in (' style="', "onclick=", "onchange=", "onsubmit=", "<style", "javascript:"):
            assert sign not in text, f"{path.relative_to(ROOT)}: {sign}"
        assert text.count("<script") == text.count(" src=") if "<script" in text and "json_script" not in text else True


@pytest.mark.parametrize("department", LADDER[1:])
def test_a_department_has_only_rooms_the_house_knows_and_calculation_modules(department):
    """A file with another name is a calculation module: it imports no view, and says in its first line what it is."""
    base = ROOT / "keqing" / department
    strange = [p.name for p in base.iterdir() if p.is_dir() and p.name not in FOLDERS and not p.name.startswith("__")]
    assert strange == []
    for path in base.glob("*.py"):
        if path.stem in FILES:
            continue
        text = path.read_text(encoding="utf-8")
        assert text.startswith('"""'), f"{path.relative_to(ROOT)} says nothing about itself"
        for room in ("views", "urls"):
            assert f"keqing.{department}.{room}" not in text, path


def test_departments_import_only_downwards_and_rooms_only_inwards():
    """The contracts of ``.importlinter``."""
    result = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )
    assert result.returncode == 0, result.stdout[-4000:] + result.stderr[-2000:]
