"""Who measures and on which customers: three people of one line, and many ids so that no cache is flattered."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

from django.utils import timezone

from bench import words
from bench.client import Person, Request
from bench.installation import Installation
from bench.sizes import PASSWORD

OWN_CUSTOMERS = 300
IDS = 200
ROLES = {"rep": "representative", "manager": "area manager", "gm": "general manager"}


@dataclass
class World:
    """The installation seen by the cases."""

    at: Installation

    def __post_init__(self) -> None:
        self.people: dict[str, Person] = {}

    @cached_property
    def rep_position(self) -> int:
        """The representative whose customers come closest to the workload's number."""
        return int(self.at.rows(
            "select p.id from access_position p join people_organisation o on o.owner_position_id = p.id "
            "where p.role = 'representative' group by p.id order by abs(count(*) - %s), p.id limit 1", OWN_CUSTOMERS
        )[0][0])

    @cached_property
    def unit(self) -> int:
        return int(self.at.rows("select unit_id from access_position where id = %s", self.rep_position)[0][0])

    @cached_property
    def place(self) -> tuple[str, str, str]:
        """Province, city and district in the area of these people, as a file names them."""
        found = self.at.rows(
            "select p.name, coalesce(c.name, ''), case when d.level > 2 then d.name else '' end from access_territoryrule t "
            "join access_position a on a.id = t.position_id join reference_division d on d.code = t.division_id "
            "join reference_division p on p.code = left(d.code, 2) || '0000' "
            "left join reference_division c on c.code = left(d.code, 4) || '00' and c.level = 2 where a.unit_id = %s order by t.id limit 1",
            self.unit,
        )
        return found[0] if found else ("广东省", "广州市", "")

    @cached_property
    def logins(self) -> dict[str, str]:
        rep = "select s.login_name from access_position p join access_staff s on s.id = p.holder_id where p.id = %s"
        head = "select s.login_name from access_position p join access_staff s on s.id = p.holder_id where p.unit_id = %s and p.is_head"
        return {"rep": self.at.rows(rep, self.rep_position)[0][0], "manager": self.at.rows(head, self.unit)[0][0], "gm": "gm"}

    def person(self, role: str) -> Person:
        if role not in self.people:
            self.people[role] = Person(self.at.base)
            self.people[role].sign_in(self.logins[role], PASSWORD)
        return self.people[role]

    def customers(self, role: str) -> list[int]:
        """Ids this person sees, spread over all of them."""
        reach, value = {
            "rep": ("owner_position_id = %s", self.rep_position), "manager": ("unit_id = %s", self.unit), "gm": ("%s = 0", 0),
        }[role]
        found = self.at.rows(
            f"select id from people_organisation where {reach} and deleted_at is null "  # noqa: S608
            f"order by hashint8extended(id, 7) limit {IDS}", value,
        )
        return [int(row[0]) for row in found]

    def owners(self, role: str) -> list[int]:
        """Positions whose customers this person may filter for."""
        if role == "rep":
            return [self.rep_position]
        inside = "unit_id = %s" if role == "manager" else "%s > 0"
        return [int(row[0]) for row in self.at.rows(
            f"select id from access_position where role = 'representative' and {inside} order by hashint8extended(id, 7) limit 100",  # noqa: S608
            self.unit,
        )]

    # --- the requests of the cases ---

    def list_page(self, role: str) -> list[Request]:
        return [Request("/customers/all/", expect="data-row")]

    def filtered(self, role: str) -> list[Request]:
        states = ("first", "needs", "working")
        return [
            Request(f"/customers/all/?owner={owner}&state={states[n % 3]}", expect="list-table")
            for n, owner in enumerate(self.owners(role) * (3 if role == "rep" else 1))
        ]

    def searched(self, role: str) -> list[Request]:
        return [Request(f"/customers/all/?q={_quoted(middle)}", expect="list-page") for middle in words.MIDDLES]

    def pages(self, role: str) -> list[Request]:
        return [Request(f"/customers/{pk}/", expect="timeline") for pk in self.customers(role)]

    def records(self, role: str) -> list[Request]:
        """The whole form, sent; the answer is the redirect to the customer."""
        today = timezone.localdate()
        form = {
            "track_on": today.isoformat(), "method": "visit", "business_state": "needs", "solution": "发送文献全文",
            "description": words.SAID[0] + words.ASKED[0] + words.GIVEN_THERE[0] + words.NEXT_STEP[0], "products": words.PRODUCTS[0],
            "materials": "", "callback_on": (today + timedelta(days=7)).isoformat(), "finish_due": "", "form_key": "<key>",
        }
        return [Request(f"/followups/customers/{pk}/record/", form=form, status=(302, 303)) for pk in self.customers(role)]

    def months_24(self, role: str) -> list[Request]:
        return [Request(f"/reports/contacts/?months=24&by=people&method={method}", expect="<table") for method in ("", "visit", "phone")]

    def months_3(self, role: str) -> list[Request]:
        return [Request(f"/reports/contacts/?months=3&by=people&method={method}", expect="<table") for method in ("", "visit", "phone")]

    def today(self, role: str) -> list[Request]:
        return [Request("/", expect="<main")]

    def palette(self, role: str) -> list[Request]:
        texts = (*words.MIDDLES[:20], "rmyy", "kangning", *(f"{n:04d}" for n in range(1000, 1010)), *words.SURNAMES[:10])
        return [Request(f"/search/?q={_quoted(text)}", expect="<main") for text in texts]


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text)
