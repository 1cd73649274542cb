from datetime import date

import pytest
from django import forms

from keqing.kit.forms import Form, VersionedForm


class Sample(Form):
    layout = (("基本信息", ("name", "grade")),)

    name = forms.CharField(label="名称")
    grade = forms.ChoiceField(label="等级", choices=[("A", "A 级"), ("B", "B 级")])
    beds = forms.IntegerField(label="床位", required=False, min_value=0)
    price = forms.DecimalField(label="单价", required=False)
    since = forms.DateField(label="成立日期", required=False)
    ways = forms.MultipleChoiceField(
        label="方式", required=False, choices=[("call", "电话"), ("visit", "拜访")], widget=forms.CheckboxSelectMultiple
    )
    note = forms.CharField(label="备注", required=False, widget=forms.Textarea)


class Edit(VersionedForm):
    name = forms.CharField(label="名称")
    grade = forms.ChoiceField(label="等级", choices=[("A", "A 级"), ("B", "B 级")])
    since = forms.DateField(label="成立日期", required=False)


def test_fields_stand_in_their_groups_and_the_rest_follows() -> None:
    groups = Sample().groups()
    assert [group.title for group in groups] == ["基本信息", ""]
    assert [field.name for field in groups[0].fields] == ["name", "grade"]
    assert [field.name for field in groups[1].fields] == ["beds", "price", "since", "ways", "note"]


@pytest.mark.proves("U39")
def test_the_summary_names_each_field_and_leads_to_it() -> None:
    form = Sample({"beds": "许多", "grade": ""})
    problems = form.problems()
    assert [(problem.field_id, problem.message) for problem in problems[:2]] == [
        ("id_name", "请填写名称。"),
        ("id_grade", "请选择等级。"),
    ]
    assert problems[2].label == "床位"


@pytest.mark.proves("U39")
def test_what_was_typed_comes_back_even_when_it_is_no_number() -> None:
    html = str(Sample({"name": "甲", "beds": "许多"})["beds"])
    assert 'value="许多"' in html
    assert 'type="text"' in html


@pytest.mark.proves("U40")
def test_the_idempotency_key_is_new_for_a_fresh_form_and_stays_with_a_refused_one() -> None:
    fresh = Sample()
    assert fresh.form_key == fresh.form_key
    assert fresh.form_key != Sample().form_key
    assert Sample({"form_key": "k1"}).form_key == "k1"


@pytest.mark.proves("U47")
def test_a_phone_shows_the_keyboard_that_fits() -> None:
    form = Sample()
    assert form.fields["beds"].widget.attrs["inputmode"] == "numeric"
    assert form.fields["price"].widget.attrs["inputmode"] == "decimal"
    assert 'type="date"' in str(form["since"])


def test_choices_are_labelled_boxes_and_say_what_is_chosen() -> None:
    html = str(Sample({"name": "甲", "grade": "A", "ways": ["visit"]})["ways"])
    assert html.count("<label>") == 2
    assert html.count("checked") == 1


def test_a_field_is_drawn_with_label_help_and_error() -> None:
    html = Sample({"grade": "A"})["name"].as_field_group()
    assert 'for="id_name"' in html
    assert 'id="id_name_error"' in html
    assert "（必填）" in html
    assert "<c-" not in html


@pytest.mark.proves("U31")
def test_a_stale_save_shows_mine_beside_theirs_and_takes_over_their_version() -> None:
    form = Edit({"name": "甲", "grade": "A", "since": "2026-01-02", "version": "3"})
    assert form.is_valid()
    form.show_conflict(current={"name": "甲", "grade": "B", "since": date(2025, 5, 1)}, version=4)

    assert [(row.label, row.mine, row.theirs) for row in form.conflicts] == [
        ("等级", "A 级", "B 级"),
        ("成立日期", "2026-01-02", "2025-05-01"),
    ]
    assert form.conflicts[0].theirs_raw == "B"
    assert 'value="4"' in str(form["version"])
    assert 'value="甲"' in str(form["name"])
