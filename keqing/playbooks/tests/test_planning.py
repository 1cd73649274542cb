"""Days and texts of steps, and the policy of the cadence."""

from datetime import date, timedelta

import pytest

from keqing.playbooks.cadence import Cadence, WrongCadence, cadence, read
from keqing.playbooks.planning import announced, days_of, filled, unknown_placeholders


class EveryWeekday:
    def add_workdays(self, day: date, count: int) -> date:
        while day.weekday() > 4:
            day += timedelta(days=1)
        for _ in range(count):
            day += timedelta(days=3 if day.weekday() == 4 else 1)
        return day


FRIDAY = date(2026, 11, 20)


def test_working_days_pass_over_the_weekend():
    days = days_of(start=FRIDAY, offset=1, deadline=2, in_workdays=True, calendar=EveryWeekday())
    assert (days.begins_on, days.deadline_on) == (date(2026, 11, 23), date(2026, 11, 25))


def test_calendar_days_that_fall_on_a_weekend_wait_for_the_next_working_day():
    days = days_of(start=FRIDAY, offset=1, deadline=5, in_workdays=False, calendar=EveryWeekday())
    assert (days.begins_on, days.deadline_on) == (date(2026, 11, 23), date(2026, 11, 30))


def test_placeholders_are_filled_and_empty_ones_leave_nothing():
    assert filled("联系{客户}（{等级}）", {"客户": "示例医院", "等级": ""}) == "联系示例医院（）"
    assert filled("联系｛客户｝", {"客户": "示例医院"}) == "联系示例医院"
    assert len(filled("{客户}" * 50, {"客户": "示例医院"})) == 200


def test_a_step_to_come_names_the_customer_already():
    assert announced("联系{客户}的{负责人}", customer="示例医院") == "联系示例医院的负责人"


def test_a_placeholder_nobody_knows_is_named():
    assert unknown_placeholders("联系{客户}和{院长}") == ["院长"]


def test_the_shorter_of_stage_and_level_counts():
    policy = Cadence(by_stage={"user": 45, "opportunity": 14}, by_level={"3a": 30})
    assert policy.days(stage="user", level="3a") == 30
    assert policy.days(stage="opportunity", level="3a") == 14
    assert policy.days(stage="user", level="1a") == 45
    assert policy.days(stage="lost", level="3a") is None


def test_the_delivered_policy_can_be_read():
    assert cadence().days(stage="prospect", level="3a") == 30


@pytest.mark.parametrize(
    "text", ['[contact.stage]\nnobody = 3', '[contact.stage]\nuser = "often"', '[silent]\nstages = ["asleep"]', "[silent]\ndays = 0"]
)
def test_a_policy_that_cannot_be_used_says_where(tmp_path, text):
    path = tmp_path / "cadence.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(WrongCadence, match="cadence.toml"):
        read(path)
