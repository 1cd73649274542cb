"""数据质量: facts without a source, files with gaps (R-003, R-004)."""

from dataclasses import dataclass

from django.db.models import Avg, Count, Q, QuerySet

from keqing.access.models import Staff
from keqing.people.choices import Kind, PersonKind
from keqing.people.models import Organisation, Person
from keqing.people.permissions import Can

FIGURES = {"beds": "床位", "outpatients_day": "日门诊量", "store_count": "门店数"}
PERSON_FIGURES = {"patients_day": "日接诊"}


def figure_without_source(name: str) -> Q:
    """The figure is there and nobody said where it comes from."""
    return Q(**{f"{name}__isnull": False}) & (
        ~Q(**{"figure_sources__has_key": name}) | Q(**{f"figure_sources__{name}__source": ""})
    )


def facts_without_source(figures: dict[str, str] = FIGURES) -> Q:
    condition = Q(source="")
    for name in figures:
        condition |= figure_without_source(name)
    return condition


@dataclass(frozen=True)
class KindQuality:
    kind: str
    label: str
    total: int
    completeness: int
    incomplete: int
    unverified: int
    without_source: int
    figures_without_source: int


def organisation_quality(staff: Staff) -> list[KindQuality]:
    """One line per kind the reader sees in full. One statement."""
    figures = {f"figure_{name}": Count("pk", filter=figure_without_source(name)) for name in FIGURES}
    rows = (
        Organisation.objects.alive().reached_by(staff, Can.VIEW).order_by().values("kind").annotate(
            total=Count("pk"), average=Avg("completeness"), incomplete=Count("pk", filter=Q(completeness__lt=100)),
            unverified=Count("pk", filter=Q(is_unverified=True)), no_source=Count("pk", filter=Q(source="")), **figures,
        )
    )
    return _lines(rows, Kind, FIGURES)


def people_quality(staff: Staff) -> list[KindQuality]:
    figures = {f"figure_{name}": Count("pk", filter=figure_without_source(name)) for name in PERSON_FIGURES}
    rows = (
        Person.objects.alive().reached_by(staff, Can.VIEW_PERSON).order_by().values("kind").annotate(
            total=Count("pk"), average=Avg("completeness"), incomplete=Count("pk", filter=Q(completeness__lt=100)),
            no_source=Count("pk", filter=Q(source="")), **figures,
        )
    )
    return _lines(rows, PersonKind, PERSON_FIGURES)


def organisations_without_source(staff: Staff, *, limit: int = 50) -> list[Organisation]:
    rows = Organisation.objects.alive().reached_by(staff, Can.VIEW).filter(facts_without_source())
    return list(rows.select_related("owner_position__holder").order_by("-last_activity_at")[:limit])


def people_without_source(staff: Staff, *, limit: int = 50) -> list[Person]:
    rows = Person.objects.alive().reached_by(staff, Can.VIEW_PERSON).filter(facts_without_source(PERSON_FIGURES))
    return list(rows.order_by("-last_activity_at")[:limit])


def gaps_of(row: Organisation | Person) -> list[str]:
    """Which of the row's facts have no source, in words."""
    figures = FIGURES if isinstance(row, Organisation) else PERSON_FIGURES
    gaps = ["整份档案"] if not row.source else []
    for name, label in figures.items():
        if getattr(row, name) is not None and not (row.figure_sources.get(name) or {}).get("source"):
            gaps.append(label)
    return gaps


def _lines(rows: QuerySet, kinds: type, figures: dict[str, str]) -> list[KindQuality]:
    by_kind = {row["kind"]: row for row in rows}
    return [
        KindQuality(
            kind=kind.value, label=kind.label, total=row["total"], completeness=int(row["average"] or 0),
            incomplete=row["incomplete"], unverified=row.get("unverified", 0), without_source=row["no_source"],
            figures_without_source=sum(row[f"figure_{name}"] for name in figures),
        )
        for kind in kinds
        if (row := by_kind.get(kind.value))
    ]
