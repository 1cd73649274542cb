"""T38 and T50: a form takes its own fields and no others, and none without its token."""

from collections import Counter
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from keqing.access.models import OrgUnit, Position, Staff
from keqing.kit.formats import business_date
from keqing.people.tests.factories import NOW
from tests.attacks.world import Offer, Opening, Reply, World, ask, offer_of, openings
from tests.guards.stage import ROLE_OF

pytestmark = pytest.mark.django_db
NUMBER = 987_654_321
SIGN = "夹带之物"
PRICE = "87654.32"
NUMBERS = (
    "owner_position", "owner_position_id", "unit", "unit_id", "created_by", "created_by_id", "tracker", "tracker_id", "tracker_position",
    "author", "author_id", "by", "by_id", "staff", "staff_id", "holder", "holder_id", "position", "position_id", "approved_by",
    "territory", "id", "pk", "customer_id", "batch", "batch_id", "version_id",
)
SIGNS = (
    "state", "status", "owner", "role", "code", "source", "password", "login_name", "path", "search_text", "initials", "pinyin",
    "merged_into", "rule", "address_of_client", "basis",
)
PRICES = ("price", "discount", "credit_limit", "amount")
SWITCHES = (
    "is_staff", "is_superuser", "is_active", "must_change_password", "is_head", "is_affiliated", "is_deleted", "verified", "approved",
    "created_at", "updated_at", "deleted_at", "trashed_at", "submitted_at", "left_on", "last_contact_on", "completeness",
)
# what a request may always write about itself
AROUND = ("django_session", "cache_entry")
# steps that start work from nothing but a click have no form that could be filled wrongly
PLAIN_FIELDS = {
    "reason": "挪作核对之用", "text": "已经核对过", "name": "庚汐路", "position": "", "staff": "", "on": str(business_date(NOW)),
    "version": "1", "selected": "", "kind": "hospital",
}


@pytest.fixture(scope="module")
def planted(world: World) -> World:
    """Rows that a smuggled number would point to: without them the database would refuse in our place."""
    Staff(pk=NUMBER, login_name="planted", name="顾某", password="!").save(force_insert=True)
    OrgUnit.objects.create(pk=NUMBER, name="别处", kind="area", parent=world.stage.cast.company, path=f"/1/{NUMBER}/", valid_from="2026-01-01")
    Position.objects.create(
        pk=NUMBER, code="X1", name="别处岗", unit_id=NUMBER, role="representative", holder_id=NUMBER, opened_on="2026-01-01"
    )
    return world


def usual(offer: Offer) -> dict[str, Any]:
    """The form as somebody would send it: what the page shows, the first choice, a plausible text."""
    sent: dict[str, Any] = {"csrfmiddlewaretoken": "甲"}
    for name, shown in (offer.fields or dict.fromkeys(PLAIN_FIELDS, [])).items():
        real = [value for value in shown if value and value != str(NUMBER)]
        if name == "file":
            sent[name] = SimpleUploadedFile("甲.csv", "医院名称,所在地区\n庚汐市人民医院,广东省广州市\n".encode())
        elif real:
            sent[name] = real[0]
        else:
            today = str(business_date(NOW))
            sent[name] = PLAIN_FIELDS.get(name) or (today if name.endswith("_on") or name in ("due_on", "valid_from") else "")
    return sent


def with_forbidden(sent: dict[str, Any], offer: Offer) -> dict[str, Any]:
    own = set(sent) | set(offer.fields)
    extra: dict[str, Any] = {name: str(NUMBER) for name in NUMBERS} | dict.fromkeys(SIGNS, SIGN)
    extra |= dict.fromkeys(PRICES, PRICE) | dict.fromkeys(SWITCHES[:9], "1") | dict.fromkeys(SWITCHES[9:], "1999-01-01")
    if "file" in sent:
        sent = {**sent, "file": SimpleUploadedFile("甲.csv", "医院名称,所在地区\n庚汐市人民医院,广东省广州市\n".encode())}
    return {**{name: value for name, value in extra.items() if name not in own}, **sent}


def business(reply: Reply) -> list[tuple[str, Any]]:
    return [(sql, params) for sql, params in reply.written if not any(table in sql.split("(")[0] for table in AROUND)]


def smuggled(reply: Reply) -> list[str]:
    return [sql[:200] for sql, params in business(reply) if any(sign in repr(params) for sign in (str(NUMBER), SIGN, PRICE, "1999-01-01", "1999, 1, 1"))]


def switches(reply: Reply) -> Counter[tuple[str, str]]:
    """How often each statement wrote yes and no: a smuggled switch would turn one over."""
    return Counter(
        (sql, repr(value)) for sql, params in business(reply) for value in (params if isinstance(params, list | tuple) else ())
        if isinstance(value, bool)
    )


@pytest.mark.proves("T38")
def test_no_form_takes_a_field_it_does_not_offer(planted: World, figure: Any):
    tried, wrote, wrong = 0, 0, []
    for opening in openings(planted):
        if "P" not in opening.door.methods or opening.route.name in ("access:sign_in", "access:sign_out"):
            continue
        offer = offer_of(planted, opening) if "G" in opening.door.methods else Offer()
        sent, client = usual(offer), planted.clients[opening.who]
        plain = ask(client, "P", opening.url, sent)
        loaded = ask(client, "P", opening.url, with_forbidden(sent, offer))
        tried += 1
        wrote += bool(business(loaded))
        wrong += [f"{opening}: {sql}" for sql in smuggled(loaded)]
        if plain.status == loaded.status and switches(plain) != switches(loaded):
            wrong.append(f"{opening}: {switches(plain)} became {switches(loaded)}")
        if plain.status != loaded.status:
            wrong.append(f"{opening}: {plain.status} became {loaded.status}")
    figure("写入页面", tried)
    figure("其中真正写入的", wrote)
    figure("夹带的字段", len(NUMBERS) + len(SIGNS) + len(PRICES) + len(SWITCHES))
    figure("被写入的夹带", len(wrong))
    assert not wrong, "\n".join(wrong)
    assert wrote >= 20, f"only {wrote} of {tried} forms wrote anything: the test proves little"


def strict_clients(world: World) -> dict[str, Client]:
    made = {}
    for who in ROLE_OF:
        made[who] = Client(enforce_csrf_checks=True)
        made[who].force_login(getattr(world.stage.cast, who))
    return made


@pytest.mark.proves("T50")
def test_nothing_is_taken_without_the_token_of_the_form(world: World, figure: Any):
    from tests.guards.house import routes

    clients, wrong, tried = strict_clients(world), [], 0
    found: dict[str, Opening] = {opening.route.name: opening for opening in openings(world)}
    for route in routes():
        if (opening := found.get(route.name)) is None:
            continue
        if getattr(route.view, "csrf_exempt", False):
            assert route.name in WITHOUT_TOKEN
            continue
        for sent in ({}, {"csrfmiddlewaretoken": "a" * 64}):
            reply = ask(clients[opening.who], "P", opening.url, sent)
            tried += 1
            if reply.status != 403 or business(reply) or "页面已过期" not in reply.body:
                wrong.append(f"POST {opening}: {reply.status} {business(reply)}")
        for method in ("put", "patch", "delete") if tried % 10 == 0 else ("put",):
            tried += 1
            if getattr(clients[opening.who], method)(opening.url).status_code != 403:
                wrong.append(f"{method} {opening}")
    figure("没有令牌的写请求", tried)
    figure("被接受", len(wrong))
    assert not wrong, "\n".join(wrong)


# the browser itself sends these reports and knows no token
WITHOUT_TOKEN = {"desk:policy_report"}


@pytest.mark.browser
@pytest.mark.proves("T50")
@pytest.mark.django_db(transaction=True)
def test_every_write_that_htmx_sends_carries_the_token(page: Any, live_server: Any):
    from keqing.access.tests.factories import make_cast
    from tests.journeys.people import open_page, sign_in

    sign_in(page, live_server, make_cast().rep)
    open_page(page, live_server, "people:organisation_new", "hospital")
    sent: list[Any] = []
    page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    token = page.evaluate("() => document.body.dataset.csrf")
    with page.expect_request(lambda request: request.method == "POST", timeout=10_000):
        page.fill("input[name=name]", "庚汐市人民医院")
        page.locator("input[name=name]").press("Tab")
    assert token and all(request.headers.get("x-csrftoken") for request in sent)
