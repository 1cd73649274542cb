"""How many rows may leave, and on what conditions."""

import pytest

from keqing.exports.policy import DELIVERED, Limits, WrongPolicy, limits_for, read_policy

LIMITS = Limits(direct_rows=500, reason_rows=500, approval_rows=500, hour_rows=2000, day_rows=5000, file_rows=3000)


@pytest.mark.proves("T45")
@pytest.mark.parametrize(
    ("rows", "at_once", "reason", "approval"), [(500, True, False, False), (501, False, True, True)]
)
def test_more_than_five_hundred_rows_need_reason_and_approval(rows, at_once, reason, approval):
    assert (LIMITS.at_once(rows), LIMITS.needs_reason(rows), LIMITS.needs_approval(rows)) == (at_once, reason, approval)


@pytest.mark.proves("T45")
def test_more_than_the_hour_or_the_day_allows_is_refused():
    assert LIMITS.refusal(rows=2000, last_hour=0, last_day=0) == ""
    assert "一小时内最多导出 2,000 行，您已导出 1,900 行" in LIMITS.refusal(rows=101, last_hour=1900, last_day=1900)
    assert "24 小时内最多导出 5,000 行" in LIMITS.refusal(rows=200, last_hour=0, last_day=4900)
    assert "每个文件 3,000 行" in LIMITS.refusal(rows=3001, last_hour=0, last_day=0)


def test_of_several_roles_the_widest_limit_counts():
    policy = read_policy(DELIVERED)
    assert limits_for({"representative"}) == policy["default"]
    both = limits_for({"representative", "compliance"})
    assert both.hour_rows == policy["compliance"].hour_rows and both.approval_rows == 0


def test_the_delivered_limits_are_those_of_the_rules():
    default = limits_for(())
    assert (default.reason_rows, default.approval_rows, default.hour_rows) == (500, 500, 2000)


@pytest.mark.parametrize(
    "text", ["[default]\ndirect_rows = 5", "[other]\ndirect_rows = 5", '[default]\ndirect_rows = "viel"'],
)
def test_a_wrong_policy_is_refused_with_a_sentence(tmp_path, text):
    path = tmp_path / "exports.toml"
    path.write_text(text)
    with pytest.raises(WrongPolicy, match="exports"):
        read_policy(path)


def test_a_download_at_once_is_never_larger_than_a_page_can_hold(tmp_path):
    path = tmp_path / "exports.toml"
    path.write_text(DELIVERED.read_text(encoding="utf-8").replace("direct_rows = 500", "direct_rows = 900000"), encoding="utf-8")
    assert read_policy(path)["default"].direct_rows == 10_000
