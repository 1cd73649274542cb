import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.utils.safestring import mark_safe

from keqing.kit.forms import Form, Renderer
from keqing.kit.widget_drawing import draw

CHOICES = [("", "全部"), ("a<", 'b&"c'), ("组", [("x", "y"), (1, "z")]), ("safe", mark_safe("<b>"))]
WIDGETS = [
    (forms.Select(choices=CHOICES, attrs={"class": "select", "required": True, "disabled": False}), "x"),
    (forms.Select(choices=CHOICES), None),
    (forms.SelectMultiple(choices=CHOICES), ["x", "1"]),
    (forms.TextInput(attrs={"data-a": 'b"<', "autofocus": True}), "q<'\""),
    (forms.TextInput(), None),
    (forms.TextInput(attrs={"type": "search"}), 0),
    (forms.HiddenInput(), 1),
    (forms.DateInput(), "2026-01-01"),
    (forms.EmailInput(), "a@b"),
    (forms.Textarea(attrs={"rows": 3}), "\nfirst\n</textarea><script>"),
    (forms.Textarea(), None),
]


@pytest.mark.parametrize(("widget", "value"), WIDGETS)
def test_a_widget_drawn_here_is_the_one_django_draws(widget: forms.Widget, value: object):
    context = widget.get_context("name", value, {"id": "id_name"})
    assert draw(widget.template_name, context) == DjangoTemplates().render(widget.template_name, context)


def test_what_is_not_known_here_is_left_to_django():
    context = forms.FileInput().get_context("name", None, {})
    assert draw("django/forms/widgets/file.html", context) is None
    assert 'type="file"' in Renderer().render("django/forms/widgets/file.html", context)


def test_the_forms_of_the_product_draw_their_widgets_so():
    class Filter(Form):
        place = forms.ChoiceField(choices=CHOICES, required=False)

    assert "&lt;" in str(Filter()["place"])
