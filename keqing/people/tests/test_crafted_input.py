"""What no browser sends by itself is answered like any other wrong input, never with a failure of the server."""

import base64
import json

import pytest
from django.urls import reverse

from keqing.access.tests.factories import make_cast
from keqing.kit.addresses import LARGEST, whole_number
from keqing.people.tests.factories import make_organisation
from keqing.people.tests.test_pages import signed_in

HUGE = "9" * 25


def test_only_plain_digits_that_a_column_can_hold_are_a_number():
    assert [whole_number(text) for text in ("7", "007", str(LARGEST))] == [7, 7, LARGEST]
    assert [whole_number(text) for text in (None, "", "²", "٣", "-1", "1.0", HUGE, str(LARGEST + 1))] == [None] * 8


@pytest.mark.django_db
def test_addresses_with_null_signs_or_odd_numbers_do_not_break_a_page():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep)
    client = signed_in(cast.manager)
    key = [hospital.pk]
    cursor = base64.urlsafe_b64encode(json.dumps(["a\x00", 1]).encode()).decode()
    for url, sent in (
        (reverse("desk:search"), {"q": "a\x00b"}),
        (reverse("followups:stream", args=key), {"text": "a\x00b"}),
        (reverse("people:regions"), {"q": "a\x00"}),
        (reverse("people:organisations", args=["all"]), {"province": "a\x00"}),
        (reverse("people:organisations", args=["all"]), {"sort": "name", "letter": "\x00"}),
        (reverse("people:organisations", args=["all"]), {"sort": "name", "after": cursor}),
        (reverse("people:organisations", args=["all"]), {"size": "²", "owner": HUGE}),
        (reverse("batches:new", args=["assign"]), {"list": "customers:all", "selected": "²"}),
        (reverse("batches:new", args=["tag"]), {"list": "customers:all", "selected": HUGE}),
        (reverse("batches:new", args=["tag"]), {"list": "customers:\x00", "all": "1"}),
        (reverse("followups:record", args=key), {"person": "²"}),
        (reverse("people:person_new"), {"organisation": "²"}),
        (reverse("people:person_new"), {"organisation": HUGE}),
        (reverse("interchange:imports"), {"before": "²"}),
        (reverse("interchange:imports"), {"before": HUGE}),
    ):
        assert client.get(url, sent).status_code < 500, (url, sent)
    for sent in ({"name": "a\x00bcde"}, {"name": "示例市人民", "without": "²"}, {"noun": "person", "organisation_id": "²"}):
        assert client.post(reverse("people:duplicates"), sent).status_code == 200, sent


@pytest.mark.django_db
def test_a_null_sign_is_taken_out_of_what_is_stored_and_nothing_else_is_lost():
    cast = make_cast()
    hospital = make_organisation(owner=cast.rep)
    sent = {"name": "示例\x00中心医院", "version": hospital.version, "business_state": "first", "address": "甲路 1 号"}
    assert signed_in(cast.rep).post(reverse("people:organisation_edit", args=[hospital.pk]), sent).status_code == 302
    hospital.refresh_from_db()
    assert (hospital.name, hospital.address) == ("示例中心医院", "甲路 1 号")
