"""U45, and T29's part about years without holidays."""

from datetime import UTC, date, datetime, time, timedelta

import chinese_calendar
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keqing.kit.formats import SHANGHAI
from keqing.reference import work_calendar
from keqing.reference.models import WorkDay, WorkYear
from keqing.reference.workdays import Day, WorkCalendar

ANNOUNCED = WorkCalendar(days=work_calendar.announced(), years=frozenset(range(2004, 2027)))
days = st.dates(date(1986, 1, 1), date(2035, 12, 31))
moments = st.datetimes(datetime(1992, 1, 1), datetime(2030, 12, 31), timezones=st.just(SHANGHAI))  # noqa: DTZ001
hours = st.integers(0, 60 * 120).map(lambda minutes: minutes / 60)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


@pytest.mark.proves("U45")
def test_swapped_working_days_are_worked_and_holidays_on_weekdays_are_not():
    assert ANNOUNCED.is_workday(date(2026, 2, 14))  # a Saturday before the Spring Festival
    assert not ANNOUNCED.is_workday(date(2026, 2, 17))  # a Tuesday within it
    assert not ANNOUNCED.is_workday(date(2026, 2, 15))  # a Sunday that nobody moved
    assert ANNOUNCED.add_workdays(date(2026, 2, 13), 1) == date(2026, 2, 14)
    assert ANNOUNCED.add_workdays(date(2026, 9, 30), 1) == date(2026, 10, 8)
    assert ANNOUNCED.add_work_hours(at("2026-02-13 17:00"), 2) == at("2026-02-14 10:00")


def test_every_announced_day_reads_as_the_library_reads_it():
    for number in range(date(2004, 1, 1).toordinal(), date(2026, 12, 31).toordinal() + 1):
        day = date.fromordinal(number)
        assert ANNOUNCED.is_workday(day) == chinese_calendar.is_workday(day), day


@pytest.mark.django_db
@pytest.mark.proves("U45", "T29")
def test_a_year_without_announcement_counts_monday_to_friday_and_says_so():
    calendar = work_calendar.calendar()
    assert not calendar.is_known(date(2027, 10, 1))
    assert calendar.is_workday(date(2027, 10, 1)) and not calendar.is_workday(date(2027, 10, 2))
    assert calendar.workdays_between(date(2027, 1, 1), date(2027, 12, 31)) == 261
    assert "2027 年节假日未公布" in calendar.notes([date(2026, 12, 31), date(2027, 1, 4)])
    assert calendar.notes([date(2026, 12, 31), date(2025, 1, 1)]) == ""
    assert work_calendar.add_workdays(date(2026, 12, 31), 1) == date(2027, 1, 1)


@pytest.mark.django_db
def test_the_company_s_word_goes_over_the_announced_days_and_one_own_day_does_not_make_a_year_known():
    WorkDay.objects.create(falls_on=date(2026, 2, 14), working=False, name="公司放假")
    WorkDay.objects.create(falls_on=date(2027, 5, 20), working=False, name="司庆")
    calendar = work_calendar.calendar()
    assert not work_calendar.is_workday(date(2026, 2, 14)) and not calendar.is_workday(date(2027, 5, 20))
    assert calendar.days[date(2027, 5, 20)].own
    assert 2027 not in work_calendar.known_years()
    WorkYear.objects.create(year=2027, source="国务院办公厅通知")
    assert work_calendar.known_years()[-1] == 2027


@pytest.mark.django_db
def test_the_calendar_is_read_with_two_statements(django_assert_num_queries):
    with django_assert_num_queries(2):
        work_calendar.calendar()


def test_an_instant_is_counted_on_its_day_in_shanghai():
    assert not ANNOUNCED.is_workday(datetime(2026, 9, 30, 16, 30, tzinfo=UTC))  # 1 October there
    assert ANNOUNCED.add_workdays(datetime(2026, 9, 30, 1, tzinfo=UTC), 1) == date(2026, 10, 8)


@pytest.mark.parametrize(
    ("start", "term", "end"),
    [
        ("2026-03-02 09:00", 8, "2026-03-02 18:00"),  # a day's hours end at the minute of closing
        ("2026-03-02 11:30", 1, "2026-03-02 13:30"),  # over lunch
        ("2026-03-02 12:00", 1, "2026-03-02 14:00"),
        ("2026-03-02 18:00", 1, "2026-03-03 10:00"),
        ("2026-03-06 20:00", 24, "2026-03-11 18:00"),  # from a Friday evening, three days of eight hours
        ("2026-03-07 10:00", 0, "2026-03-09 09:00"),  # nothing to wait for still means the next opening
        ("2026-03-02 10:00", 0, "2026-03-02 10:00"),
        ("2026-03-02 10:00", -2, "2026-02-28 17:00"),  # the Saturday before is a swapped working day
        ("2026-12-31 17:00", 2, "2027-01-01 10:00"),  # into a year without announcement
    ],
)
def test_terms_in_working_hours(start, term, end):
    assert ANNOUNCED.add_work_hours(at(start), term) == at(end)


@pytest.mark.proves("T29")
@pytest.mark.parametrize("year", range(1986, 2036))
def test_month_ends_of_every_year_can_be_counted(year):
    total = 0
    for month in range(1, 13):
        first = date(year, month, 1)
        last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        total += ANNOUNCED.workdays_between(first, last)
        for offset in range(-3, 4):
            day = last + timedelta(days=offset)
            assert ANNOUNCED.workdays_between(day, day) == ANNOUNCED.is_workday(day)
            assert ANNOUNCED.add_workdays(day, 1) > day
    assert total == ANNOUNCED.workdays_between(date(year, 1, 1), date(year, 12, 31))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(days, st.integers(1, 60))
def test_so_many_working_days_later_there_are_so_many_between(day, count):
    then = ANNOUNCED.add_workdays(day, count)
    assert ANNOUNCED.is_workday(then)
    assert ANNOUNCED.workdays_between(day + timedelta(days=1), then) == count
    back = ANNOUNCED.add_workdays(then, -count)
    assert back <= day and ANNOUNCED.workdays_between(back + timedelta(days=1), then) == count


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(moments, hours)
def test_a_term_in_hours_holds_exactly_its_office_time(moment, term):
    then = ANNOUNCED.add_work_hours(moment, term)
    assert then >= moment
    assert abs(ANNOUNCED.work_time_between(moment, then) - timedelta(hours=term)) < timedelta(seconds=1)
    assert any(opens <= then.time() <= closes for opens, closes in ANNOUNCED.hours) and ANNOUNCED.is_workday(then)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(moments, hours, hours)
def test_longer_terms_never_end_earlier(moment, one, other):
    short, long = sorted((one, other))
    assert ANNOUNCED.add_work_hours(moment, short) <= ANNOUNCED.add_work_hours(moment, long)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(days, days, days)
def test_counts_of_days_add_up(one, two, three):
    first, middle, last = sorted((one, two, three))
    whole = ANNOUNCED.workdays_between(first, last)
    rest = ANNOUNCED.workdays_between(middle + timedelta(days=1), last)
    assert whole == ANNOUNCED.workdays_between(first, middle) + rest


def test_a_range_the_wrong_way_round_holds_nothing():
    assert ANNOUNCED.workdays_between(date(2026, 3, 3), date(2026, 3, 2)) == 0
    assert ANNOUNCED.work_time_between(at("2026-03-03 10:00"), at("2026-03-02 10:00")) == timedelta()


@pytest.mark.parametrize("count", [10**6, -(10**6)])
def test_terms_without_end_are_refused(count):
    with pytest.raises(ValueError, match="太大"):
        ANNOUNCED.add_workdays(date(2026, 1, 5), count)
    with pytest.raises(ValueError, match="太大"):
        ANNOUNCED.add_work_hours(at("2026-01-05 09:00"), count * 24)


def test_a_long_closure_is_stepped_over():
    closed = {date(2026, 3, 2) + timedelta(days=number): Day(working=False, name="停产") for number in range(60)}
    calendar = WorkCalendar(days=closed, years=frozenset({2026}))
    assert calendar.add_workdays(date(2026, 3, 2), 0) == date(2026, 5, 1)
    assert calendar.add_work_hours(at("2026-03-01 10:00"), 1) == at("2026-05-01 10:00")


@pytest.mark.parametrize(
    "text",
    ["", 'hours = []', 'hours = [["9", "x"]]', 'hours = [["12:00", "09:00"]]', 'hours = [["09:00", "12:00"], ["11:00", "18:00"]]',
     'hours = "09:00"'],
)  # fmt: skip
def test_office_hours_that_are_none_are_refused(tmp_path, text):
    path = tmp_path / "work.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(work_calendar.WrongHours):
        work_calendar.read_hours(path)


def test_delivered_office_hours_and_edition():
    assert work_calendar.office_hours() == ((time(9), time(12)), (time(13), time(18)))
    assert work_calendar.edition().endswith("2004–2026 年")
