"""T36: scripts kept in every text of every table stay text on every page, in a real browser."""

from typing import Any

import pytest
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.test import Client
from psycopg import sql

from keqing.audit import actions as audit
from keqing.people.tests.factories import NOW
from tests.attacks.world import Opening, World, openings
from tests.guards.house import department_of
from tests.guards.house import models as our_models
from tests.guards.stage import set_stage

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300), pytest.mark.django_db(transaction=True), pytest.mark.proves("T36")]
CALLS = ("alert(1)", "confirm(1)", "prompt(1)", "print()")
SHAPES = (
    "<script>{call}</script>", "</script><script>{call}</script>", "<img src=x onerror={call}>", '"><img src=x onerror={call}>',
    "'><svg onload={call}>", "<svg/onload={call}>", "</title><script>{call}</script>", "</textarea><script>{call}</script>",
    '" autofocus onfocus={call} x="', "' onmouseover={call} '", "<a href=javascript:{call}>x</a>", "<iframe src=javascript:{call}>",
    "<details open ontoggle={call}>", "<xss-x onclick={call}>x</xss-x>", "--><script>{call}</script><!--",
)
PAYLOADS = [shape.format(call=call) for call in CALLS for shape in SHAPES]
# what the product chooses from its own words: keys, addresses, codes of state; a text put there is another fault
STRUCTURE = {
    "access.Staff.password", "access.Staff.login_name", "access.OrgUnit.path", "access.OrgUnit.kind", "access.Position.role", "access.SignInTries.login_key",
    "access.UsedFormKey.label", "access.UsedFormKey.key", "timeline.Entry.url_name", "timeline.Entry.icon", "timeline.Entry.subject_label",
    "timeline.Facts.url_name", "people.Person.kind", "interchange.Import.kind", "compliance.RuleVersion.rule_id", "compliance.Rule.rule_id",
}
# what the database wants beside a text
TOGETHER = {("lifecycle.Need", "answer"): ", answered_on = raised_on"}
MADE = (
    "xss-x, script:not([src]), img[onerror], svg[onload], details[ontoggle], [onfocus], [onmouseover], [onclick], iframe, "
    "a[href^='javascript:' i]"
)
FOUND = f"""() => [...document.querySelectorAll("{MADE}")]
    .filter((one) => one.type !== "application/json").map((one) => one.outerHTML.slice(0, 120))"""


def text_fields() -> list[tuple[type[models.Model], "models.Field[Any, Any]"]]:
    """Every field a person's words can end up in."""
    found = []
    for model in our_models():
        if department_of(model) in ("reference", "audit"):
            continue  # delivered rows; entries of the audit are written as such below
        for one in model._meta.concrete_fields:
            inner = one.base_field if isinstance(one, ArrayField) else one
            if not isinstance(inner, models.CharField | models.TextField) or inner.choices or one.primary_key:
                continue
            if f"{department_of(model)}.{model.__name__}.{one.name}" not in STRUCTURE:
                found.append((model, one))
    return found


def packed(start: int, longest: int) -> str:
    """As many payloads as fit, beginning with another one each time."""
    text = ""
    for step in range(len(PAYLOADS)):
        payload = PAYLOADS[(start + step) % len(PAYLOADS)]
        if len(text) + len(payload) <= longest:
            text += payload
    return text


def poison(round_number: int) -> int:
    """Write payloads past every check, as somebody with access to the database could."""
    fields = text_fields()
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for place, (model, field) in enumerate(fields):
            inner = field.base_field if isinstance(field, ArrayField) else field
            longest = inner.max_length or 6000
            unique = field.unique or any(field.name in getattr(rule, "fields", ()) for rule in model._meta.constraints)
            text = packed(7 * round_number + place, longest - (12 if unique else 0))
            value = sql.SQL("%s || {pk}::text" if unique else "%s").format(pk=sql.Identifier(model._meta.pk.column))
            if isinstance(field, ArrayField):
                value = sql.SQL("ARRAY[{}]").format(value)
            statement = sql.SQL("UPDATE {} SET {} = {}").format(sql.Identifier(model._meta.db_table), sql.Identifier(field.column), value)
            if also := TOGETHER.get((model._meta.label, field.name)):
                statement += sql.SQL(also)
            cursor.execute(statement, [text])
        cursor.execute("SET session_replication_role = origin")
    return len(fields)


def audited(world: World) -> None:
    one = world.stage.belongings[0]
    for number in range(0, len(PAYLOADS), 6):
        text = "".join(PAYLOADS[number:number + 6])
        subject = audit.Subject("people.organisation", one.customer.pk, text, one.customer.pk)
        audit.record(action="organisation.edited", by=world.stage.cast.rep, at=NOW, subject=subject, reason=text, changes={"remark": [text, text]})


@pytest.fixture
def dialogs(page: Any) -> list[str]:
    seen: list[str] = []

    def note(dialog: Any) -> None:
        seen.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    page.set_default_timeout(10_000)
    return seen


def visit(page: Any, live_server: Any, world: World, found: list[Opening]) -> tuple[int, list[str]]:
    """Each page as the one who may open it; what was made of the payloads."""
    from django.conf import settings
    from playwright.sync_api import Error

    wrong, pages, signed_in = [], 0, ""
    for opening in sorted(found, key=lambda one: one.who):
        if opening.who != signed_in:
            signed_in = opening.who
            client = Client()
            client.force_login(getattr(world.stage.cast, signed_in))
            cookie = {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value, "url": live_server.url}
            page.context.add_cookies([cookie])
        try:
            response = page.goto(live_server.url + opening.url, wait_until="load")
        except Error as error:
            if "Download" in str(error) or "ERR_ABORTED" in str(error):  # a file, or an answer without a page
                continue
            raise
        pages += 1
        if response.status >= 500:
            wrong.append(f"{opening}: {response.status}")
        wrong += [f"{opening}: {what}" for what in page.evaluate(FOUND)]
    return pages, wrong


def one_of_each_template(world: World, found: list[Opening]) -> list[Opening]:
    """What a push can afford: of the addresses that are drawn from one template the one that shows most."""
    clients: dict[str, Client] = {}
    best: dict[str, tuple[int, Opening]] = {}
    for opening in found:
        if opening.who not in clients:
            clients[opening.who] = Client()
            clients[opening.who].force_login(getattr(world.stage.cast, opening.who))
        response = clients[opening.who].get(opening.url)
        if response.streaming:
            response.close()
        elif response.status_code == 200 and b"<html" in response.content:  # its parts stand in it
            shown = (len(response.content), opening)
            key = response.templates[0].name
            best[key] = max(best.get(key, shown), shown, key=lambda one: one[0])
    return [opening for _, opening in best.values()]


def attack(page: Any, live_server: Any, dialogs: list[str], figure: Any, settings: Any, *, rounds: int, whole: bool) -> None:
    settings.CARDS_PER_HOUR = 10**9
    world = World(set_stage(), {})
    audited(world)
    found = [opening for opening in openings(world) if "G" in opening.door.methods]
    if not whole:
        found = one_of_each_template(world, found)
    pages, wrong, fields = 0, [], 0
    for number in range(rounds):
        fields = poison(number)
        opened, faults = visit(page, live_server, world, found)
        pages, wrong = pages + opened, wrong + faults
    figure("注入脚本", len(PAYLOADS))
    figure("文字栏", fields)
    figure("打开的页面", pages)
    figure("弹窗", len(dialogs))
    figure("变成标签的", len(wrong))
    assert not wrong, "\n".join(sorted(set(wrong))[:40])
    assert dialogs == [] and len(PAYLOADS) >= 60 and pages > 40 * rounds


def test_no_script_kept_in_any_text_runs_on_any_page(page: Any, live_server: Any, dialogs: list[str], figure: Any, settings: Any):
    attack(page, live_server, dialogs, figure, settings, rounds=1, whole=False)


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_none_of_sixty_scripts_in_any_text_runs_on_any_page(page: Any, live_server: Any, dialogs: list[str], figure: Any, settings: Any):
    attack(page, live_server, dialogs, figure, settings, rounds=9, whole=True)
