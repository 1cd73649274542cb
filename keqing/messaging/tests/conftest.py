"""What the tests of messages share."""

import pytest

from keqing.access.tests.factories import Cast, make_cast
from keqing.messaging import kinds


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def known_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kinds of every sort, known for one test."""
    monkeypatch.setattr(kinds, "_kinds", dict(kinds._kinds))
    kinds.register(key="test.plain", label="普通", channels=("email", "wecom"))
    kinds.register(key="test.urgent", label="紧急", channels=("email", "sms", "wecom"), urgent=True)
    kinds.register(key="test.group", label="群", open_in_groups=True)
    kinds.register(key="test.own", label="个人汇总", personal=True)
    kinds.register(key="test.daily", label="每日", digest=True)
