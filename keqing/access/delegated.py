"""What a person may do beyond their own positions: positions of others by proxy (R-189), customers shared (R-288).

Everything is computed by date when rights are read: a proxy or a share that is over gives nothing on the next request.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, BooleanField, F, Func, OuterRef, Q, Value
from django.db.models.functions import JSONObject

from keqing.access.standing import Clause, Grant, roles

if TYPE_CHECKING:
    from keqing.access.models import Position, Staff

# what a deputy never does: give rights on, and agree in the name of somebody who is away to what concerns rights
NOT_DELEGATED = frozenset(
    {"proxy.manage", "transfer.make", "transfer.approve", "customer.share", "staff.manage", "org.manage", "rule.manage"}
)
# administrators keep to themselves (三员分立): neither are they represented nor do they represent anybody
APART = frozenset({"system_admin", "security_admin", "audit_admin"})

# The words a share gives at its customer, to those whose positions have the word anywhere. Other departments add theirs.
_read = {"organisation.view", "person.view", "contact.view", "reminder.view", "export.run"}
_write = {
    "organisation.edit", "person.create", "person.edit", "contact.record", "reminder.manage", "phone.full", "phone.reveal",
    "comment.write",
}


def register_shared(*, read: Iterable[str] = (), write: Iterable[str] = ()) -> None:
    """Words of another department that a share to read, or one to write, brings along."""
    _read.update(map(str, read))
    _write.update(map(str, write))


@dataclass(frozen=True)
class Deputyship:
    """A proxy as the deputy has it today."""

    proxy_id: int
    position: Position
    name: str
    until: date
    words: frozenset[str]
    kinds: frozenset[str]

    @property
    def is_whole(self) -> bool:
        """Whether all work of the position is the deputy's, not that of some kinds or words only."""
        return not self.kinds and (not self.words or {"reminder.view", "reminder.manage"} <= self.words)

    def grants(self) -> Iterator[tuple[str, tuple[Grant, ...]]]:
        role = roles().get(self.position.role)
        for word, grants in (role.words if role else {}).items():
            if word not in NOT_DELEGATED and (not self.words or word in self.words):
                yield word, grants


def positions_today(*, staff: Staff, today: date) -> list[Position]:
    """Positions held and positions represented, with their units, proxies and shared customers. One statement."""
    from keqing.access.models import Position, Proxy, Share

    proxies = Proxy.objects.on(today).filter(to_staff=staff).order_by("pk")
    of_this = proxies.filter(position=OuterRef("pk")).values(
        one=JSONObject(
            id="pk", name="from_staff__name", until="ends_on", words=Func(F("words"), function="to_json"),
            kinds=Func(F("kinds"), function="to_json"),
        )
    )
    path_ids = Func(
        Func(OuterRef("unit__path"), Value("/"), function="btrim"), Value("/"), function="string_to_array",
        template="%(function)s(%(expressions)s)::bigint[]", output_field=ArrayField(BigIntegerField()),
    )
    shares = Share.objects.on(today).filter(Q(position=OuterRef("pk")) | Q(_IsAny(F("unit_id"), path_ids)))
    held = Position.objects.filter(holder=staff).order_by().values("pk")
    rows = Position.objects.current().filter(pk__in=held.union(proxies.order_by().values("position"), all=True))
    return list(
        rows.select_related("unit").annotate(
            represented=ArraySubquery(of_this),
            shared_to_read=ArraySubquery(shares.filter(may_write=False).values("customer_id")),
            shared_to_write=ArraySubquery(shares.filter(may_write=True).values("customer_id")),
        )
    )


class _IsAny(Func):
    template = "%(expressions)s)"
    arg_joiner = " = any ("
    output_field = BooleanField()
    conditional = True


def deputyships(positions: Iterable[Any]) -> tuple[Deputyship, ...]:
    return tuple(
        Deputyship(
            one["id"], position, one["name"], date.fromisoformat(one["until"]), frozenset(one["words"]),
            frozenset(one["kinds"]),
        )
        for position in positions
        for one in position.represented
    )


def shared_clauses(own: Sequence[Any]) -> Iterator[tuple[str, Clause]]:
    """Word by word, the customers shared with these positions."""
    writable = frozenset(pk for position in own for pk in position.shared_to_write)
    readable = writable | frozenset(pk for position in own for pk in position.shared_to_read)
    for words, customers in ((_read, readable), (_write, writable)):
        if customers:
            clause = Clause(customers=customers)
            yield from ((word, clause) for word in sorted(words))
