import re
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from keqing.access.tests.factories import make_cast
from keqing.followups.actions.comments import comment_on
from keqing.followups.actions.contacts import correct_contact
from keqing.followups.models import Comment, Commitment, ContactRecord, Participant, Reminder
from keqing.followups.queries import stream_board
from keqing.followups.tests.factories import NOW, TODAY, fields, make_contact, make_reminder
from keqing.kit.formats import business_date
from keqing.people.actions.people import Post, add_affiliation
from keqing.people.models import Organisation, Person
from keqing.people.tests.factories import make_organisation, make_person

pytestmark = pytest.mark.django_db
SEVEN = ("跟踪日期", "方式", "跟踪人", "回访日期", "业务状态", "业务描述", "解决方法")


def signed_in(staff) -> Client:
    client = Client()
    client.force_login(staff)
    return client


def today():
    return business_date(timezone.now())


def posted(**rest):
    return {
        "form_key": uuid.uuid4().hex, "track_on": today().isoformat(), "method": "phone", "business_state": "needs",
        "description": "询问说明书更新", "solution": "已发新版", **rest,
    }


def statements(captured) -> int:
    return len([q for q in captured if "SAVEPOINT" not in q["sql"]])


@pytest.mark.proves("R-195")
def test_the_form_shows_the_seven_labels_and_stores_what_was_typed(cast, hospital):
    doctor = make_person(at_organisation=hospital)
    client = signed_in(cast.rep)
    url = reverse("followups:record", args=[hospital.pk])
    page = client.get(url).content.decode()
    # 跟踪人 is whoever is signed in and is shown on the record
    assert all(label in page for label in SEVEN if label != "跟踪人") and "张卫东" in page and "<c-" not in page
    callback = today() + timedelta(days=1)
    answer = client.post(url, posted(participants=doctor.pk, callback_on=callback.isoformat(), products="示范药"))
    assert (answer.status_code, answer.url) == (302, reverse("desk:customer", args=[hospital.pk]))
    contact = ContactRecord.objects.get()
    assert (contact.method, contact.solution, contact.products) == ("phone", "已发新版", "示范药")
    assert Participant.objects.get().name == "张卫东"
    assert Reminder.objects.get().due_on == callback
    shown = client.get(reverse("followups:contact", args=[contact.pk])).content.decode()
    assert all(label in shown for label in SEVEN) and "李雯" in shown


@pytest.mark.proves("R-294")
@pytest.mark.parametrize("method", ["visit", "phone", "fax", "email", "sms", "direct", "media"])
def test_every_method_is_offered_and_accepted(cast, hospital, method):
    client = signed_in(cast.rep)
    url = reverse("followups:record", args=[hospital.pk])
    assert f'value="{method}"' in client.get(url).content.decode()
    client.post(url, posted(method=method))
    assert ContactRecord.objects.get().method == method


@pytest.mark.proves("R-196")
def test_the_last_ten_contacts_are_at_hand_on_the_three_screens(cast, hospital):
    for number in range(11):
        last = make_contact(customer=hospital, by=cast.rep, description=f"第{number:02}次", track_on=TODAY - timedelta(days=20 - number))
    manager = signed_in(cast.manager)
    screens = [
        signed_in(cast.rep).get(reverse("followups:record", args=[hospital.pk])),
        manager.get(reverse("followups:comment", args=[last.pk])),
        manager.get(reverse("followups:history", args=[hospital.pk])),
        manager.get(reverse("followups:contact", args=[last.pk])),
    ]
    for screen in screens:
        page = screen.content.decode()
        assert all(f"第{number:02}次" in page for number in range(1, 11)) and "第00次" not in page
    board = stream_board(customer=hospital, staff=cast.rep, today=TODAY)
    assert len([line for line in board.lines if line.is_contact]) == 11


def test_a_customer_who_belongs_to_no_organisation_is_recorded_too(cast):
    consumer = make_person(owner=cast.care, kind="consumer", name="周女士")
    client = signed_in(cast.care)
    url = reverse("followups:record", args=[consumer.pk])
    assert "周女士" in client.get(url).content.decode()
    answer = client.post(url, posted(callback_on=today().isoformat()))
    assert (answer.status_code, answer.url) == (302, reverse("desk:customer", args=[consumer.pk]))
    consumer.refresh_from_db()
    assert (consumer.last_contact_on, consumer.next_due_on) == (today(), today())
    assert "询问说明书更新" in client.get(reverse("followups:stream", args=[consumer.pk])).content.decode()
    assert signed_in(cast.rep).get(url).status_code == 404


def test_a_wrong_form_comes_back_whole(cast, hospital):
    client = signed_in(cast.rep)
    answer = client.post(
        reverse("followups:record", args=[hospital.pk]),
        posted(callback_on=(today() - timedelta(days=3)).isoformat(), description="写了很多字"),
    )
    page = answer.content.decode()
    assert answer.status_code == 422 and "回访日期不能早于跟踪日期" in page and "写了很多字" in page
    assert not ContactRecord.objects.exists()


def test_only_recording_makes_no_reminder_and_the_next_address_must_be_ours(cast, hospital):
    client = signed_in(cast.rep)
    url = reverse("followups:record", args=[hospital.pk])
    answer = client.post(url, posted(callback_on=today().isoformat(), no_callback="1", next="//evil.example/"))
    assert answer.url == reverse("desk:customer", args=[hospital.pk])
    assert not Reminder.objects.exists()
    assert client.post(url, posted(next="/team/")).url == "/team/"


def test_a_mangled_key_or_participant_does_no_harm(cast, hospital):
    make_person(at_organisation=hospital)
    client = signed_in(cast.rep)
    url = reverse("followups:record", args=[hospital.pk])
    assert client.post(url, posted(form_key="nonsense", participants="")).status_code == 302
    assert client.post(url, posted(participants="999999")).status_code == 422


@pytest.mark.proves("T03")
def test_the_same_form_posted_again_is_one_record(cast, hospital):
    client = signed_in(cast.rep)
    url = reverse("followups:record", args=[hospital.pk])
    form = posted(callback_on=today().isoformat())
    assert [client.post(url, form).status_code for _ in range(6)] == [302] * 6
    assert ContactRecord.objects.count() == Reminder.objects.count() == 1


def cost_of_recording(client, hospital, **typed) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        answer = client.post(reverse("followups:record", args=[hospital.pk]), posted(**typed))
    assert answer.status_code == 302
    return [q["sql"][:120] for q in captured if "SAVEPOINT" not in q["sql"]]


def test_recording_costs_six_statements_and_with_everything_nine_however_many_take_part(cast):
    hospital = make_organisation(owner=cast.rep, level="3a")
    many = [make_person(at_organisation=hospital, name=f"王{n}") for n in range(30)]
    client = signed_in(cast.rep)
    client.get(reverse("followups:record", args=[hospital.pk]))  # rights are remembered from then on
    plain = cost_of_recording(client, hospital)
    assert len(plain) == 6, plain
    promised = {"promise": "送样品", "promise_on": (today() + timedelta(days=2)).isoformat()}
    for people in (many[:1], many):
        reminder = make_reminder(customer=hospital, by=cast.rep)
        everything = cost_of_recording(
            client, hospital, method="visit", participants=[p.pk for p in people], products="、".join(f"药{n}" for n in range(30)),
            materials="说明书", callback_on=today().isoformat(), finish=reminder.pk, finish_due="1", **promised,
        )
        assert len(everything) == 9, everything
    assert Participant.objects.count() == 31 and Commitment.objects.count() == 2
    assert ContactRecord.objects.filter(is_unannounced=True).count() == 2


def test_a_form_that_comes_back_offers_everybody_again(cast, hospital):
    chosen, other = (make_person(at_organisation=hospital, name=name) for name in ("王一", "李二"))
    client = signed_in(cast.rep)
    url = reverse("followups:record", args=[hospital.pk])
    page = client.post(url, posted(participants=chosen.pk, description="")).content.decode()
    assert re.search(rf'value="{chosen.pk}"[^>]* checked', page) and "李二" in page
    assert client.post(url, posted(participants=[chosen.pk, chosen.pk])).status_code == 302
    assert Participant.objects.get().person_id == chosen.pk
    empty = make_organisation(owner=cast.rep, name="无人诊所")
    assert "参与人" not in client.post(reverse("followups:record", args=[empty.pk]), posted(description="")).content.decode()
    assert client.post(reverse("followups:record", args=[empty.pk]), posted(participants=other.pk)).status_code == 422


def test_doors_hide_strangers_customers_and_refuse_readers(cast, hospital):
    contact = make_contact(customer=hospital, by=cast.rep)
    comment = comment_on(contact=contact, text="好", by=cast.manager, at=NOW)
    rows = {
        "record": hospital.pk, "history": hospital.pk, "stream": hospital.pk, "contact": contact.pk,
        "correct": contact.pk, "reply": comment.pk,
    }
    for name, pk in rows.items():
        assert signed_in(cast.stranger).get(reverse(f"followups:{name}", args=[pk])).status_code == 404, name
        assert Client().get(reverse(f"followups:{name}", args=[pk])).status_code == 302, name
    for name in ("record", "correct", "comment"):
        answer = signed_in(cast.compliance).get(reverse(f"followups:{name}", args=[rows.get(name, contact.pk)]))
        assert answer.status_code == 403, name
    for name in ("history", "stream", "contact"):
        assert signed_in(cast.compliance).get(reverse(f"followups:{name}", args=[rows[name]])).status_code == 200, name
    assert signed_in(cast.rep).get(reverse("followups:comment", args=[contact.pk])).status_code == 403
    assert signed_in(cast.finance).get(reverse("followups:contacts")).status_code == 403
    assert signed_in(cast.stranger).post(reverse("followups:comment_read", args=[comment.pk])).status_code == 404


def test_a_correction_through_the_page_and_a_stale_one(cast, hospital):
    contact = make_contact(customer=hospital, by=cast.rep)
    client = signed_in(cast.rep)
    url = reverse("followups:correct", args=[contact.pk])
    assert "药事会排期待定" in client.get(url).content.decode()
    form = {**fields(description="改一"), "track_on": TODAY.isoformat(), "version": 1, "reason": "错字"}
    assert client.post(url, form).url == reverse("followups:contact", args=[contact.pk])
    stale = client.post(url, {**form, "description": "改二"})
    page = stale.content.decode()
    assert stale.status_code == 409 and "改一" in page and "改二" in page and 'name="version" value="2"' in page
    assert client.post(url, {**form, "reason": ""}).status_code == 422
    shown = client.get(reverse("followups:contact", args=[contact.pk])).content.decode()
    assert "以前的版本" in shown and "药事会排期待定" in shown and "改一" in shown
    assert signed_in(cast.manager).post(url, {**form, "version": 2, "description": "替他改"}).status_code == 422


@pytest.mark.proves("R-197")
def test_a_comment_is_written_answered_and_read_in_the_pages(cast, hospital):
    contact = make_contact(customer=hospital, by=cast.rep)
    manager, rep = signed_in(cast.manager), signed_in(cast.rep)
    url = reverse("followups:comment", args=[contact.pk])
    assert manager.post(url, {"text": ""}).status_code == 422
    assert manager.post(url, {"text": "带上医学部"}).status_code == 302
    comment = Comment.objects.get()
    assert "未读" in rep.get(reverse("followups:contact", args=[contact.pk])).content.decode()
    answer = rep.post(reverse("followups:reply", args=[comment.pk]), {"text": "好的", "next": "/"})
    assert answer.url == "/"
    assert Comment.objects.unread_by(cast.rep).count() == 0
    reply = Comment.objects.get(reply_to=comment)
    read = manager.post(reverse("followups:comment_read", args=[reply.pk]), headers={"HX-Request": "true"})
    assert read.status_code == 204
    assert rep.post(reverse("followups:reply", args=[reply.pk]), {"text": "我再说"}).status_code == 422


@pytest.mark.proves("R-176")
def test_the_four_facts_stand_on_top_of_the_stream(cast, hospital):
    make_contact(customer=hospital, by=cast.rep, track_on=TODAY - timedelta(days=730), description="两年前谈过药事会")
    page = signed_in(cast.rep).get(reverse("followups:stream", args=[hospital.pk])).content.decode()
    for words in ("上次谈了什么", "两年前谈过药事会", "上次推荐", "示范药 50mg", "送过资料", "说明书", "最近报价", "--"):
        assert words in page
    assert page.index("最近报价") < page.index("记一笔")


def test_chips_search_and_paging_of_the_stream(cast, hospital):
    for number in range(25):
        contact = make_contact(
            customer=hospital, by=cast.rep, method="phone" if number % 2 else "visit", description=f"谈话{number:02}",
            at=NOW + timedelta(minutes=number),
        )
    comment_on(contact=contact, text="好", by=cast.manager, at=NOW)

    def texts(**rest):
        return [line.entry.text for line in stream_board(customer=hospital, staff=cast.rep, today=TODAY, **rest).lines]

    first = stream_board(customer=hospital, staff=cast.rep, today=TODAY)
    second = texts(after=first.after)
    assert first.lines[0].entry.text == "谈话24" and len(first.lines) == 20
    assert second[:5] == ["谈话04", "谈话03", "谈话02", "谈话01", "谈话00"]
    assert len(texts(kind="phone")) == 12 and texts(kind="comment") == ["谈话24"] and texts(text="谈话1")[0] == "谈话19"
    assert len(texts(after="nonsense")) == 20
    client = signed_in(cast.rep)
    url = reverse("followups:stream", args=[hospital.pk])
    part = client.get(url, {"kind": "comment"}, headers={"HX-Request": "true"}).content.decode()
    assert "谈话24" in part and "谈话23" not in part and "<html" not in part
    more = client.get(url, {"after": first.after}, headers={"HX-Request": "true"}).content.decode()
    assert "谈话00" in more and "上次谈了什么" not in more


def test_the_board_takes_four_statements_at_1_and_50_entries(cast, hospital):
    make_person(at_organisation=hospital)
    staff = cast.manager
    assert staff.standing

    def cost() -> int:
        fresh = Organisation.objects.get(pk=hospital.pk)
        with CaptureQueriesContext(connection) as captured:
            stream_board(customer=fresh, staff=staff, today=TODAY)
        return len(captured)

    contact = make_contact(customer=hospital, by=cast.rep)
    one = cost()
    for _ in range(49):
        comment_on(contact=make_contact(customer=hospital, by=cast.rep), text="好", by=cast.manager, at=NOW)
    correct_contact(contact=contact, fields=fields(description="改"), participants=(), reason="错", by=cast.rep, at=NOW)
    assert one == cost() == 4


@pytest.mark.parametrize("preset", ["", "today", "week", "mine", "to_comment"])
def test_lists_cost_the_same_at_1_and_50_rows(cast, hospital, preset):
    client = signed_in(cast.manager)

    def cost(name: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            known = preset if name == "contacts" or preset in ("", "today", "mine") else ""
            assert client.get(reverse(f"followups:{name}"), {"preset": known}).status_code == 200
        return statements(captured)

    make_contact(customer=hospital, by=cast.rep, callback_on=TODAY)
    cost("contacts")  # the first page after signing in asks what is kept from then on
    before = [cost("contacts"), cost("reminders")]
    for _ in range(49):
        make_contact(customer=hospital, by=cast.rep, callback_on=TODAY)
    after = [cost("contacts"), cost("reminders")]
    assert before == after and max(after) <= 10


def test_the_contact_list_filters_and_opens_in_the_panel(cast, hospital):
    contact = make_contact(customer=hospital, by=cast.rep, description="谈了排期")
    client = signed_in(cast.manager)
    url = reverse("followups:contacts")
    assert "谈了排期" in client.get(url, {"method": "visit", "tracker": "李", "first": TODAY, "customer": "示例"}).content.decode()
    assert "谈了排期" not in client.get(url, {"method": "fax"}).content.decode()
    panel = client.get(
        reverse("followups:contact", args=[contact.pk]), headers={"HX-Request": "true", "HX-Target": "panel"}
    ).content.decode()
    assert "谈了排期" in panel and "<html" not in panel and "最近联系" not in panel


def test_a_form_used_twice_comes_back_whole_and_its_next_save_is_a_second_contact(cast, hospital):
    client, url = signed_in(cast.rep), reverse("followups:record", args=[hospital.pk])
    first = posted()
    assert client.post(url, first).status_code == 302
    answer = client.post(url, {**first, "description": "另一次谈话"})
    page = answer.content.decode()
    assert answer.status_code == 422 and "还没有保存" in page and "另一次谈话" in page
    key = answer.context["form"].form_key
    assert key != first["form_key"] and key in page
    assert client.post(url, {**first, "description": "另一次谈话", "form_key": key}).status_code == 302
    assert ContactRecord.objects.count() == 2


def test_lists_find_a_customer_as_the_search_does_but_never_by_a_phone(cast, hospital):
    Organisation.objects.filter(pk=hospital.pk).update(name="改了名的医院")
    consumer = make_person(owner=cast.rep, name="曾无任", kind="consumer", mobile="13812341402")
    renamed = Organisation.objects.get(pk=hospital.pk)
    renamed.index_for_search()
    renamed.save()
    make_contact(customer=hospital, by=cast.rep, callback_on=TODAY, description="谈了排期")
    make_contact(customer=consumer, by=cast.rep, callback_on=TODAY, description="电话回访")
    client = signed_in(cast.rep)

    def shown(name: str, customer: str) -> list[str]:
        page = client.get(reverse(f"followups:{name}"), {"customer": customer}).context["page"]
        names = {hospital.pk: "医院", consumer.pk: "曾"}
        return sorted(names[row.customer_id] for row in page.rows)

    for name in ("contacts", "reminders"):
        found = {text: shown(name, text) for text in ("glm", "改了名", "曾无任", "1402", "13812341402", "")}
        assert found == {
            "glm": ["医院"], "改了名": ["医院"], "曾无任": ["曾"], "1402": [], "13812341402": [], "": sorted(["医院", "曾"]),
        }, name


def test_what_was_recorded_before_somebody_got_a_post_stays_readable_and_correctable(cast, hospital):
    doctor = make_person(owner=cast.rep, name="周若")
    contact = make_contact(customer=doctor, by=cast.rep, at=NOW)
    add_affiliation(person=Person.objects.get(pk=doctor.pk), post=Post(hospital, "doctor"), is_primary=True, by=cast.rep, at=NOW)
    client = signed_in(cast.rep)
    for name in ("desk:person_contacts", "followups:stream", "followups:history"):
        answer = client.get(reverse(name, args=[doctor.pk]))
        assert answer.status_code == 200 and "药事会排期待定" in answer.content.decode(), name
    assert "composer-text" not in client.get(reverse("followups:stream", args=[doctor.pk])).content.decode()
    assert client.get(reverse("followups:correct", args=[contact.pk])).status_code == 200
    assert client.get(reverse("followups:record", args=[doctor.pk])).status_code == 404  # new ones belong to the hospital
    newcomer = make_contact(customer=hospital, by=cast.rep, description="在医院谈的")
    newcomer.participants.create(customer_id=hospital.pk, person_id=doctor.pk, name=doctor.name)
    panel = client.get(reverse("desk:person_contacts", args=[doctor.pk])).content.decode()
    assert "在医院谈的" in panel and "药事会排期待定" in panel


@pytest.mark.proves("R-194", "R-195")
def test_the_list_of_contacts_is_filtered_by_what_they_say():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep)
    make_contact(customer=hospital, by=cast.rep, description="主任要求降价")
    make_contact(customer=hospital, by=cast.rep, description="送新版说明书", solution="下周再谈价格")
    client = signed_in(cast.rep)
    for text, found in (("降价", [True, False]), ("下周 价格", [False, True]), ("新版", [False, True])):
        page = client.get(reverse("followups:contacts"), {"q": text}).content.decode()
        assert ["主任要求降价" in page, "送新版说明书" in page] == found, text
