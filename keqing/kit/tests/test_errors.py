import pytest
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.test import RequestFactory

from keqing.kit import errors


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("handler", "status"),
    [(errors.bad_request, 400), (errors.permission_denied, 403), (errors.page_not_found, 404)],
)
def test_an_error_page_carries_a_number_and_no_english_reason(handler, status):
    request = RequestFactory().get("/customers/1/")
    response = handler(request, PermissionDenied("您的岗位没有这项权限。"))
    assert response.status_code == status
    assert response["X-Error-Number"] in response.content.decode()


@pytest.mark.django_db
def test_a_failed_form_token_is_answered_in_chinese():
    response = errors.csrf_failure(RequestFactory().post("/"), "CSRF token missing")
    assert response.status_code == 403
    assert "页面已过期" in response.content.decode()
    assert "CSRF" not in response.content.decode()


def test_the_page_of_a_broken_server_needs_no_database():
    response = errors.server_error(RequestFactory().get("/"))
    assert response.status_code == 500
    assert response["X-Error-Number"] in response.content.decode()


@pytest.mark.proves("T17")
@pytest.mark.parametrize("error", [OperationalError("connection refused"), InterfaceError("connection already closed")])
def test_a_database_that_is_away_is_said_as_such_without_asking_it(error):
    try:
        raise error
    except (OperationalError, InterfaceError):
        response = errors.server_error(RequestFactory().get("/"))
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert "数据库暂时没有响应" in response.content.decode() and "connection" not in response.content.decode()
