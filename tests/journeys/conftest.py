"""What several journeys ask for."""

from typing import Any

import pytest

WAIT = 20_000


@pytest.fixture
def patience(page: Any) -> None:
    """Long ways over several pages, on a machine that does other things too."""
    page.set_default_timeout(WAIT)
    page.set_default_navigation_timeout(WAIT)
