"""Form → one action → back: what happens to each way it can end."""

from types import SimpleNamespace

import pytest
from django import forms
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpResponse

from keqing.kit import form_action
from keqing.kit.form_action import FormAction
from keqing.kit.forms import VersionedForm


class Refused(Exception):
    pass


class Stale(Refused):
    def __init__(self):
        super().__init__("刚被别人改过，请核对。")
        self.theirs = SimpleNamespace(version=7, text="他的")


class TextForm(VersionedForm):
    text = forms.CharField(label="内容")


@pytest.fixture
def drawn(monkeypatch):
    """What would be drawn, instead of a page."""
    found = {}

    def answer(_request, **rest):
        found.update(rest)
        return HttpResponse(status=rest["status"])

    monkeypatch.setattr(form_action, "answer", answer)
    return found


@pytest.fixture
def request_(rf):
    def make(method, **data):
        request = getattr(rf, method)("/place/", data)
        request._messages = CookieStorage(request)
        return request

    return make


def acted(request, store, **kinds):
    form = TextForm(request.POST or None)
    act = FormAction(page="whole.html", stale=(Stale,), refused=(Refused,), **kinds)
    return act(request, form=form, store=store, default="/home/", context={"heading": "改"}), form


def raising(error):
    def store():
        raise error

    return store


def test_shown_and_then_stored_the_person_goes_back_to_where_they_were(request_, drawn):
    answer, _ = acted(request_("get"), lambda: "不会发生")
    assert (answer.status_code, drawn["page"], drawn["fragment"]) == (200, "whole.html", "whole.html")
    assert drawn["context"]["cancel_url"] == "/home/" and drawn["context"]["heading"] == "改" and drawn["context"]["action"] == "/place/"
    request = request_("post", version=1, text="我的", next="/there/")
    answer, _ = acted(request, lambda: "已保存。")
    assert (answer.status_code, answer.url) == (302, "/there/") and [str(m) for m in request._messages] == ["已保存。"]


def test_a_refusal_comes_back_with_its_sentence_and_what_was_typed(request_, drawn):
    answer, form = acted(request_("post", version=1, text="我的"), raising(Refused("今天不行。")))
    assert answer.status_code == 422 and form.non_field_errors() == ["今天不行。"] and form["text"].value() == "我的"
    placed = []
    acted(request_("post", version=1, text="我的"), raising(Refused("不行。")), refuse=lambda _r, f, e: placed.append(f.add_error("text", str(e))))
    assert placed and drawn["context"]["form"].errors["text"] == ["不行。"] and drawn["status"] == 422
    assert acted(request_("post", version=1), raising(AssertionError))[0].status_code == 422


def test_a_stale_form_takes_their_version_and_shows_theirs(request_, drawn):
    answer, form = acted(request_("post", version=1, text="我的"), raising(Stale()))
    assert answer.status_code == 409 and form["version"].value() == "7" and form["text"].value() == "我的"
    assert drawn["context"]["stale"].text == "他的" and form.conflicts == []
    _, form = acted(request_("post", version=1, text="我的"), raising(Stale()), beside=lambda _form, theirs: {"text": theirs.text})
    assert [(one.mine, one.theirs) for one in form.conflicts] == [("我的", "他的")]
