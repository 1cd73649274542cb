"""What a person does in the journeys: sign in, follow links, fill forms."""

from typing import Any

from django.conf import settings
from django.test import Client
from django.urls import reverse

from keqing.access.models import Staff
from keqing.access.tests.factories import PASSWORD

DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


def sign_in(page: Any, live_server: Any, staff: Staff) -> None:
    """A session of theirs in the browser, no page opened yet; whoever was signed in before is not any more."""
    client = Client()
    client.force_login(staff)
    page.context.clear_cookies()
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": live_server.url}])


def sign_in_by_form(page: Any, live_server: Any, staff: Staff) -> None:
    """As a person does, two pages more: where signing in is part of what is shown."""
    page.context.clear_cookies()
    page.goto(live_server.url + reverse("access:sign_in"))
    page.fill("input[name=login_name]", staff.login_name)
    page.fill("input[type=password]", PASSWORD)
    page.click("main button.btn-primary")
    page.wait_for_url(lambda url: "sign-in" not in url)


def open_page(page: Any, live_server: Any, name: str, *args: Any) -> Any:
    return page.goto(live_server.url + reverse(name, args=args))
