"""The cast for the tests of this department."""

import pytest

from keqing.access.tests.factories import Cast, make_cast


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()
