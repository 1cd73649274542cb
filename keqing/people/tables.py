"""The lists of this department: columns, chips and filters."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from keqing.access.directory import seat
from keqing.access.models import Staff
from keqing.exports.permissions import Can as ExportCan
from keqing.kit import keyset
from keqing.kit.addresses import address
from keqing.kit.forms import Form, SeveralField
from keqing.kit.list_registry import OpenList
from keqing.kit.list_rows import Cell
from keqing.kit.lists import Asked, Column, ListSpec, Preset
from keqing.kit.masks import mask_phone
from keqing.people import file_columns, queries
from keqing.people.choices import CARE_KINDS, BusinessState, Kind, Level, PersonKind, Stage, Title
from keqing.people.columns import ALL_KEYS, CODE, KIND, NAME, OF_KIND, PERSON, REGION, choice, figure, filled
from keqing.people.fields import organisation_fields, person_fields
from keqing.people.forms.owners import owned_by, owner_field
from keqing.people.models import Department, Organisation, OrganisationTag, Person
from keqing.people.permissions import Can
from keqing.people.quality import facts_without_source

QUIET_DAYS = 30


def may_enter(staff: Staff, kind: str) -> bool:
    """Whether some grant of the reader lets them enter this kind."""
    clauses = staff.standing.clauses.get(str(Can.CREATE), ())
    return any(clause.kinds is None or kind in clause.kinds for clause in clauses)


def quiet(asked: Asked) -> Q:
    since = asked.today - timedelta(days=QUIET_DAYS)
    return Q(last_contact_on__lt=since) | Q(last_contact_on__isnull=True)


PRESETS = {
    "mine": Preset(key="mine", label="我的", condition=lambda a: Q(owner_position__in=a.user.standing.position_ids)),
    "waiting": Preset(key="waiting", label="待分配", condition=lambda a: Q(owner_position__isnull=True)),
    "due": Preset(key="due", label="今日到期", condition=lambda a: Q(next_due_on__lte=a.today)),
    "quiet": Preset(key="quiet", label="30 天未联系", condition=quiet),
    "gaps": Preset(key="gaps", label="资料不全", condition=lambda a: Q(completeness__lt=100)),
    "opportunity": Preset(key="opportunity", label="销售机会", condition=lambda a: Q(lifecycle=Stage.OPPORTUNITY)),
    "unverified": Preset(key="unverified", label="待核实", condition=lambda a: Q(is_unverified=True)),
}


class OrganisationFilter(Form):
    """Filters of a customer list; owners, places and tags are offered as far as the reader may use them."""

    q = forms.CharField(label="名称", required=False)
    province = forms.ChoiceField(label="省份", required=False)
    owner = forms.ChoiceField(label="负责人", required=False)
    city = SeveralField(label="城市", required=False)
    level = SeveralField(label="医院等级", required=False, choices=Level.choices)
    state = SeveralField(label="业务状态", required=False, choices=BusinessState.choices)
    stage = SeveralField(label="生命周期", required=False, choices=Stage.choices)

    def __init__(self, *args: Any, choices: queries.ListChoices, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["q"].widget.attrs["placeholder"] = "名称、拼音首字母、编码"
        self.fields["q"].widget.attrs["type"] = "search"
        self.fields["province"].choices = [("", "全部"), *choices.provinces]  # type: ignore[attr-defined]
        self.fields["owner"] = owner_field(choices)
        if choices.cities:
            self.fields["city"].choices = choices.cities  # type: ignore[attr-defined]
        else:
            del self.fields["city"]
        if kind not in ("all", *CARE_KINDS):
            del self.fields["level"]
        for (pk, name), tags in choices.tags.items():
            field = forms.ChoiceField(label=name, required=False, choices=[("", "全部"), *tags])
            field.widget.attrs["class"] = "select"
            self.fields[f"dim{pk}"] = field


class OrganisationList(ListSpec):
    """Customers of one kind, or all, that the reader sees in full."""

    filter_form = OrganisationFilter
    filters_remembered = True
    steady = True
    passed_on = ("q", "owner")
    walks = True
    noun = "家"
    selectable = True
    presets = [PRESETS[key] for key in ("mine", "waiting", "due", "quiet", "opportunity", "gaps", "unverified")]

    def __init__(self, *, kind: str, request: HttpRequest) -> None:
        self.kind = kind
        self.key = f"customers:{kind}"
        self.title = "客户" if kind == "all" else Kind(kind).label
        self.columns = OF_KIND[kind]
        self.edit_url = reverse("people:organisation_cell", args=[0, "column"]) if request.user.may(Can.EDIT) else ""
        self.file_columns = file_columns.of_kind(kind)
        begins = request.user.may(Can.CREATE) if kind == "all" else may_enter(request.user, kind)
        empty = _("还没有%(kind)s档案，从新建一家开始。") if begins else _("您的岗位没有能看到的%(kind)s。")
        self.empty_text = empty % {"kind": self.title}

    def url_of(self, row: Organisation) -> str:
        return address("desk:customer", row.pk)

    def panel_of(self, row: Organisation) -> str:
        return address("people:organisation_panel", row.pk)

    def editable(self, row: Organisation, reader: Staff) -> Collection[str]:
        return organisation_fields(row.kind).columns if row.allows(reader, Can.EDIT) else ()

    def exported(self, queryset: QuerySet[Organisation], *, reader: Staff) -> QuerySet[Organisation]:
        if file_columns.covers(reader, Can.VIEW):
            return queryset
        return queryset.filter(reader.standing.rows(ExportCan.RUN, names=False))

    def beside(self, keys: Sequence[int], wanted: Collection[str]) -> Mapping[str, Mapping[int, Any]]:
        return {"person": file_columns.contacts_beside(keys)} if "person" in wanted else {}

    def filter_arguments(self, request: HttpRequest) -> dict[str, Any]:
        choices = queries.list_choices(
            staff=request.user, word=Can.VIEW, kind=None if self.kind == "all" else self.kind,
            province=request.GET.get("province", ""), owner=request.GET.get("owner", ""),
        )
        return {"choices": choices, "kind": self.kind}

    def filter(self, queryset: QuerySet[Organisation], cleaned: Mapping[str, Any]) -> QuerySet[Organisation]:
        if text := cleaned.get("q"):
            queryset = queryset.filter(queries.matching(text=text))
        inside = Q()
        for place in cleaned.get("city") or [cleaned.get("province")]:
            inside |= Q(region__gte=place, region__lte=_last_inside(place)) if place else Q()
        queryset = queryset.filter(inside)
        if owner := cleaned.get("owner"):
            queryset = queryset.filter(owned_by(owner))
        for name, column in (("level", "level__in"), ("state", "business_state__in"), ("stage", "lifecycle__in")):
            if cleaned.get(name):
                queryset = queryset.filter(**{column: cleaned[name]})
        # one condition per dimension, so that independent dimensions narrow together
        for name, tag in cleaned.items():
            if name.startswith("dim"):
                queryset = queryset.filter(pk__in=OrganisationTag.objects.filter(tag=tag).values("organisation"))
        return queryset

    def _sort(self, request: HttpRequest) -> keyset.Sort:
        """Without a wish, what something happened to last comes first (an order the indexes have)."""
        return super()._sort(request) or keyset.Sort(key="activity", path="last_activity_at", descending=True)


def _last_inside(code: str) -> str:
    """440000 → 449999, 440100 → 440199."""
    return code[:2] + "9999" if code.endswith("0000") else code[:4] + "99"


def dress_organisations(rows: Sequence[Organisation], columns: Sequence[Column], *, staff: Staff) -> None:
    """Give each row its owner and, in one statement for the page, its contact when the column is shown."""
    seat(rows, staff=staff)
    if PERSON not in columns:
        return
    contacts = queries.first_contacts([row.pk for row in rows])
    for row in rows:
        contact = contacts.get(row.pk)
        row.contact = contact.label if contact else ""  # type: ignore[attr-defined]


class NamesFilter(Form):
    q = forms.CharField(label="名称", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["q"].widget.attrs.update(placeholder="名称、拼音首字母、编码", type="search")


class NamesList(ListSpec):
    """Customers for colleagues who may know names and codes only (decision 5): nothing else is shown or asked."""

    filter_form = NamesFilter
    noun = "家"
    columns = (replace(NAME, cell=None), KIND, replace(CODE, shown=True, edit=""), REGION)
    elsewhere = ALL_KEYS | PRESETS.keys()
    empty_text = "还没有客户。"
    file_columns = file_columns.NAMES

    def __init__(self, *, kind: str) -> None:
        self.key = f"customers:{kind}"
        self.title = "客户" if kind == "all" else Kind(kind).label

    def url_of(self, row: Organisation) -> str:
        return address("desk:customer", row.pk)

    def exported(self, queryset: QuerySet[Organisation], *, reader: Staff) -> QuerySet[Organisation]:
        """The directory is for reading; what leaves are the names the export reaches."""
        return queryset.filter(reader.standing.rows(ExportCan.RUN))

    def filter(self, queryset: QuerySet[Organisation], cleaned: Mapping[str, Any]) -> QuerySet[Organisation]:
        return queryset.filter(queries.matching(text=cleaned["q"], names_only=True)) if "q" in cleaned else queryset

    def _sort(self, request: HttpRequest) -> keyset.Sort:
        return super()._sort(request) or keyset.Sort(key="pk", path="pk", descending=True)


class PersonFilter(Form):
    q = forms.CharField(label="姓名", required=False)
    kind = forms.ChoiceField(label="类别", required=False, choices=[("", "全部"), *PersonKind.choices])
    title = forms.ChoiceField(label="职称", required=False, choices=[("", "全部"), *Title.choices])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["q"].widget.attrs.update(placeholder="姓名、拼音首字母、电话尾号", type="search")


class PersonList(ListSpec):
    """Doctors and other people; phones masked."""

    key = "people"
    changeable: Collection[int] = ()
    title = "人员"
    walks = True
    filter_form = PersonFilter
    noun = "人"
    empty_text = "还没有人员档案，从新建一位开始。"
    presets = [
        Preset(key="loose", label="无任职", condition=lambda a: Q(is_affiliated=False)),
        Preset(key="gaps", label="资料不全", condition=lambda a: Q(completeness__lt=100)),
    ]
    columns = (
        Column(key="name", label="姓名", sort="search_initials", letters=True, hideable=False),
        Column(key="kind", label="类别", cell=lambda row, _today: row.get_kind_display()),
        Column(key="place", label="主要任职", cell=lambda row, _today: Cell(row.place or "无任职", "" if row.place else "text-muted")),
        Column(key="title", label="职称", cell=choice("title"), edit="title"),
        Column(key="mobile", label="手机", css="figures", cell=lambda row, _today: mask_phone(row.mobile) if row.mobile else ""),
        Column(key="filled", label="完整度", sort="completeness", numeric=True, cell=filled),
        Column(key="remark", label="备注", css="max-w-md truncate", edit="remark", shown=False),
    )

    file_columns = file_columns.PEOPLE

    def __init__(self, *, reader: Staff) -> None:
        self.reader = reader
        self.edit_url = reverse("people:person_cell", args=[0, "column"]) if reader.may(Can.EDIT_PERSON) else ""

    def editable(self, row: Person, reader: Staff) -> Collection[str]:
        return person_fields(row.kind).columns if row.pk in self.changeable else ()

    def dress(self, rows: Sequence[Person]) -> None:
        """Where each of them works, and which of them the reader may change: a statement each for the page."""
        ids = [row.pk for row in rows]
        posts = queries.primary_places(ids, reader=self.reader)
        for row in rows:
            row.place = posts.get(row.pk, "")  # type: ignore[attr-defined]
        if self.edit_url and self.reader.standing.reaches_everything(Can.EDIT_PERSON):
            self.changeable = frozenset(ids)
        elif self.edit_url:
            reached = Person.objects.reached_by(self.reader, Can.EDIT_PERSON).filter(pk__in=ids)
            self.changeable = frozenset(reached.values_list("pk", flat=True))

    def exported(self, queryset: QuerySet[Person], *, reader: Staff) -> QuerySet[Person]:
        return queryset if file_columns.covers(reader, Can.VIEW_PERSON) else queryset.reached_by(reader, ExportCan.RUN)  # type: ignore[attr-defined]

    def beside(self, keys: Sequence[int], wanted: Collection[str]) -> Mapping[str, Mapping[int, Any]]:
        if "place" not in wanted:
            return {}
        places = queries.primary_places(keys, reader=self.reader)
        return {"place": {pk: places.get(pk) or "无任职" for pk in keys}}

    def url_of(self, row: Person) -> str:
        return address("people:person", row.pk)

    def filter(self, queryset: QuerySet[Person], cleaned: Mapping[str, Any]) -> QuerySet[Person]:
        if text := cleaned.get("q"):
            queryset = queryset.filter(queries.matching_people(text=text, staff=self.reader))
        for name in ("kind", "title"):
            if cleaned.get(name):
                queryset = queryset.filter(**{name: cleaned[name]})
        return queryset

    def _sort(self, request: HttpRequest) -> keyset.Sort:
        return super()._sort(request) or keyset.Sort(key="activity", path="last_activity_at", descending=True)


class DepartmentFilter(Form):
    q = forms.CharField(label="科室", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["q"].widget.attrs.update(placeholder="科室名称", type="search")


class DepartmentList(ListSpec):
    """Departments across customers."""

    key = "departments"
    title = "科室"
    filter_form = DepartmentFilter
    noun = "个"
    empty_text = "还没有科室，在客户页的“科室”里添加。"
    columns: ClassVar[Sequence[Column]] = (
        Column(key="name", label="科室", sort="name", hideable=False),
        Column(key="organisation", label="机构", cell=lambda row, _today: row.organisation.name),
        Column(key="head", label="主任", cell=lambda row, _today: getattr(row, "head", "")),
        Column(key="beds", label="床位", sort="beds", numeric=True, total="beds", cell=figure("beds")),
    )

    def url_of(self, row: Department) -> str:
        return f"{address('desk:customer', row.organisation_id)}?tab=departments"

    file_columns = file_columns.DEPARTMENTS

    def exported(self, queryset: QuerySet[Department], *, reader: Staff) -> QuerySet[Department]:
        if file_columns.covers(reader, Can.VIEW):
            return queryset
        return queryset.filter(organisation__in=Organisation.objects.alive().reached_by(reader, ExportCan.RUN).values("pk"))

    def beside(self, keys: Sequence[int], wanted: Collection[str]) -> Mapping[str, Mapping[int, Any]]:
        return {"head": queries.department_heads(keys)} if "head" in wanted else {}

    def filter(self, queryset: QuerySet[Department], cleaned: Mapping[str, Any]) -> QuerySet[Department]:
        return queryset.filter(name__icontains=cleaned["q"]) if "q" in cleaned else queryset


UNSOURCED = Preset(key="unsourced", label="缺来源", condition=lambda a: facts_without_source())


def names_on(request: HttpRequest) -> tuple[bool, bool]:
    """Whether the list shows names only, and whether the reader may change between names and full rows."""
    clauses = request.user.standing.clauses[Can.VIEW]
    names_too = any(clause.names_only for clause in clauses)
    names_only = all(clause.names_only for clause in clauses)
    return names_only or (names_too and request.GET.get("names") == "1"), names_too and not names_only


# What a line of the list shows or is judged by; the other sixty columns, the search terms above all, stay unread.
READ = (
    "name", "code", "phone", "kind", "unit", "version", "is_unverified", "deleted_at", "level", "category", "business_state", "beds",
    "store_class", "store_count", "tier", "coverage", "license_expires_on", "agent_products", "authorised_until", "completeness",
    "last_contact_on", "next_due_on", "lifecycle", "lifecycle_since",
    "owner_position", "region__full_name", "chain__name",
)


def open_organisations(request: HttpRequest, kind: str) -> OpenList:
    """Customers of a kind, or all: in full within reach, or the company's directory of names."""
    if kind != "all" and kind not in Kind.values:
        raise Http404
    names, _may_change = names_on(request)
    staff = request.user
    rows = Organisation.objects.visible_to(staff) if names else Organisation.objects.alive().reached_by(staff, Can.VIEW)
    if kind != "all":
        rows = rows.of_kind(kind)
    if names:
        return OpenList(NamesList(kind=kind), rows.select_related("region"))
    spec = OrganisationList(kind=kind, request=request)
    if request.GET.get("preset") == UNSOURCED.key:
        spec.presets = [*spec.presets, UNSOURCED]
    return OpenList(spec, rows.select_related("region", "chain").only(*READ))


def open_people(request: HttpRequest, _argument: str = "") -> OpenList:
    return OpenList(PersonList(reader=request.user), Person.objects.visible_to(request.user))


def open_departments(request: HttpRequest, _argument: str = "") -> OpenList:
    """Open departments of the customers seen in full."""
    rows = Department.objects.filter(closed_on__isnull=True).select_related("organisation")
    if not request.user.standing.reaches_everything(Can.VIEW):
        rows = rows.filter(organisation__in=Organisation.objects.alive().reached_by(request.user, Can.VIEW).values("pk"))
    return OpenList(DepartmentList(), rows)
