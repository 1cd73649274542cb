"""联系人管理: the people who work at customers, with where, as what, whose customer it is and when they were met last."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html

from keqing.access.models import Staff
from keqing.kit.addresses import address
from keqing.kit.formats import format_date
from keqing.kit.forms import Form
from keqing.kit.list_files import FileColumn
from keqing.kit.list_registry import OpenList
from keqing.kit.list_rows import Cell
from keqing.kit.lists import Asked, Column, Preset
from keqing.kit.masks import mask_phone
from keqing.kit.search import normalise
from keqing.people import queries
from keqing.people.choices import GUARDED_ROLES, Role, Title
from keqing.people.columns import choice, filled, short_day
from keqing.people.file_columns import FILLED, PEOPLE
from keqing.people.forms.owners import owned_by, owner_field
from keqing.people.known import with_phones_read_by
from keqing.people.models import Affiliation, Organisation, OrganisationTag, Person
from keqing.people.permissions import Can
from keqing.people.tables import PersonList

QUIET = 30
MET = [("", "全部"), ("30", "30 天内"), ("-30", "30 天未联系"), ("-90", "90 天未联系"), ("never", "从未联系")]


@dataclass(frozen=True)
class Post:
    """Where somebody works today, as the list shows it."""

    place: str
    department: str
    role: str
    is_guarded: bool
    owner: str
    region: str


def posts_of(*, person_ids: Collection[int], reader: Staff) -> dict[int, Post]:
    """The post of each of a page of people that the reader may know of, the primary one first. One statement."""
    rows = _posts_known_to(reader).filter(person_id__in=list(person_ids)).select_related(
        "organisation__owner_position__holder", "organisation__region", "department"
    )
    found: dict[int, Post] = {}
    for row in rows.order_by("is_primary", "-pk"):
        place, department = row.organisation, row.department
        head = row.is_department_head and department is not None
        found[row.person_id] = Post(
            place.name, department.name if department else "", f"{department.name}主任" if head else row.post or row.get_role_display(),
            row.role in GUARDED_ROLES, place.owner_position.label if place.owner_position else "待分配",
            place.region.full_name if place.region else "",
        )
    return found


def _posts_known_to(reader: Staff) -> QuerySet[Affiliation]:
    """Present posts at customers within the reader's reach and not in 回收站.

    Somebody in sight for one post may have others at customers of strangers: those are neither shown nor asked,
    or the filters would tell what the columns hide.
    """
    # conditions on the one table of organisations: an OR over two tables, as a share makes it, has no index to go by
    reached = Organisation.objects.alive().reached_by(reader, Can.VIEW_PERSON)
    return Affiliation.objects.filter(organisation__in=reached, to_on__isnull=True)


class ContactPeopleFilter(Form):
    """Filters of the list; owners, places and tags are offered as far as the reader may use them."""

    q = forms.CharField(label="姓名", required=False)
    place = forms.CharField(label="机构", required=False, max_length=60)
    role = forms.ChoiceField(label="角色", required=False, choices=[("", "全部"), *Role.choices])
    department = forms.CharField(label="科室", required=False, max_length=40)
    title = forms.ChoiceField(label="职称", required=False, choices=[("", "全部"), *Title.choices])
    met = forms.ChoiceField(label="最近联系", required=False, choices=MET)
    owner = forms.ChoiceField(label="负责人", required=False)
    province = forms.ChoiceField(label="省份", required=False)
    city = forms.ChoiceField(label="城市", required=False)

    def __init__(self, *args: Any, choices: queries.ListChoices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["q"].widget.attrs.update(placeholder="姓名、拼音首字母、电话尾号", type="search")
        self.fields["place"].widget.attrs["placeholder"] = "机构名称、拼音首字母"
        self.fields["province"].choices = [("", "全部"), *choices.provinces]  # type: ignore[attr-defined]
        self.fields["owner"] = owner_field(choices)
        if choices.cities:
            self.fields["city"].choices = [("", "全部"), *choices.cities]  # type: ignore[attr-defined]
        else:
            del self.fields["city"]
        for (pk, name), tags in choices.tags.items():
            field = forms.ChoiceField(label=name, required=False, choices=[("", "全部"), *tags])
            field.widget.attrs["class"] = "select"
            self.fields[f"dim{pk}"] = field


def _phone(row: Person, _today: date) -> Cell:
    number = row.mobile or row.phone
    if not number:
        return Cell()
    if not row.phone_is_read:  # type: ignore[attr-defined]
        return Cell(mask_phone(number), label="电话")
    return Cell(format_html('<a class="link" href="tel:{}">{}</a>', normalise(number.split("转")[0]), number), label="电话")


def _post(name: str, label: str = "") -> Any:
    return lambda row, _today: Cell(getattr(row.at, name) if row.at else "", label=label)


def _duty(row: Person, _today: date) -> Cell:
    post = row.at  # type: ignore[attr-defined]
    return Cell(post.role if post else "", badge="严禁统方" if post and post.is_guarded else "")


def _met(row: Person, today: date) -> Cell:
    return Cell(short_day(row.last_contact_on, today) if row.last_contact_on else "", "figures", "联系")


def _quiet(asked: Asked) -> Q:
    return _not_met(asked.today, QUIET)


def _not_met(today: date, days: int) -> Q:
    return Q(last_contact_on__lt=today - timedelta(days=days)) | Q(last_contact_on__isnull=True)


class ContactPeopleList(PersonList):
    """People across customers. Phones as far as the reader may read them; one touch calls."""

    key = "contacts-people"
    title = "联系人管理"
    filter_form = ContactPeopleFilter
    empty_text = "还没有联系人，在客户页的“人员”里添加。"
    presets = (
        Preset(key="heads", label="科室主任", condition=lambda a: Q(pk__in=_at_posts(a.user, Q(is_department_head=True)))),
        Preset(key="quiet", label="30 天未联系", condition=_quiet),
        Preset(key="gaps", label="资料不全", condition=lambda a: Q(completeness__lt=100)),
    )
    columns = (
        Column(key="name", label="姓名", sort="search_initials", letters=True, hideable=False),
        Column(key="place", label="机构", cell=_post("place")),
        Column(key="department", label="科室", cell=_post("department")),
        Column(key="role", label="角色", cell=_duty),
        Column(key="title", label="职称", css="phone-hide", cell=choice("title")),
        Column(key="mobile", label="电话", css="figures", cell=_phone),
        Column(key="met", label="最近联系", sort="last_contact_on", cell=_met),
        Column(key="owner", label="负责人", cell=_post("owner", "负责")),
        Column(key="region", label="地区", cell=_post("region"), shown=False),
        Column(key="filled", label="完整度", sort="completeness", numeric=True, cell=filled, shown=False),
    )
    file_columns = (
        PEOPLE[0], FileColumn(key="place"), FileColumn(key="department"), FileColumn(key="role"),
        *(one for one in PEOPLE if one.key in ("title", "mobile")),
        FileColumn(key="met", paths=("last_contact_on",), value=lambda day: format_date(day) if day else ""),
        FileColumn(key="owner"), FileColumn(key="region"), FILLED,
    )  # fmt: skip

    def __init__(self, *, reader: Staff) -> None:
        super().__init__(reader=reader)
        self.edit_url = ""

    def filter_arguments(self, request: HttpRequest) -> dict[str, Any]:
        return {
            "choices": queries.list_choices(
                staff=request.user, word=Can.VIEW_PERSON, kind=None, province=request.GET.get("province", ""),
                owner=request.GET.get("owner", ""),
            )
        }

    def dress(self, rows: Sequence[Person]) -> None:
        """Where each of them works, and whose phone the reader may read: a statement each for the page."""
        ids = [row.pk for row in rows]
        posts = posts_of(person_ids=ids, reader=self.reader)
        read = with_phones_read_by(ids=ids, staff=self.reader)
        for row in rows:
            row.at = posts.get(row.pk)  # type: ignore[attr-defined]
            row.phone_is_read = row.pk in read  # type: ignore[attr-defined]

    def beside(self, keys: Sequence[int], wanted: Collection[str]) -> Mapping[str, Mapping[int, Any]]:
        names = {"place", "department", "role", "owner", "region"} & set(wanted)
        posts = posts_of(person_ids=keys, reader=self.reader) if names else {}
        return {name: {pk: getattr(post, name) for pk, post in posts.items()} for name in names}

    def panel_of(self, row: Person) -> str:
        return address("people:person_panel", row.pk)

    def editable(self, row: Person, reader: Staff) -> Collection[str]:
        return ()

    def filter(self, queryset: QuerySet[Person], cleaned: Mapping[str, Any]) -> QuerySet[Person]:
        if text := cleaned.get("q"):
            queryset = queryset.filter(queries.matching_people(text=text, staff=self.reader))
        if cleaned.get("title"):
            queryset = queryset.filter(title=cleaned["title"])
        if met := cleaned.get("met"):
            queryset = queryset.filter(_met_within(met, timezone.localdate()))
        wanted = _post_conditions(cleaned)
        return queryset.filter(pk__in=_at_posts(self.reader, *wanted)) if wanted else queryset


def _met_within(met: str, today: date) -> Q:
    if met == "never":
        return Q(last_contact_on__isnull=True)
    days = int(met)
    return _not_met(today, -days) if days < 0 else Q(last_contact_on__gte=today - timedelta(days=days))


def _at_posts(reader: Staff, *conditions: Q) -> QuerySet[Any]:
    """People with a post the reader may know of, of which all the conditions hold at once."""
    return _posts_known_to(reader).filter(*conditions).values("person_id")


def _post_conditions(cleaned: Mapping[str, Any]) -> list[Q]:
    wanted = []
    if text := cleaned.get("place"):
        wanted.append(queries.matching(text=text, names_only=True, prefix="organisation__"))
    if role := cleaned.get("role"):
        wanted.append(Q(role=role))
    if department := cleaned.get("department"):
        wanted.append(Q(department__name__contains=department))
    if owner := cleaned.get("owner"):
        wanted.append(owned_by(owner, path="organisation__owner_position"))
    if area := cleaned.get("city") or cleaned.get("province"):
        last = area[:2] + "9999" if area.endswith("0000") else area[:4] + "99"
        wanted.append(Q(organisation__region__gte=area, organisation__region__lte=last))
    wanted += [
        Q(organisation__in=OrganisationTag.objects.filter(tag=tag).values("organisation"))
        for name, tag in cleaned.items()
        if name.startswith("dim")
    ]
    return wanted


def open_contact_people(request: HttpRequest, _argument: str = "") -> OpenList:
    """People in sight who work somewhere; those of a place are few, and found by it."""
    people = Person.objects.visible_to(request.user, few=bool(request.GET.get("place")))
    return OpenList(ContactPeopleList(reader=request.user), people.filter(is_affiliated=True))

