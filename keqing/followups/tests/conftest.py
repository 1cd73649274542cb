"""What the tests of contacts and follow-ups share."""

import pytest

from keqing.access.tests.factories import Cast, make_cast
from keqing.people.models import Organisation
from keqing.people.tests.factories import make_organisation


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def hospital(cast: Cast) -> Organisation:
    """The representative's."""
    return make_organisation(owner=cast.rep)
