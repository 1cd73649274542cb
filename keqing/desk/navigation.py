"""The sections of the product and who is shown them.

Each entry names a view; the words on that view's door decide whether a person sees the entry, so that there is
one truth about rights.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from django.urls import NoReverseMatch, resolve, reverse

from keqing.access.models import Staff
from keqing.people.choices import Kind
from keqing.people.permissions import Can as PeopleCan

CUSTOMER_LISTS = "people:organisations"


@dataclass(frozen=True)
class Entry:
    """One place to go; ``view`` is a URL name."""

    label: str
    view: str
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """A line of the navigation; ``under`` names further beginnings of addresses that belong to it."""

    key: str
    label: str
    icon: str
    entries: tuple[Entry, ...]
    under: tuple[str, ...] = ()


@dataclass(frozen=True)
class Item:
    """What ``page.html`` draws of a section or of an entry in it."""

    key: str
    label: str
    url: str
    icon: str = ""
    badge: int = 0
    active: bool = False
    children: tuple["Item", ...] = field(default=())


SECTIONS = (
    Section("today", "今日", "sun", (Entry("今日", "desk:today"),)),
    Section(
        "customers",
        "客户",
        "building-hospital",
        (
            Entry("全部", CUSTOMER_LISTS, ("all",)),
            *(Entry(label, CUSTOMER_LISTS, (kind,)) for kind, label in Kind.choices),
            Entry("看板", "lifecycle:board"),
            Entry("需求", "lifecycle:needs"),
            Entry("提升目标", "lifecycle:targets"),
            Entry("阶段变化", "lifecycle:stage_changes"),
            Entry("人员", "people:people"),
            Entry("联系人管理", "people:contact_people"),
            Entry("科室", "people:departments"),
            Entry("无人负责", "people:orphans"),
            Entry("数据质量", "people:quality"),
            Entry("回收站", "people:trash"),
            Entry("批量记录", "batches:batches"),
        ),
        under=("/customers/", "/followups/customers/", "/batches/", "/lifecycle/"),
    ),
    Section(
        "followups",
        "跟进",
        "message-2",
        (
            Entry("联系记录", "followups:contacts"),
            Entry("待办", "followups:reminders"),
            Entry("日历", "followups:calendar"),
            Entry("承诺", "followups:commitments"),
            Entry("跟进策略提醒", "playbooks:playbooks"),
            Entry("沉默客户", "playbooks:attention", ("silent",)),
            Entry("团队动态", "desk:team"),
            Entry("经理驾驶舱", "desk:cockpit"),
            Entry("客户反馈", "service:feedback_list"),
            Entry("市场动态", "news:news"),
            Entry("工作代理", "access:proxies"),
            Entry("工作转移", "access:transfers"),
        ),
        under=("/followups/", "/service/", "/news/", "/playbooks/", "/access/proxies/", "/access/transfers/"),
    ),
    Section(
        "leads",
        "线索",
        "target-arrow",
        (
            Entry("线索", "leads:leads"),
            Entry("登记线索", "leads:lead_new"),
            Entry("公海", "leads:pool"),
            Entry("相似客户", "leads:likeness"),
            Entry("分配规则", "leads:rules"),
            Entry("营销活动", "leads:campaigns"),
            Entry("来源渠道", "leads:channels"),
            Entry("目标客户画像", "leads:profile"),
        ),
        under=("/leads/",),
    ),
    Section(
        "reports",
        "分析",
        "chart-histogram",
        (
            Entry("联系报表", "insight:contacts"),
            Entry("工作分类", "insight:duties"),
            Entry("来源报表", "insight:sources"),
            Entry("客户维持率", "playbooks:retention"),
            Entry("预警恢复率", "playbooks:alarms"),
            Entry("销售人员管理", "insight:people"),
            Entry("系统使用情况", "desk:adoption"),
            Entry("行动成效", "lifecycle:effect_report"),
            Entry("计划与达成", "lifecycle:result"),
            Entry("商机覆盖", "lifecycle:coverage"),
            Entry("流失原因", "lifecycle:losses"),
        ),
        under=("/reports/",),
    ),
    Section(
        "exchange",
        "导入导出",
        "database-import",
        (
            Entry("导入", "interchange:imports"),
            Entry("下载中心", "exports:exports"),
            Entry("导出记录", "exports:log"),
        ),
    ),
    Section(
        "compliance",
        "合规",
        "shield-check",
        (Entry("合规规则", "compliance:rules"), Entry("拒绝记录", "compliance:refusals")),
    ),
    Section(
        "settings",
        "设置",
        "settings",
        (
            Entry("员工", "access:staff_list"),
            Entry("岗位", "access:positions"),
            Entry("组织", "access:units"),
            Entry("辖区", "access:territories"),
            Entry("权限", "access:rights"),
            Entry("未用权限", "access:unused"),
            Entry("标签", "people:tags"),
            Entry("工作日历", "desk:work_days"),
            Entry("流失原因与对手", "lifecycle:picklists"),
            Entry("通知渠道", "messaging:channels"),
            Entry("送达记录", "messaging:deliveries"),
            Entry("审计", "desk:audit"),
            Entry("组件", "desk:gallery"),
        ),
    ),
)
TABS = ("today", "customers", "followups")


@cache
def destination(view: str, arguments: tuple[str, ...] = ()) -> tuple[str, frozenset[str]] | None:
    """Address of a view and the words on its door; None when there is no such view."""
    try:
        url = reverse(view, args=arguments)
    except NoReverseMatch:
        return None
    return url, frozenset(str(word) for word in getattr(resolve(url).func, "words", ()))


def open_sections(staff: Staff) -> list[Item]:
    """The sections this person may open, none of them marked. No statement."""
    return staff.recall("sections", lambda: [item for section in SECTIONS if (item := _section(section, staff))])


def place_of(items: list[Item], path: str) -> tuple[str, str]:
    """Which section an address belongs to and which entry of it; empty where it belongs to none."""
    best = max(items, key=lambda item: _fit(item, path), default=None)
    if best is None or _fit(best, path) == 0:
        return "", ""
    return best.key, max((child.url for child in best.children if path.startswith(child.url)), key=len, default="")


def sections_for(staff: Staff, *, path: str, badges: Mapping[str, int] | None = None) -> list[Item]:
    """The sections this person may open, the one of ``path`` marked. No statement."""
    items, numbers = open_sections(staff), badges or {}
    key, entry = place_of(items, path)
    return [_marked(item, entry if item.key == key else None, numbers.get(item.key, 0)) for item in items]


def tabs_of(sections: list[Item]) -> list[Item]:
    """The tabs at the bottom of a phone: the daily sections, and 更多 for the sheet with all of them."""
    chosen = [replace(item, children=()) for item in sections if item.key in TABS]
    elsewhere = not any(item.active for item in chosen)
    return [*chosen, Item("more", "更多", "#all-sections", "menu-2", active=elsewhere)]


def create_links(staff: Staff) -> list[tuple[str, str]]:
    """What this person may make from anywhere: customers of the kinds they may enter, people, staff, an import."""
    links = []
    for kind, label in Kind.choices:
        clauses = staff.standing.clauses.get(PeopleCan.CREATE, ())
        if any(clause.kinds is None or kind in clause.kinds for clause in clauses):
            links.append((f"新建{label}", "people:organisation_new", (str(kind),)))
    links += [
        ("新建人员", "people:person_new", ()),
        ("登记线索", "leads:lead_new", ()),
        ("导入文件", "interchange:upload", ()),
        ("新建员工", "access:staff_new", ()),
    ]
    return [(label, place[0]) for label, view, arguments in links if (place := _open(staff, view, arguments))]


def _open(staff: Staff, view: str, arguments: tuple[str, ...]) -> tuple[str, frozenset[str]] | None:
    place = destination(view, arguments)
    return place if place and any(staff.may(word) for word in place[1]) else None


def _section(section: Section, staff: Staff) -> Item | None:
    children = tuple(
        Item(entry.view, entry.label, place[0])
        for entry in section.entries
        if (place := _open(staff, entry.view, entry.arguments))
    )
    if not children:
        return None
    return Item(
        section.key, section.label, children[0].url, section.icon,
        children=children if len(section.entries) > 1 else (),
    )  # fmt: skip


def _fit(item: Item, path: str) -> int:
    """How much of the address the section's own addresses cover; the home page only fits itself."""
    under = next((section.under for section in SECTIONS if section.key == item.key), ())
    places = [*(child.url for child in item.children), *under]
    if item.url == path:
        return 1000
    return max((len(place) for place in places if place != "/" and path.startswith(place)), default=0)


def _marked(item: Item, entry: str | None, badge: int) -> Item:
    """With its number; ``entry`` is the address of the entry in use, None in the sections not in use."""
    if entry is None:
        return replace(item, badge=badge) if badge else item
    children = tuple(replace(child, active=child.url == entry) for child in item.children)
    return replace(item, badge=badge, active=True, children=children)
