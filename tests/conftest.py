"""What the fault and attack tests share."""

from collections.abc import Callable

import pytest


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Callable[[str, object], None]:
    """Notes one measured figure of a test; ``make reliability`` prints them into docs/reliability.md."""
    return record_property
