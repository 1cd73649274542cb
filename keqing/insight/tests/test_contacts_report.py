"""联系报表: what each role sees, and that every figure equals the records it leads to."""

import csv
import io
import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from keqing.access.models import Holding, Position, Staff
from keqing.access.tests.factories import make_cast, make_position, make_staff, position_of
from keqing.audit.models import Entry
from keqing.followups.actions.contacts import correct_contact
from keqing.followups.actions.tallies import fold_tallies
from keqing.followups.models import ContactRecord
from keqing.followups.tests.factories import fields
from keqing.insight.periods import days_of, months_to
from keqing.insight.queries import contacts_board
from keqing.kit import bulk
from keqing.kit.formats import business_date
from keqing.people.actions.trash import trash_organisation
from keqing.people.models import Organisation
from keqing.people.tests.factories import make_organisation

URL = "/reports/contacts/"
AT = timezone.now()
TODAY = business_date(AT)
FIGURE = re.compile(r'<a href="(records/\?[^"]+)">([\d,]+)</a>')

pytestmark = [pytest.mark.django_db, pytest.mark.proves("R-203")]


def rows_of(cast, customer, staff, counts: dict[int, int], method: str = "visit") -> list[ContactRecord]:
    """``{days ago: number}``, as the write path leaves them."""
    position = position_of(staff)
    return [
        ContactRecord(
            customer_id=customer.pk, customer_name=customer.name, tracker=staff, tracker_position=position,
            tracker_unit=position.unit, submitted_at=AT, track_on=TODAY - timedelta(days=ago), method=method,
            business_state="first", description="谈供货",
        )
        for ago, number in counts.items() for _ in range(number)
    ]


@pytest.fixture
def cast():
    return make_cast()


@pytest.fixture
def history(cast):
    """Work of four people in three units; one customer has moved from Guangzhou to Beijing, one is in the trash."""
    ours = make_organisation(owner=cast.rep, name="甲岑市人民医院")
    theirs = make_organisation(owner=cast.stranger, name="乙墅县人民医院")
    moved = make_organisation(owner=cast.stranger, name="丙浦市中医院")
    trashed = make_organisation(owner=cast.rep, name="丁溪区人民医院")
    bulk.insert([
        *rows_of(cast, ours, cast.rep, {0: 2, 40: 3, 400: 4, 700: 1}),
        *rows_of(cast, ours, cast.rep, {0: 1, 70: 2}, "phone"),
        *rows_of(cast, moved, cast.rep, {40: 5}),
        *rows_of(cast, trashed, cast.rep, {40: 1}),
        *rows_of(cast, ours, cast.sibling, {0: 6}),
        *rows_of(cast, ours, cast.manager, {10: 1}),
        *rows_of(cast, ours, cast.other_area_rep, {0: 7}),
        *rows_of(cast, theirs, cast.stranger, {0: 8, 1: 1}),
        *rows_of(cast, ours, cast.rep, {900: 9}),
    ])
    trash_organisation(organisation=Organisation.objects.get(pk=trashed.pk), by=cast.rep, at=AT)
    return {"ours": ours, "theirs": theirs, "moved": moved, "trashed": trashed}


def client_of(staff) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def sheet(staff, **parameters):
    response = client_of(staff).get(URL, parameters)
    assert response.status_code == 200
    return response.context["sheet"]


def figures(staff, **parameters) -> dict[str, int]:
    return {row.label: row.total for row in sheet(staff, **parameters).rows}


def counted(staff, address: str) -> int:
    response = client_of(staff).get(f"{URL}{unescape(address)}")
    assert response.status_code == 200
    return response.context["page"].count


def test_a_representative_sees_their_own_row_and_nobody_elses(cast, history):
    assert figures(cast.rep, by="people") == {"李雯": 19}
    assert figures(cast.rep) == {"拜访": 16, "电话": 3, "传真": 0, "邮件": 0, "短信": 0, "直接接触": 0, "媒体": 0}


def test_an_area_manager_sees_the_team_and_those_of_it_who_recorded_nothing(cast, history):
    make_position(unit=cast.guangzhou, holder=make_staff(name="新来的"))
    assert figures(cast.manager) == {"李雯": 19, "罗佳": 6, "陈立": 1, "新来的": 0}


def test_a_region_manager_sees_teams_and_opens_one(cast, history):
    assert figures(cast.region_manager) == {"广州地区": 26, "深圳地区": 7}
    assert figures(cast.region_manager, by="people", unit=cast.shenzhen.pk) == {"何俊": 7}


def test_the_general_manager_sees_regions_people_and_methods(cast, history):
    assert figures(cast.gm) == {"华南大区": 33, "华北大区": 9}
    assert figures(cast.gm, unit=cast.south.pk, by="teams") == {"广州地区": 26, "深圳地区": 7}
    assert figures(cast.gm, by="people")["唐敏"] == 9
    assert figures(cast.gm, by="methods") == {"拜访": 39, "电话": 3, "传真": 0, "邮件": 0, "短信": 0, "直接接触": 0, "媒体": 0}
    assert figures(cast.compliance, by="teams") == figures(cast.gm)


def test_work_in_the_unit_itself_has_a_line_of_its_own(cast, history):
    bulk.insert(rows_of(cast, history["ours"], cast.gm, {3: 2}))
    assert figures(cast.gm, by="teams") == {"华南大区": 33, "华北大区": 9, "示例药业本级": 2}


def test_records_without_a_position_are_counted_and_found(cast, history):
    rows = rows_of(cast, history["ours"], cast.rep, {2: 3})
    for row in rows:
        row.tracker_position = row.tracker_unit = None
    bulk.insert(rows)
    row = next(row for row in sheet(cast.gm, by="teams").rows if row.label == "无岗位")
    assert counted(cast.gm, row.total_url) == 3
    row = next(row for row in sheet(cast.gm, by="people").rows if "无岗位" in row.note)
    assert counted(cast.gm, row.total_url) == 3


@pytest.mark.parametrize("who", ["rep", "manager", "region_manager", "gm", "compliance"])
@pytest.mark.parametrize("by", ["people", "teams", "methods"])
@pytest.mark.proves("T40")
def test_every_figure_is_the_number_of_the_records_it_leads_to(who: str, by: str, cast, history):
    staff = getattr(cast, who)
    for parameters in ({"by": by}, {"by": by, "method": "visit", "months": 3}, {"by": by, "month": f"{TODAY:%Y-%m}"}):
        html = client_of(staff).get(URL, parameters).content.decode()
        found = FIGURE.findall(html)
        assert found
        for address, number in set(found):
            assert counted(staff, address) == int(number.replace(",", "")), address


def test_records_of_customers_out_of_reach_or_in_the_trash_are_counted_without_customer_and_content(cast, history):
    row = sheet(cast.rep, by="people").rows[0]
    response = client_of(cast.rep).get(f"{URL}{row.total_url}")
    html = response.content.decode()
    assert response.context["page"].count == 19
    assert response.context["closed"] == 6
    assert html.count("客户不在您的范围内") == 6
    assert history["moved"].name not in html
    assert history["trashed"].name not in html
    assert "已转交" in html
    for_all = client_of(cast.gm).get(f"{URL}{row.total_url}").content.decode()
    assert history["moved"].name in for_all
    assert for_all.count("客户不在您的范围内") == 1
    assert history["trashed"].name not in for_all


@pytest.mark.proves("T40")
def test_an_address_made_up_shows_no_more_than_the_reach(cast, history):
    stranger = cast.stranger.pk
    for address in (
        f"records/?person={stranger}", f"records/?unit={cast.company.pk}", f"records/?unit={cast.north.pk}",
        f"records/?at={cast.beijing.pk}", "records/", "records/?person=x", "records/?position=-1", "records/?unit=0",
    ):
        response = client_of(cast.manager).get(f"{URL}{address}")
        html = response.content.decode()
        assert response.status_code == 200
        assert response.context["page"].count <= 35
        assert "唐敏" not in html
        assert history["theirs"].name not in html
        assert "北京地区" not in html
    assert client_of(cast.manager).get(f"{URL}records/?person=x").context["page"].count == 0
    assert client_of(cast.manager).get(f"{URL}?unit={cast.beijing.pk}").status_code == 404
    assert client_of(cast.rep).get(f"{URL}?unit={cast.south.pk}").status_code == 404


def test_who_holds_no_word_for_it_is_refused(cast):
    for who in ("bidding", "finance", "warehouse", "system", "security", "audit"):
        assert client_of(getattr(cast, who)).get(URL).status_code == 403
        assert client_of(getattr(cast, who)).get(f"{URL}records/").status_code == 403


def test_days_of_a_month_sum_up_to_the_month(cast, history):
    month = int(re.findall(r">(\d+)<", sheet(cast.gm, months=3).sums.cells)[-1])
    assert sheet(cast.gm, month=f"{TODAY:%Y-%m}").sums.total == month
    assert len(sheet(cast.gm, month=f"{TODAY:%Y-%m}").columns) == TODAY.day


def test_a_correction_shows_at_once(cast, history):
    contact = ContactRecord.objects.filter(tracker=cast.sibling).first()
    before = sheet(cast.manager, by="methods", months=3)
    given = fields(track_on=TODAY, method="email", callback_on=None)
    correct_contact(contact=contact, fields=given, participants=[], reason="方式记错", by=cast.sibling, at=AT)
    after = sheet(cast.manager, by="methods", months=3)
    assert after.sums.total == before.sums.total
    assert {row.label: row.total for row in after.rows}["邮件"] == 1


def test_a_person_in_two_positions_has_two_rows_and_the_manager_sees_the_ones_of_the_team(cast, history):
    rows = rows_of(cast, history["ours"], cast.rep, {5: 2})
    second = make_position(unit=cast.beijing, name="北京代表二")
    for row in rows:
        row.tracker_position, row.tracker_unit = second, cast.beijing
    bulk.insert(rows)
    assert [row.total for row in sheet(cast.gm, by="people").rows if row.label == "李雯"] == [19, 2]
    assert figures(cast.manager)["李雯"] == 19


def test_wrong_parameters_fall_back(cast, history):
    plain = figures(cast.gm)
    for wrong in ({"months": "7"}, {"months": "x"}, {"month": "2026-99"}, {"by": "x"}, {"method": "x"}, {"start": "-3"}, {"start": "9999"}):
        assert figures(cast.gm, **wrong) == plain, wrong


def test_nothing_recorded_is_said_in_a_sentence(cast):
    for who in (cast.rep, cast.commerce):
        assert "这段时间没有联系记录" in client_of(who).get(URL).content.decode()
    assert figures(cast.manager) == {"李雯": 0, "罗佳": 0, "陈立": 0}


def staff_with_contacts(cast, history, number: int) -> None:
    people = [make_staff(name=f"代表{n:02d}") for n in range(number)]
    for person in people:
        make_position(unit=cast.guangzhou, holder=person)
    bulk.insert([row for person in people for row in rows_of(cast, history["ours"], person, {n * 25: 1 for n in range(28)})])


@pytest.mark.parametrize("path", [f"{URL}?by=people", f"{URL}?by=teams", f"{URL}records/"])
@pytest.mark.parametrize("who", ["rep", "manager", "gm"])
@pytest.mark.proves("R-172")
def test_the_number_of_statements_is_the_same_for_one_owner_and_for_fifty(who: str, path: str, cast, history):
    def statements() -> int:
        client = client_of(getattr(cast, who))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path).status_code == 200
        return len(queries)

    few = statements()
    staff_with_contacts(cast, history, 50)
    assert statements() == few
    assert few <= (6 if "records" not in path else 10)


def test_more_people_than_a_page_are_turned_over_and_the_sums_stay(cast, history):
    staff_with_contacts(cast, history, 60)
    first = sheet(cast.manager)
    second = sheet(cast.manager, start=50)
    assert (first.first, first.last, second.first, second.last, first.number) == (1, 50, 51, 63, 63)
    assert first.sums.total == second.sums.total
    assert first.next_url and not first.prev_url and second.prev_url and not second.next_url
    by_name = [row.label for row in sheet(cast.manager, sort="name").rows]
    assert len(by_name) == 50


def test_a_page_beyond_the_last_is_the_last_and_a_file_holds_them_all(cast, history):
    staff_with_contacts(cast, history, 60)
    last, beyond = sheet(cast.manager, start=50), sheet(cast.manager, start=5000)
    assert [row.label for row in beyond.rows] == [row.label for row in last.rows] and beyond.first == 51
    assert len(lines_taken(cast.manager, query="by=people")) == 63 + 2


def test_the_shades_know_what_was_folded_in_the_night_and_what_came_since(cast, history):
    def extremes():
        board = contacts_board(
            staff=Staff.objects.get(pk=cast.gm.pk), periods=months_to(TODAY, count=24), by_day=False, grouping="people", start=0,
        )
        return board.lowest, board.highest, {count for line in board.lines for count in line.counts.values()}

    lowest, highest, cells = extremes()
    assert (lowest, highest) == (min(cells), max(cells))
    fold_tallies()
    assert extremes() == (lowest, highest, cells)
    bulk.insert(rows_of(cast, history["theirs"], cast.stranger, {0: 20}))
    lowest, highest, cells = extremes()
    assert highest == max(cells) and lowest == min(cells)


def test_the_shades_of_days_are_those_of_whole_cells_however_many_ways_of_contact(cast, history):
    bulk.insert(rows_of(cast, history["theirs"], cast.stranger, {0: 4}, "phone"))
    fold_tallies()
    board = contacts_board(
        staff=Staff.objects.get(pk=cast.gm.pk), periods=days_of(TODAY, today=TODAY), by_day=True, grouping="people", start=0,
    )
    cells = {count for line in board.lines for count in line.counts.values()}
    assert (board.lowest, board.highest) == (min(cells), max(cells))
    assert board.highest == 12  # eight visits and four calls of one day


def test_who_has_nothing_left_and_no_position_has_no_line(cast, history):
    (row,) = rows_of(cast, history["ours"], cast.rep, {5: 1})
    row.tracker_position = make_position(unit=cast.beijing, name="北京代表二")
    bulk.insert([row])
    contact = ContactRecord.objects.get(tracker_position=row.tracker_position)
    assert [one.label for one in sheet(cast.gm, by="people", months=3).rows].count("李雯") == 2
    given = fields(track_on=TODAY - timedelta(days=200), callback_on=None)
    correct_contact(contact=contact, fields=given, participants=[], reason="日期记错", by=cast.rep, at=AT)
    assert [one.label for one in sheet(cast.gm, by="people", months=3).rows].count("李雯") == 1


@pytest.mark.proves("R-172")
def test_the_report_reads_no_contact_record(cast, history):
    client = client_of(cast.gm)
    with CaptureQueriesContext(connection) as queries:
        client.get(URL, {"by": "people"})
    reads = [q["sql"] for q in queries.captured_queries if "followups_month" in q["sql"]]
    assert len(reads) == 1 and "contactrecord" not in reads[0]


def test_closed_positions_keep_their_past(cast, history):
    position = position_of(cast.sibling)
    Holding.objects.filter(position=position).update(to_on=TODAY)
    Position.objects.filter(pk=position.pk).update(holder=None, closed_on=TODAY)
    assert figures(cast.manager)["罗佳"] == 6


def taken(staff, key: str = "report-contacts", query: str = "", form: str = "csv"):
    sent = {"list": key, "query": query, "format": form, "columns": "shown", "encoding": "utf-8-sig"}
    return client_of(staff).post(reverse("exports:new"), sent)


def lines_taken(staff, key: str = "report-contacts", query: str = "") -> list[list[str]]:
    content = b"".join(taken(staff, key, query).streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(content)))


@pytest.mark.proves("U36", "T45")
def test_the_table_leaves_as_a_file_with_the_readers_rights_and_on_record(cast, history):
    heads, *rows = lines_taken(cast.manager, query="by=people&months=3")
    periods = months_to(TODAY, count=3)
    assert heads == ["跟踪人", "岗位", "合计", *(f"{one.first:%Y-%m}" for one in periods)]
    assert {row[0] for row in rows} >= {cast.rep.name, cast.sibling.name, "合计"} and cast.stranger.name not in {row[0] for row in rows}
    board = contacts_board(staff=Staff.objects.get(pk=cast.manager.pk), periods=periods, by_day=False, grouping="people")
    assert rows[-1] == ["合计", "", str(board.total), *(str(board.totals[one.key]) for one in board.periods)]
    assert sum(int(row[2]) for row in rows[:-1]) == board.total
    record = Entry.objects.get(action="export.begun")
    assert record.changes["wording"] == "按人员；3 个月" and record.changes["rows"] == len(rows) and record.subject_name == "联系报表"
    assert Entry.objects.filter(action="export.finished").count() == 1
    by_day = lines_taken(cast.manager, query=f"by=methods&month={TODAY:%Y-%m}&method=phone")
    assert by_day[0][:3] == ["方式", "合计", f"{TODAY:%Y-%m}-01"] and by_day[-1][:2] == ["合计", "1"] and len(by_day[0]) == 2 + TODAY.day
    assert lines_taken(cast.rep)[0][0] == "方式"


def test_a_team_beyond_the_reach_a_missing_right_and_paper(cast, history):
    north = position_of(cast.stranger).unit
    assert taken(cast.manager, query=f"unit={north.pk}&by=teams").status_code == 404
    assert taken(cast.warehouse).status_code == 403
    assert taken(cast.manager, form="xlsx").getvalue()[:2] == b"PK"
    printed = client_of(cast.manager).post(reverse("exports:print"), {"list": "report-contacts", "query": "by=people&months=3"})
    text = printed.content.decode()
    assert printed.status_code == 200 and cast.rep.name in text and "合计" in text and f"{TODAY:%Y-%m}" in text
    page = client_of(cast.manager).get(URL).content.decode()
    assert "list=report-contacts" in page and "<c-" not in page


@pytest.mark.parametrize(
    "key",
    ["report-duties", "report-losses", "report-effects", "report-retention", "report-alarms", "report-result", "report-coverage"],
)
def test_every_report_with_a_table_leaves_by_the_same_exporter(cast, history, key):
    ContactRecord.objects.filter(method="phone").update(duty="needs", minutes=30)
    answer = taken(cast.manager, key)
    assert answer.status_code == 200
    heads, *rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert len(heads) > 3 and all(len(row) == len(heads) for row in rows)
    if key in ("report-duties", "report-effects"):
        assert cast.rep.name in {row[0] for row in rows} and cast.stranger.name not in {row[0] for row in rows}
