"""Every address has a door (house, The gate)."""

import re
from enum import StrEnum
from importlib import import_module

from django.conf import settings

from tests.guards.house import LADDER, ROOT, routes

WORD = re.compile(r"[a-z]+(\.[a-z_]+)+")


def words_of_departments() -> set[str]:
    words: set[str] = set()
    for department in LADDER:
        if (ROOT / "keqing" / department / "permissions.py").exists():
            can = import_module(f"keqing.{department}.permissions").Can
            assert issubclass(can, StrEnum)
            words |= {str(word) for word in can}
    return words


def test_every_view_says_who_may_enter():
    open_doors = [
        route.name for route in routes() if not getattr(route.view, "words", None) and not getattr(route.view, "public_reason", "")
    ]
    assert routes()
    assert open_doors == []


def test_every_route_has_a_name_of_its_own():
    names = [route.name for route in routes()]
    assert sorted(set(names)) == sorted(names)
    assert not [name for name in names if name.endswith(":None")]


def test_every_word_on_a_door_or_in_a_role_is_a_word_of_a_department():
    known = words_of_departments()
    on_doors = {str(word) for route in routes() for word in getattr(route.view, "words", ())}
    in_roles = {word for role in settings.ROLES.values() for word in role.get("words", {})}
    assert on_doors - known == set()
    assert in_roles - known == set()
    assert all(WORD.fullmatch(word) for word in known)


def test_every_word_of_a_department_is_given_to_some_role():
    in_roles = {word for role in settings.ROLES.values() for word in role.get("words", {})}
    assert words_of_departments() - in_roles == set()
