"""Start-up check of ``config/roles.toml``: every word known, every reach valid, every word granted to somebody."""

import pkgutil
from collections.abc import Mapping
from enum import StrEnum
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning

import keqing
from keqing.access.standing import REACHES


def known_words() -> set[str]:
    """All words of all departments: the members of every ``keqing.*.permissions.Can``."""
    words: set[str] = set()
    for department in pkgutil.iter_modules(keqing.__path__):
        try:
            module = import_module(f"keqing.{department.name}.permissions")
        except ModuleNotFoundError:
            continue
        can: type[StrEnum] | None = getattr(module, "Can", None)
        words |= {str(word) for word in can or ()}
    return words


def check_roles(app_configs: Any = None, **_: Any) -> list[CheckMessage]:
    """Django calls this before every command; an error keeps the program from starting."""
    return problems_of(settings.ROLES, known=known_words())


def problems_of(roles: Mapping[str, Any], *, known: set[str]) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    granted: set[str] = set()
    for key, raw in roles.items():
        for word, grants in raw.get("words", {}).items():
            granted.add(word)
            if word not in known:
                found.append(Error(f"roles.toml：角色 {key} 的权限词“{word}”不存在。", id="access.E001"))
            for grant in grants if isinstance(grants, list) else [grants]:
                reach = grant if isinstance(grant, str) else grant.get("reach")
                if reach not in REACHES:
                    found.append(Error(f"roles.toml：{key} · {word} 的范围“{reach}”不存在。", id="access.E002"))
    found.extend(
        Warning(f"roles.toml：没有角色拥有权限词“{word}”。", id="access.W003") for word in sorted(known - granted)
    )
    return found
