"""The rules of a transfer: who goes by which, and what is told of one nobody fits (R-190, T46)."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from keqing.access.actions.transfers import Split, carry_out, decide_transfer
from keqing.access.allotting import allot
from keqing.access.models import Position, Staff, Transfer
from keqing.access.tests.factories import make_cast, make_position, position_of
from keqing.kit.formats import business_date
from keqing.people.models import Organisation
from keqing.people.tests.factories import make_organisation

pytestmark = [pytest.mark.django_db, pytest.mark.proves("R-190")]


@pytest.fixture
def cast():
    return make_cast()


def browser_of(staff: Staff) -> Client:
    client = Client()
    client.force_login(Staff.objects.get(pk=staff.pk))
    return client


def owner_of(customer: Organisation) -> Position | None:
    return Organisation.objects.get(pk=customer.pk).owner_position


def asked_of(cast, **changes):
    """The wizard filled in: to 罗佳, but hospitals of grade 3A and pharmacies to others."""
    form = {"reason": "load", "effective_on": f"{business_date(timezone.now())}", "rest_to": position_of(cast.sibling).pk}
    return browser_of(cast.manager).post(f"{reverse('access:transfer_new')}?position={position_of(cast.rep).pk}", form | changes)


@pytest.mark.proves("T46")
def test_a_rule_no_customer_fits_is_told_before_it_is_asked_for_and_nobody_is_lost_by_it(cast):
    third = make_position(unit=cast.guangzhou, holder=cast.other_area_rep, name="广州三岗")
    customer = make_organisation(owner=cast.rep, name="示例第一医院", level="3a")
    rules = {"kind0": "pharmacy", "to0": third.pk, "level1": "3a", "to1": third.pk, "kind2": "hospital", "to2": third.pk}
    refused = asked_of(cast, **rules)
    page = refused.content.decode()
    assert refused.status_code == 422 and not Transfer.objects.exists()
    # once above the form, once beside the rule
    assert page.count("现在没有客户符合这条规则") == page.count("已由前面的规则或选定分走") == 2
    rules |= {"kind0": "", "to0": "", "kind2": "", "to2": ""}
    assert asked_of(cast, **rules).status_code == 302
    # two rules with one that fits, and the rest named; then the customer becomes another one before the day comes
    transfer = Transfer.objects.get()
    address = reverse("access:transfer", args=[transfer.pk])
    page = browser_of(cast.region_manager).get(address).content.decode()
    assert "三级甲等" in page and "现在 1 家" in page and "现在 0 家" in page
    Organisation.objects.filter(pk=customer.pk).update(level="2a")
    page = browser_of(cast.region_manager).get(address).content.decode()
    assert "现在没有客户符合这条规则" in page and "现在 1 家" in page
    transfer.refresh_from_db()
    decide_transfer(transfer=transfer, agreed=True, by=cast.region_manager, at=timezone.now())
    done = carry_out(transfer_id=transfer.pk, at=timezone.now())
    assert (done.state, done.counts) == ("done", {"客户": 1})
    assert owner_of(customer) == position_of(cast.sibling)
    said = f"执行时没有客户符合：三级甲等。没有按这些规则移交，其余全部移交给 {position_of(cast.sibling).label}。"
    assert said in browser_of(cast.region_manager).get(address).content.decode()


def test_without_a_rest_what_no_rule_names_stays_and_is_counted(cast):
    shop, hospital = make_organisation(owner=cast.rep, kind="pharmacy", name="示例大药房"), make_organisation(owner=cast.rep, name="示例第一医院")
    to = position_of(cast.sibling).pk
    assert asked_of(cast, rest_to="", kind0="pharmacy", to0=to).status_code == 302
    transfer = Transfer.objects.get()
    page = browser_of(cast.region_manager).get(reverse("access:transfer", args=[transfer.pk])).content.decode()
    assert "不在其中的 1 家客户留在转出岗位" in page
    Organisation.objects.filter(pk=shop.pk).update(owner_position=position_of(cast.stranger))
    decide_transfer(transfer=transfer, agreed=True, by=cast.region_manager, at=timezone.now())
    failed = carry_out(transfer_id=transfer.pk, at=timezone.now())
    assert failed.state == "failed" and "没有客户符合移交规则" in failed.message and "仍由原岗位负责" in failed.message
    assert owner_of(hospital) == position_of(cast.rep)


def test_every_customer_goes_by_exactly_one_rule_or_with_the_rest(cast):
    top = make_organisation(owner=cast.rep, level="3a", name="示例第一医院")
    make_organisation(owner=cast.rep, kind="pharmacy", name="示例大药房")
    make_organisation(owner=cast.rep, level="2a", name="示例第二医院")
    to, source = position_of(cast.sibling), position_of(cast.rep).pk
    rules = [Split(to=to, customers=[top.pk]), Split(to=to, level="3a"), Split(to=to, kind="pharmacy"), Split(to=to, region_prefix="65")]
    found = allot(positions=[source], rules=rules)
    assert (list(found.counts), found.rest) == ([1, 0, 1, 0], 1)
    assert [found.trouble(place)[:2] for place in range(4)] == ["", "符合", "", "现在"]
    assert allot(positions=[source], rules=[]).rest == 3
