"""Saved views: private and team, rights, defaults, audit."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from keqing.access.tests.factories import make_cast
from keqing.audit.models import Entry
from keqing.desk.models import SavedView
from keqing.people.tests.test_pages import signed_in

pytestmark = pytest.mark.django_db
LIST = "customers:hospital"


def saved(client, **more):
    sent = {"list": LIST, "query": "preset=quiet&sort=-beds&after=abc&view=9", "name": "久未联系", **more}
    return client.post(reverse("desk:view_new"), sent)


def menu(client, query=""):
    headers = {"HX-Request": "true", "HX-Target": "list-views"}
    return client.get(reverse("desk:views"), {"list": LIST, "query": query}, headers=headers).content.decode()


@pytest.mark.proves("U27")
def test_a_saved_view_holds_filters_order_and_columns_but_not_the_place():
    cast = make_cast()
    client = signed_in(cast.rep)
    answer = saved(client)
    view = SavedView.objects.get()
    assert view.query == "preset=quiet&sort=-beds"
    assert answer.url == f"{reverse('people:organisations', args=['hospital'])}?preset=quiet&sort=-beds&view={view.pk}"
    assert client.get(answer.url).status_code == 200
    assert "久未联系" in menu(client)


@pytest.mark.proves("U27")
def test_a_private_view_is_nobody_elses_and_a_team_view_everybodys_below():
    cast = make_cast()
    manager, rep = signed_in(cast.manager), signed_in(cast.rep)
    saved(manager, name="自己看")
    saved(manager, name="全队看", team="on")
    private, team = SavedView.objects.order_by("pk")
    assert "全队看" in menu(rep) and "自己看" not in menu(rep)
    assert "全队看" not in menu(signed_in(cast.stranger))
    assert rep.post(reverse("desk:view_default", args=[private.pk]), {"on": "1"}).status_code == 404
    assert rep.post(reverse("desk:view_change", args=[private.pk]), {"name": "改"}).status_code == 404
    # known, but only its maker changes it
    assert rep.post(reverse("desk:view_change", args=[team.pk]), {"name": "改"}).status_code == 403
    assert rep.post(reverse("desk:view_delete", args=[team.pk])).status_code == 403
    assert Entry.objects.filter(action="view.shared", subject_id=team.pk).count() == 1


def test_sharing_needs_its_word():
    cast = make_cast()
    assert saved(signed_in(cast.rep), team="on").status_code == 403
    assert SavedView.objects.count() == 0


def test_a_list_one_may_not_open_has_no_views():
    cast = make_cast()
    client = signed_in(cast.rep)
    assert saved(client, list="audit").status_code == 403
    assert saved(client, list="nothing").status_code == 404


def test_views_are_renamed_shared_moved_and_deleted_and_names_are_ones_own():
    cast = make_cast()
    client = signed_in(cast.manager)
    saved(client, name="一")
    saved(client, name="二")
    assert saved(client, name="二").status_code == 422
    one, two = SavedView.objects.order_by("pk")
    client.post(reverse("desk:view_move", args=[two.pk]), {"step": "-1"})
    assert [view.name for view in SavedView.objects.all()] == ["二", "一"]
    client.post(reverse("desk:view_change", args=[one.pk]), {"name": "壹"})
    client.post(reverse("desk:view_change", args=[one.pk]), {"sharing": "1", "team": "1"})
    one.refresh_from_db()
    assert (one.name, one.unit) == ("壹", cast.guangzhou)
    client.post(reverse("desk:view_change", args=[one.pk]), {"sharing": "1"})
    client.post(reverse("desk:view_change", args=[one.pk]), {"query": "sort=name&after=x"})
    one.refresh_from_db()
    assert (one.unit, one.query) == (None, "sort=name")
    client.post(reverse("desk:view_delete", args=[one.pk]))
    assert [view.name for view in SavedView.objects.all()] == ["二"]
    actions = list(Entry.objects.filter(subject_id=one.pk, subject_label="desk.savedview").order_by("pk").values_list("action", flat=True))
    assert actions == ["view.changed", "view.unshared"]


def test_a_list_opens_with_the_default_view_and_can_be_reset_without_it():
    cast = make_cast()
    client = signed_in(cast.rep)
    saved(client)
    view = SavedView.objects.get()
    url = reverse("people:organisations", args=["hospital"])
    client.post(reverse("desk:view_default", args=[view.pk]), {"on": "1"})
    assert client.get(url).url == f"{url}?preset=quiet&sort=-beds&view={view.pk}"
    page = client.get(client.get(url).url).context["page"]
    assert page.reset_url == "?sort=-beds&view=none"
    assert client.get(f"{url}?view=none").status_code == 200
    again = signed_in(cast.rep)  # another browser
    assert again.get(url).status_code == 302
    client.post(reverse("desk:view_default", args=[view.pk]), {"on": "0"})
    assert client.get(url).status_code == 200


def test_the_menu_costs_the_same_for_one_view_and_for_twenty():
    cast = make_cast()
    client = signed_in(cast.rep)
    counts = []
    menu(client)  # rights are remembered after the first page
    for number in range(20):
        saved(client, name=f"视图{number}")
        if number in (0, 19):
            with CaptureQueriesContext(connection) as seen:
                menu(client)
            counts.append(len(seen))
    assert counts[0] == counts[1]
