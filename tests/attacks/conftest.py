"""One stage for the attacks of a module; every request is taken back, the stage at the end."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from tests.attacks.world import World
from tests.guards.stage import ROLE_OF, set_stage
from tests.quiet import refusals_unlogged


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock(), transaction.atomic(), refusals_unlogged():
        made = set_stage()
        clients = {}
        for name in ROLE_OF:
            clients[name] = Client(raise_request_exception=True)
            clients[name].force_login(getattr(made.cast, name))
        yield World(made, clients)
        transaction.set_rollback(True)
