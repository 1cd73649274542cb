from django.conf import settings

from keqing.access.checks import check_roles, known_words, problems_of


def test_the_delivered_roles_name_known_words_and_reaches_and_leave_none_unused():
    assert check_roles() == []
    assert {"desk.use", "staff.manage", "rule.view", "organisation.view"} <= known_words()


def test_unknown_words_wrong_reaches_and_words_nobody_has_are_reported():
    roles = {
        **settings.ROLES,
        "x": {"title": "甲", "words": {"staff.mange": "all", "desk.use": [{"reach": "galaxy", "kinds": ["hospital"]}]}},
    }
    found = problems_of(roles, known=known_words() | {"moon.visit"})
    assert {problem.id for problem in found} == {"access.E001", "access.E002", "access.W003"}
    assert "moon.visit" in found[-1].msg
