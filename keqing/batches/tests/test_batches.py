"""Many customers at once: exact numbers, progress that survives a killed worker, and a way back (U30)."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from keqing.access.tests.factories import make_cast, position_of
from keqing.audit.models import Entry as AuditEntry
from keqing.batches import actions
from keqing.batches.models import Batch, BatchRow
from keqing.batches.registry import action_of
from keqing.followups.models import Reminder
from keqing.kit import jobs
from keqing.kit.formats import business_date
from keqing.people.models import Dimension, Organisation, OrganisationTag, Tag
from keqing.people.tests.factories import make_organisation
from keqing.people.tests.test_pages import signed_in

pytestmark = pytest.mark.django_db
ASSIGN = ["assign"]


def begin(client, key, url_args=None, **sent):
    return client.post(reverse("batches:new", args=[key]), {"list": "customers:all", **sent})


def owners(*organisations):
    rows = dict(Organisation.objects.values_list("pk", "owner_position"))
    return [rows[one.pk] for one in organisations]


@pytest.mark.proves("U30")
def test_a_manager_assigns_twelve_and_takes_back_two_of_them():
    cast = make_cast()
    twelve = [make_organisation(owner=cast.rep, name=f"示范{n}医院") for n in range(12)]
    to, was = position_of(cast.sibling).pk, position_of(cast.rep).pk
    client = signed_in(cast.manager)
    answer = begin(client, "assign", selected=[one.pk for one in twelve], position=to, next="/customers/all/")
    assert answer.status_code == 302
    assert answer["Location"] == "/customers/all/"
    assert owners(*twelve) == [to] * 12
    batch = Batch.objects.get()
    told = client.get("/customers/all/").content.decode()
    assert "：12 家。" in told
    assert f'action="{reverse("batches:undo", args=[batch.pk])}"' in told
    client.post(reverse("batches:undo", args=[batch.pk]), {"ticked": "1", "selected": [twelve[0].pk, twelve[5].pk]})
    assert owners(*twelve) == [was if n in (0, 5) else to for n in range(12)]
    outcomes = dict(batch.rows.values_list("customer_id", "outcome"))
    assert [outcomes[one.pk] for one in twelve] == ["undone" if n in (0, 5) else "done" for n in range(12)]


@pytest.mark.proves("U30")
def test_all_of_a_filtered_list_is_what_the_list_shows_and_nothing_else():
    cast = make_cast()
    wanted = [make_organisation(owner=cast.rep, name=f"北江{n}医院") for n in range(60)]
    other = make_organisation(owner=cast.rep, name="南山医院")
    foreign = make_organisation(owner=cast.stranger, name="北江远方医院")
    dimension = Dimension.objects.create(name="重点")
    tag = Tag.objects.create(dimension=dimension, name="今年重点")
    client = signed_in(cast.rep)
    page = client.get(reverse("batches:new", args=["tag"]), {"list": "customers:all", "all": "1", "query": "q=北江"})
    assert '<strong class="figures">60</strong>' in page.content.decode()
    answer = begin(client, "tag", all="1", query="q=北江", count="60", tag=tag.pk, what="add")
    batch = Batch.objects.get()
    assert answer["Location"] == reverse("batches:batch", args=[batch.pk])
    assert batch.state == "running"
    jobs.run_waiting()
    assert set(OrganisationTag.objects.values_list("organisation", flat=True)) == {one.pk for one in wanted}
    assert {other.pk, foreign.pk}.isdisjoint(batch.rows.values_list("customer_id", flat=True))
    page = client.get(reverse("batches:batch", args=[batch.pk])).content.decode()
    assert "已处理" in page and '<strong class="figures">60</strong>' in page


def test_what_was_already_so_is_skipped_and_counted_with_its_reason():
    cast = make_cast()
    one, two = make_organisation(owner=cast.rep), make_organisation(owner=cast.sibling)
    begin(signed_in(cast.manager), "assign", selected=[one.pk, two.pk], position=position_of(cast.sibling).pk)
    assert dict(BatchRow.objects.values_list("customer_id", "outcome")) == {one.pk: "done", two.pk: "skipped"}
    assert BatchRow.objects.get(customer_id=two.pk).reason == "本来就由这个岗位负责。"


def test_undo_leaves_what_somebody_changed_since_and_says_so():
    cast = make_cast()
    one, two = make_organisation(owner=cast.rep), make_organisation(owner=cast.rep)
    client = signed_in(cast.manager)
    begin(client, "assign", selected=[one.pk, two.pk], position=position_of(cast.sibling).pk)
    batch = Batch.objects.get()
    begin(client, "assign", selected=[two.pk], position=position_of(cast.manager).pk)
    client.post(reverse("batches:undo", args=[batch.pk]))
    assert owners(one, two) == [position_of(cast.rep).pk, position_of(cast.manager).pk]
    assert batch.rows.get(customer_id=two.pk).reason == "之后又改了负责人，没有撤销。"


def test_a_follow_up_for_many_goes_to_whoever_answers_and_can_be_withdrawn():
    cast = make_cast()
    one, two = make_organisation(owner=cast.rep), make_organisation(owner=cast.sibling)
    client, due = signed_in(cast.manager), business_date(timezone.now()) + timedelta(days=3)
    begin(client, "schedule", selected=[one.pk, two.pk], due_on=due.isoformat(), text="送样品说明")
    assert dict(Reminder.objects.values_list("customer_id", "position")) == {
        one.pk: position_of(cast.rep).pk, two.pk: position_of(cast.sibling).pk,
    }
    assert set(Organisation.objects.filter(pk__in=[one.pk, two.pk]).values_list("next_due_on", flat=True)) == {due}
    Reminder.objects.filter(customer_id=two.pk).update(version=2)
    client.post(reverse("batches:undo", args=[Batch.objects.get().pk]))
    assert list(Reminder.objects.values_list("customer_id", flat=True)) == [two.pk]
    one.refresh_from_db()
    assert one.next_due_on is None


def test_a_past_day_or_a_denied_word_is_refused_before_anything_is_written():
    cast = make_cast()
    one = make_organisation(owner=cast.rep)
    client, due = signed_in(cast.rep), business_date(timezone.now())
    for sent in ({"due_on": "2020-01-01", "text": "回访"}, {"due_on": due.isoformat(), "text": "统方"}):
        assert begin(client, "schedule", selected=[one.pk], **sent).status_code == 422
    assert not Batch.objects.exists() and not Reminder.objects.exists()
    assert AuditEntry.objects.filter(action="compliance.refused").count() == 1


def test_a_killed_worker_loses_nothing_and_does_nothing_twice():
    cast = make_cast()
    rows = [make_organisation(owner=cast.rep) for _n in range(55)]
    tag = Tag.objects.create(dimension=Dimension.objects.create(name="层级"), name="核心")
    begin(signed_in(cast.rep), "tag", selected=[one.pk for one in rows], tag=tag.pk, what="add")
    batch = Batch.objects.get()
    jobs._take_next()  # the worker took the job and died
    later = timezone.now() + timedelta(minutes=3)
    actions.take_up_abandoned(at=later)
    actions.take_up_abandoned(at=later)
    assert jobs.run_waiting() == 2
    batch.refresh_from_db()
    assert batch.state == "done"
    assert OrganisationTag.objects.count() == 55
    assert AuditEntry.objects.filter(action="organisation.edited").count() == 55


def test_stopping_keeps_what_is_done_and_leaves_the_rest():
    cast = make_cast()
    rows = [make_organisation(owner=cast.rep) for _n in range(51)]
    tag = Tag.objects.create(dimension=Dimension.objects.create(name="层级"), name="核心")
    client = signed_in(cast.rep)
    begin(client, "tag", selected=[one.pk for one in rows], tag=tag.pk, what="add")
    batch = Batch.objects.get()
    client.post(reverse("batches:stop", args=[batch.pk]))
    jobs.run_waiting()
    batch.refresh_from_db()
    assert batch.state == "stopped"
    assert not OrganisationTag.objects.exists()
    assert "没有处理" in client.get(reverse("batches:batch", args=[batch.pk])).content.decode()


def test_rights_are_asked_again_when_the_job_runs():
    cast = make_cast()
    rows = [make_organisation(owner=cast.rep) for _n in range(51)]
    begin(signed_in(cast.manager), "assign", selected=[one.pk for one in rows], position=position_of(cast.sibling).pk)
    Organisation.objects.filter(pk=rows[0].pk).update(owner_position=position_of(cast.stranger), unit=position_of(cast.stranger).unit)
    jobs.run_waiting()
    assert owners(rows[0]) == [position_of(cast.stranger).pk]
    assert BatchRow.objects.get(customer_id=rows[0].pk).outcome == "skipped"


def test_more_than_the_limit_is_refused_before_it_begins():
    cast = make_cast()
    with pytest.raises(actions.BatchRefused, match="10,000"):
        actions.start_batch(
            action=action_of("tag"), ids=range(actions.LARGEST + 1), parameters={}, sentence="", list_key="customers:all",
            query="", by=cast.rep, at=timezone.now(),
        )
    assert not Batch.objects.exists()


def test_an_empty_choice_or_an_unknown_list_is_not_found():
    cast = make_cast()
    client = signed_in(cast.manager)
    for sent in ({"list": "customers:all"}, {"list": "nothing", "selected": "1"}, {"list": "contacts", "selected": "1"}):
        assert client.get(reverse("batches:new", args=["assign"]), sent).status_code == 404
    assert client.get(reverse("batches:new", args=["nothing"]), {"list": "customers:all"}).status_code == 404


def labels():
    return Tag.objects.create(dimension=Dimension.objects.create(name="层级"), name="核心")


def test_a_form_sent_twice_makes_one_batch():
    cast = make_cast()
    one, due = make_organisation(owner=cast.rep), business_date(timezone.now()).isoformat()
    client = signed_in(cast.rep)
    for _time in range(2):
        begin(client, "schedule", selected=[one.pk], due_on=due, text="回访", form_key="5f0c1d2e")
    assert Batch.objects.count() == 1
    assert Reminder.objects.count() == 1


def test_a_label_put_on_meanwhile_is_not_lost_to_an_open_form():
    cast = make_cast()
    one, tag = make_organisation(owner=cast.rep), labels()
    begin(signed_in(cast.rep), "tag", selected=[one.pk], tag=tag.pk, what="add")
    assert Organisation.objects.get(pk=one.pk).version == one.version + 1


def test_undo_leaves_a_label_that_was_set_anew():
    cast = make_cast()
    one, tag = make_organisation(owner=cast.rep), labels()
    client = signed_in(cast.rep)
    begin(client, "tag", selected=[one.pk], tag=tag.pk, what="add")
    first = Batch.objects.get()
    for what in ("remove", "add"):
        begin(client, "tag", selected=[one.pk], tag=tag.pk, what=what)
    client.post(reverse("batches:undo", args=[first.pk]))
    assert OrganisationTag.objects.filter(organisation=one).count() == 1
    assert first.rows.get().reason == "标签之后又改过，没有撤销。"


def test_undo_leaves_a_customer_who_went_away_and_came_back():
    cast = make_cast()
    one = make_organisation(owner=cast.rep)
    client = signed_in(cast.manager)
    for position in (cast.sibling, cast.manager, cast.sibling):
        begin(client, "assign", selected=[one.pk], position=position_of(position).pk)
    client.post(reverse("batches:undo", args=[Batch.objects.order_by("pk").first().pk]))
    assert owners(one) == [position_of(cast.sibling).pk]


def test_a_list_that_grew_since_is_confirmed_again():
    cast = make_cast()
    make_organisation(owner=cast.rep, name="北江一医院")
    client, tag = signed_in(cast.rep), labels()
    make_organisation(owner=cast.rep, name="北江二医院")
    answer = begin(client, "tag", all="1", query="q=北江", count="1", tag=tag.pk, what="add")
    assert answer.status_code == 422
    assert "现在是 2 家" in answer.content.decode()
    assert not Batch.objects.exists()


def stopped_half_way(cast, monkeypatch):
    """A batch of 60 whose second portion fails."""
    rows = [make_organisation(owner=cast.rep) for _n in range(60)]
    monkeypatch.setattr(actions, "PORTION", 40)
    begin(signed_in(cast.rep), "tag", selected=[one.pk for one in rows], tag=labels().pk, what="add")
    batch = Batch.objects.get()
    actions._portion(batch_id=batch.pk, at=timezone.now())
    return batch


def test_taking_back_a_part_of_a_stopped_batch_leaves_it_stopped(monkeypatch):
    cast = make_cast()
    batch = stopped_half_way(cast, monkeypatch)
    actions.ask_to_stop(batch=batch, at=timezone.now())
    jobs.run_waiting()
    done = batch.rows.filter(outcome="done").first()
    signed_in(cast.rep).post(reverse("batches:undo", args=[batch.pk]), {"ticked": "1", "selected": done.customer_id})
    batch.refresh_from_db()
    assert (batch.state, batch.rows.filter(outcome="waiting").count()) == ("stopped", 20)


def test_an_undo_that_could_not_finish_can_be_asked_for_again(monkeypatch):
    cast = make_cast()
    batch = stopped_half_way(cast, monkeypatch)
    jobs.run_waiting()
    batch.refresh_from_db()
    actions.undo_batch(batch=batch, customers=None, by=cast.rep, at=timezone.now())
    type(cast.rep).objects.filter(pk=cast.rep.pk).update(is_active=False, left_on=business_date(timezone.now()))
    jobs.run_waiting()
    assert batch.rows.filter(outcome="done").count() == 60
    assert Batch.objects.get().message != ""


@pytest.mark.django_db(transaction=True)
def test_a_portion_that_fails_ends_the_batch_with_a_message(monkeypatch):
    cast = make_cast()
    batch = stopped_half_way(cast, monkeypatch)

    def broken(**_given):
        raise RuntimeError

    monkeypatch.setattr(action_of("tag"), "apply", broken)
    with pytest.raises(RuntimeError):
        actions.run(batch_id=batch.pk, now=timezone.now)
    batch.refresh_from_db()
    assert (batch.state, batch.rows.filter(outcome="done").count()) == ("stopped", 40)
    assert "出错" in batch.message


@pytest.mark.django_db(transaction=True)
def test_a_running_portion_does_not_hold_up_its_person_elsewhere():
    from django.db import connections, transaction

    cast = make_cast()
    make_organisation(owner=cast.rep)
    at = timezone.now()
    batch = Batch.objects.create(
        action="tag", parameters={"tag": 0, "add": True}, sentence="打上标签", list_key="customers:all", total=0, by=cast.rep,
        started_at=at, touched_at=at,
    )
    with transaction.atomic():
        actions._portion(batch_id=batch.pk, at=at)
        other = connections["default"].copy()
        try:
            with other.cursor() as cursor:  # what a foreign key to the person asks for
                cursor.execute("select 1 from access_staff where id = %s for key share nowait", [cast.rep.pk])
        finally:
            other.close()
