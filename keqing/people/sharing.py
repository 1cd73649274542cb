"""谁能看到: whose positions open a customer and why, and with whom it is shared (R-288)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from keqing.access.models import OrgUnit, Position, Proxy, Share
from keqing.access.standing import roles
from keqing.people.models import Organisation, Person
from keqing.people.permissions import Can


def share_numbered(pk: int) -> Share | None:
    """A share; whoever asks has to get at its customer."""
    return Share.objects.filter(pk=pk).first()


@dataclass(frozen=True)
class Seer:
    """One person who sees the customer in full, and by what."""

    name: str
    position: str
    why: str


@dataclass(frozen=True)
class WhoSees:
    seers: Sequence[Seer]
    shares: Sequence[Share]
    former: Sequence[Share]


def who_sees(*, customer: Organisation | Person, today: date) -> WhoSees:
    """Four statements: the unit's line, positions with their holders, proxies, shares."""
    word = Can.VIEW if isinstance(customer, Organisation) else Can.VIEW_PERSON
    unit = OrgUnit.objects.get(pk=customer.unit_id)
    above = [int(pk) for pk in unit.path.strip("/").split("/")]
    found, why = Q(pk__in=[]), {}
    for key, role in roles().items():
        for grant in role.words.get(str(word), ()):
            if grant.names_only or (grant.kinds is not None and customer.kind not in grant.kinds):
                continue
            own, in_line = Q(pk=customer.owner_position_id), Q(unit_id__in=above)
            reach = {"all": Q(pk__isnull=False), "own": own, "team": own | (in_line & Q(is_head=True)), "territory": in_line}
            found |= Q(role=key) & reach[grant.reach]
            why[key] = {"all": "查看全公司", "territory": "在辖区内"}.get(grant.reach, "管理所属组织")
    rows = Position.objects.current().filter(found, holder__isnull=False).select_related("holder", "unit").order_by("unit__path", "code")
    positions = list(rows)
    seers = [
        Seer(p.holder.name, f"{p.unit.name} · {p.name}", "负责人" if p.pk == customer.owner_position_id else why[p.role])
        for p in positions
        if p.holder
    ]
    # one limited to other words or other kinds of customers does not open this one
    whole = Q(words=[]) | Q(words__contains=[str(word)])
    of_kind = Q(kinds=[]) | Q(kinds__contains=[customer.kind])
    proxies = Proxy.objects.on(today).filter(whole, of_kind, position__in=positions).select_related("from_staff", "to_staff")
    seers += [Seer(one.to_staff.name, "代理", f"代理 {one.from_staff.name}（到 {one.ends_on}）") for one in proxies]
    shares = list(
        Share.objects.filter(customer_id=customer.pk).select_related("position__holder", "unit", "made_by", "revoked_by")
    )
    now = [one for one in shares if one.revoked_at is None and one.to_on >= today]
    return WhoSees(seers, now, [one for one in shares if one not in now])
