"""T43: no page shows a phone in full to somebody whose rights mask it."""

import re
from typing import Any
from zlib import crc32

import pytest

from keqing.people.models import Person
from tests.attacks.world import World, ask
from tests.guards.doors import DOORS
from tests.guards.house import routes
from tests.guards.stage import ROLE_OF, Belonging, reach
from tests.guards.test_permission_matrix import address, expected

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300), pytest.mark.proves("T43")]
# shows what is looked for, with a reason that is audited
REVEALS = {"people:person_phone"}


@pytest.fixture(scope="module")
def phones(world: World) -> dict[str, dict[str, str]]:
    """Every person gets a mobile and a landline of their own; who may not see which."""
    hidden: dict[str, dict[str, str]] = {who: {} for who in ROLE_OF}
    for one in world.stage.belongings:
        people = Person.objects.filter(name__startswith=one.names[-1])
        for person in people:
            person.mobile, person.phone = f"1390{person.pk:07d}", f"020-8{person.pk:07d}"
            person.save()
            for who in ROLE_OF:
                if reach(who, "phone.full", one) != "full":
                    hidden[who] |= {person.mobile: person.name, f"8{person.pk:07d}": person.name}
    return hidden


def digits(body: str) -> str:
    """Figures that stand together for a reader, whatever is put between them."""
    return re.sub(r"(?<=\d)[ \-\u2009\u00a0](?=\d)", "", re.sub(r"<[^>]+>", "\n", body))


def crawl(world: World, hidden: dict[str, dict[str, str]], belongings: list[Belonging], figure: Any, *, every: int = 1) -> None:
    """``every``: of those who may open a page every third, say, others at another page."""
    wrong, pages = [], 0
    for place, (who, numbers) in enumerate(hidden.items()):
        for route in routes():
            door = DOORS.get(route.name)
            if door is None or "G" not in door.methods or route.name in REVEALS or (place + crc32(route.name.encode())) % every:
                continue
            for one in belongings if door.row in belongings[0].rows else belongings[:1]:
                row = one.rows.get(door.row, world.stage.others.get(door.row)) if door.row else None
                if (door.row and row is None) or expected(who, door, one if door.row in one.rows else None) != 0:
                    continue
                reply = ask(world.clients[who], "G", address(route, door, row))
                pages += 1
                text = digits(reply.body)
                wrong += [f"{route.name} shows {who} the phone of {name}" for number, name in numbers.items() if number in text]
    figure("角色", len(hidden))
    figure("打开的页面", pages)
    figure("完整显示的受限电话", len(wrong))
    assert not wrong, "\n".join(sorted(set(wrong)))
    assert pages > 100 and sum(map(len, hidden.values())) > 20


def test_no_page_shows_a_role_the_phones_it_may_not_see(world: World, phones: dict[str, dict[str, str]], figure: Any):
    crawl(world, phones, world.stage.belongings[1:2], figure, every=3)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_no_page_of_any_customer_shows_a_role_the_phones_it_may_not_see(world: World, phones: dict[str, dict[str, str]], figure: Any):
    crawl(world, phones, world.stage.belongings, figure)
