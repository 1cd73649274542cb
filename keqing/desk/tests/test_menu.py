"""The menu is a promise: what stands in it is there and opens, what the company cannot do yet does not stand in it (R-204)."""

import pytest
from django.test import Client

from keqing.access.models import Staff
from keqing.access.tests.factories import Cast, make_cast
from keqing.desk.navigation import SECTIONS, Entry, destination, sections_for

pytestmark = pytest.mark.django_db

# function of the edition → its entry in the menu, for those that are there
PRESENT = {
    "客户信息管理": "全部", "客户跟进策略提醒": "跟进策略提醒", "客户业务下滑警告": "沉默客户", "联系记录管理": "联系记录",
    "客户联系人管理": "联系人管理", "销售人员管理": "销售人员管理",
}
# the others belong to departments that are not built: no entry pretends otherwise
ABSENT = {"投标管理": "投标", "报价管理": "报价", "订单管理": "订单", "销售情况管理": "销售情况", "代理产品管理": "代理产品"}
ENTRIES = [entry for section in SECTIONS for entry in section.entries]


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def shown_to(staff: Staff) -> dict[str, str]:
    """Label → address of everything in this person's menu."""
    found: dict[str, str] = {}
    for item in sections_for(staff, path="/"):
        found |= {child.label: child.url for child in item.children} or {item.label: item.url}
    return found


def address_of(entry: Entry) -> str:
    place = destination(entry.view, entry.arguments)
    assert place is not None, f"{entry.label} leads nowhere"
    return place[0]


@pytest.mark.timeout(300)
@pytest.mark.proves("R-204")
def test_every_entry_of_the_menu_opens_for_somebody_with_its_right_and_what_does_not_exist_is_not_in_it(cast):
    """Of the eleven functions of the edition six are entries that open. Left out are five whose departments are not
    built: 投标管理, 报价管理, 订单管理, 销售情况管理, 代理产品管理. 客户业务下滑警告 goes by contacts alone until there are
    orders: it warns of customers nobody has been in touch with, not yet of falling purchases.
    """
    menus = {who: shown_to(staff) for who, staff in cast.everyone.items()}
    clients = {who: Client() for who in menus}
    for who, client in clients.items():
        client.force_login(getattr(cast, who))
    wrong = []
    for entry in ENTRIES:
        url = address_of(entry)
        readers = [who for who, menu in menus.items() if url in menu.values()]
        if not readers:
            wrong.append(f"{entry.label}: in nobody's menu")
        for who in {*readers[:1], *readers[-1:]}:  # two different kinds of people, where there are two
            status = clients[who].get(url).status_code
            wrong += [] if status == 200 else [f"{entry.label} {url} for {who}: {status}"]
        for who in next(([one] for one in menus if one not in readers), []):
            status = clients[who].get(url).status_code
            wrong += [] if status in (403, 404) else [f"{entry.label} {url} is not in the menu of {who}, who opens it: {status}"]
    assert not wrong, "\n".join(wrong)
    labels = {entry.label for entry in ENTRIES}
    assert set(PRESENT.values()) <= labels
    assert not [label for label in labels for word in ABSENT.values() if word in label]
    assert len(PRESENT) + len(ABSENT) == 11


def test_no_two_entries_of_a_section_say_the_same_or_lead_to_the_same_page():
    for section in SECTIONS:
        addresses = [address_of(entry) for entry in section.entries]
        assert len(set(addresses)) == len(addresses) == len({entry.label for entry in section.entries})
