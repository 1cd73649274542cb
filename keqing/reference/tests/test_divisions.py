from datetime import date

import pytest

from keqing.reference.actions import load_divisions
from keqing.reference.models import Division

pytestmark = pytest.mark.django_db


def test_the_seeded_edition_knows_provinces_cities_and_counties_by_their_full_names():
    assert Division.objects.provinces().count() == 34
    assert Division.objects.get(pk="440106").full_name == "广东省广州市天河区"
    assert Division.objects.get(pk="110105").full_name == "北京市朝阳区"
    assert Division.objects.get(pk="441900").full_name == "广东省东莞市"
    assert Division.objects.get(pk="440100").prefix == "4401"


def test_a_newer_edition_ends_the_codes_it_lacks_and_deletes_none(tmp_path):
    before = Division.objects.count()
    edition = tmp_path / "divisions.csv"
    edition.write_text("code,level,name\n440000,1,广东省\n440100,2,广州市\n440199,3,新设区\n", encoding="utf-8")

    assert load_divisions(path=edition, valid_from=date(2027, 1, 1)) == 3

    assert Division.objects.count() == before + 1
    assert Division.objects.get(pk="440106").valid_to == date(2026, 12, 31)
    assert Division.objects.get(pk="440199").full_name == "广东省广州市新设区"
    assert not Division.objects.current(date(2027, 1, 2)).filter(pk="440106").exists()
