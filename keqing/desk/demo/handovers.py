"""Sample proxies, shares, transfers of work, and which rights were used."""

import random
from datetime import date, datetime, timedelta

from keqing.access.actions.proxies import arrange_proxy
from keqing.access.actions.transfers import ask_transfer
from keqing.access.models import Position, Proxy, Staff, WordUse
from keqing.access.standing import roles
from keqing.kit import bulk
from keqing.kit.formats import business_date
from keqing.people.actions.sharing import share_customer
from keqing.people.models import Organisation

UNUSED_SHARE = 0.12


def make_handovers(*, at: datetime, seed: int) -> None:
    """For the representative everybody signs in as: a deputy's work, a share; for the manager a transfer to decide on."""
    rng, today = random.Random(seed), business_date(at)  # noqa: S311  sample data
    rep = Staff.objects.filter(login_name="rep").first()
    own = Position.objects.filter(holder=rep).select_related("unit", "holder").first() if rep else None
    if rep is None or own is None:
        return
    team = list(
        Position.objects.current().filter(unit=own.unit, role=own.role, holder__is_active=True).exclude(pk=own.pk)
        .select_related("unit", "holder").order_by("pk")[:2]
    )  # fmt: skip
    head = Position.objects.filter(unit=own.unit, is_head=True).select_related("holder").first()
    if len(team) == 2 and head and head.holder:
        _absences(rep, own, team, head.holder, today, at)
        _transfer(team, head.holder, today, at)
        _share(own, team[1], today, at)
    _uses(rng, today)


def _absences(rep: Staff, own: Position, team: list[Position], manager: Staff, today: date, at: datetime) -> None:
    day = timedelta(days=1)
    Proxy.objects.create(
        position=own, from_staff=rep, to_staff=team[0].holder, starts_on=today - 60 * day, ends_on=today - 54 * day, reason="年假",
        made_by=rep, made_at=at - 62 * day,
    )
    arrange_proxy(
        position=team[0], deputy=rep, starts_on=today, ends_on=today + 10 * day, kinds=["pharmacy"], reason="参加培训", by=manager, at=at
    )
    arrange_proxy(
        position=team[1], deputy=team[0].holder, starts_on=today, ends_on=today + 20 * day, reason="外出进修", by=manager, at=at
    )


def _transfer(team: list[Position], manager: Staff, today: date, at: datetime) -> None:
    ask_transfer(
        positions=[team[1]], reason="load", rest_to=team[0], effective_on=today + timedelta(days=7), by=manager, at=at,
        note="药店和诊所先移交，医院等下月药事会之后再定；重点客户的联系人已当面介绍。",
    )


def _share(own: Position, other: Position, today: date, at: datetime) -> None:
    customer = Organisation.objects.alive().filter(owner_position=other, kind="hospital").order_by("pk").first()
    if customer is not None and other.holder is not None:
        share_customer(
            customer=customer, position=own, from_on=today, to_on=today + timedelta(days=30), may_write=False, reason="联合开展科室会",
            by=other.holder, at=at,
        )


def _uses(rng: random.Random, today: date) -> None:
    """Most rights were used within the last weeks, some never."""
    rows = {}
    for position in Position.objects.current().filter(holder__is_active=True).order_by("pk"):
        role = roles().get(position.role)
        for word in role.words if role else ():
            if word == "desk.use" or rng.random() > UNUSED_SHARE:
                last = today - timedelta(days=rng.randrange(60))
                rows[position.holder_id, word] = WordUse(staff_id=position.holder_id, word=word, last_on=last)
    bulk.insert(rows.values())
