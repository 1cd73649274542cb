"""The database decides like the plan itself, and an index finds the candidates."""

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Model

from keqing.kit.search import query_plan, search_columns
from keqing.kit.search_filter import search_q

NAMES = [
    "朝阳区",
    "重庆市",
    "曾都区",
    "江城市第一人民医院",
    "GE 医疗(江城)",
    "单县",
    "内蒙古自治区",
    "100%市",
    "六安市",
]
QUERIES = ["朝", "阳区", "cyq", "chaoyang", "yangqu", "cq", "chongqing", "zeng", "jcrmyy", "rmyy", "医院 jc", "ge", "ge医",
           "shan", "dan", "%", "_", "100%", "luan", "lu", "a12", "A123", "1402", "12", "u", "内蒙", "区"]  # fmt: skip


@pytest.fixture
def rows(db: None) -> type[Model]:
    """Any searchable table will do; the divisions are the smallest."""
    division = apps.get_model("reference", "Division")
    for number, name in enumerate(NAMES):
        row = division(code=f"99{number:04d}", name=name, level=3, full_name=name, valid_from="2026-01-01")
        row.index_names(names=[name], codes=[f"A123{number}"], phones=[f"1861234140{number}"])
        row.save(force_insert=True)
    return division


@pytest.mark.parametrize("q", QUERIES)
def test_the_database_finds_what_the_plan_says(rows: type[Model], q: str) -> None:
    plan = query_plan(q)
    expected = {
        name
        for number, name in enumerate(NAMES)
        if plan.matches(columns=search_columns(names=[name], codes=[f"A123{number}"], phones=[f"1861234140{number}"]))
    }
    found = rows._default_manager.filter(search_q(query=plan), code__startswith="99").values_list("name", flat=True)
    assert set(found) == expected


def test_a_search_is_answered_from_the_index(rows: type[Model]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    explained = rows._default_manager.order_by().filter(search_q(query=query_plan("rmyy"))).explain()
    assert "division_search" in explained and "Seq Scan" not in explained
