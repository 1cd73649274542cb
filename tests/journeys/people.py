"""What a person does in the journeys: sign in, follow links, fill forms."""

from typing import Any

from django.urls import reverse

from keqing.access.models import Staff
from keqing.access.tests.factories import PASSWORD

DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


def sign_in(page: Any, live_server: Any, staff: Staff, password: str = PASSWORD) -> None:
    """By the form, as a person does; whoever was signed in before is not any more."""
    page.context.clear_cookies()
    page.goto(live_server.url + reverse("access:sign_in"))
    page.fill("input[name=login_name]", staff.login_name)
    page.fill("input[type=password]", password)
    page.click("main button.btn-primary")
    page.wait_for_url(lambda url: "sign-in" not in url)


def open_page(page: Any, live_server: Any, name: str, *args: Any) -> Any:
    return page.goto(live_server.url + reverse(name, args=args))
