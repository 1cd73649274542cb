"""Links drawn often."""

import pytest
from django.template import engines
from django.urls import NoReverseMatch, reverse

from keqing.kit.addresses import address


def test_an_address_with_numbers_is_the_one_reverse_gives():
    for view, numbers in (("desk:today", ()), ("desk:customer", (7,)), ("followups:reminder_done", (987654321,))):
        assert address(view, *numbers) == reverse(view, args=numbers)


def test_an_address_asked_for_with_the_wrong_arguments_is_refused():
    with pytest.raises(NoReverseMatch):
        address("desk:customer")


def test_the_tag_takes_numbers_words_and_a_name_to_keep_it_under():
    links = "{% url 'desk:customer' 7 %} {% url 'people:organisations' 'all' %} {% url 'desk:customer' pk=8 %}"
    drawn = engines["django"].from_string(links + "{% url 'desk:today' as home %}{{ home }}").render({})
    customers = [reverse("desk:customer", args=[number]) for number in (7, 8)]
    kinds, home = reverse("people:organisations", args=["all"]), reverse("desk:today")
    assert drawn == f"{customers[0]} {kinds} {customers[1]}{home}"
