import pytest
from django.core.management import CommandError, call_command

from keqing.access.tests.factories import make_unit
from keqing.people.models import Organisation


@pytest.mark.django_db
def test_sample_data_is_refused_beside_a_real_company():
    make_unit(name="真实公司", kind="company")
    with pytest.raises(CommandError, match="已有一家公司"):
        call_command("demo_company")
    call_command("demo_company", if_empty=True)
    assert not Organisation.objects.exists()
