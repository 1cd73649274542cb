"""What the guards walk: the departments, their models, and every route."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver

ROOT = Path(__file__).resolve().parents[2]
LADDER = (
    "kit", "reference", "audit", "access", "compliance", "messaging", "batches", "exports", "interchange", "timeline",
    "people", "followups", "lifecycle", "leads", "playbooks", "news", "service", "insight", "desk",
)  # fmt: skip


@dataclass(frozen=True)
class Route:
    """One URL pattern: its full name, its address and the names of its arguments."""

    name: str
    address: str
    view: Any
    arguments: tuple[str, ...]

    def __str__(self) -> str:
        return self.name


@cache
def routes() -> tuple[Route, ...]:
    return tuple(_walk(get_resolver().url_patterns, "", "/"))


def _walk(patterns: Any, namespace: str, address: str) -> Iterator[Route]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, inner, address + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            arguments = tuple(pattern.pattern.converters)
            yield Route(f"{namespace}{pattern.name}", address + str(pattern.pattern), pattern.callback, arguments)


def models() -> list[type[Model]]:
    """Our own models, without the history tables that triggers fill."""
    return [
        model
        for config in apps.get_app_configs()
        if config.name.startswith("keqing.")
        for model in config.get_models()
        if not hasattr(model, "pgh_tracked_model")
    ]


def department_of(model: type[Model]) -> str:
    return model.__module__.split(".")[1]


def modules(*rooms: str) -> list[Path]:
    """The files of these rooms in every department: ``views.py`` and everything under ``views/``."""
    found = []
    for department in LADDER:
        base = ROOT / "keqing" / department
        for room in rooms:
            found += [base / f"{room}.py"] if (base / f"{room}.py").exists() else []
            found += sorted((base / room).rglob("*.py")) if (base / room).is_dir() else []
    return found


def attribute_uses(path: Path) -> Iterator[tuple[int, str, bool, bool]]:
    """Every ``x.name`` in a file: line, name, whether it is called, whether ``x`` is a variable or a widget's attributes."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield node.lineno, node.attr, id(node) in called, _is_plain(node.value)


def _is_plain(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) or (isinstance(node, ast.Attribute) and node.attr in {"attrs", "headers", "context"})
