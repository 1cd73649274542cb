"""What likeness knows of institutions: read in few statements, for learning and for rating."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Case, Count, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Substr

from keqing.access.models import Staff
from keqing.leads import likeness
from keqing.leads.models import Channel, LikenessModel, LikenessOpinion
from keqing.people.choices import BusinessState, Kind, Level, Stage
from keqing.people.models import Department, Organisation
from keqing.people.permissions import Can as PeopleCan
from keqing.reference.models import Division

WON = Q(lifecycle__in=(Stage.ORDER_CUSTOMER, Stage.USER)) | Q(business_state=BusinessState.WORKING)
LOOKED_AT = 500
LEAST = 50  # below it an institution is rather unlike the won ones
SHOWN = 50


@dataclass(frozen=True)
class Alike:
    """One institution with its score and reasons in words."""

    organisation: Organisation
    score: int
    reasons: Sequence[str]
    opinion: LikenessOpinion | None


def groups() -> list[likeness.Group]:
    """All living institutions by their traits, won or not. One statement over the table: for the computation only."""
    rows = (
        Organisation.objects.alive()
        .annotate(
            province=Coalesce(Substr("region_id", 1, 2), Value("")), beds_band=_banded("beds"),
            departments_band=_departments_band(),
        )
        .values("kind", "level", "province", "beds_band", "departments_band", "source_channel")
        .annotate(won=Count("pk", filter=WON), others=Count("pk", filter=~WON))
        .order_by()
    )  # fmt: skip
    return [
        likeness.Group(
            {
                "kind": row["kind"], "level": row["level"], "region": row["province"], "beds": likeness.band("beds", row["beds_band"]),
                "departments": likeness.band("departments", row["departments_band"]), "channel": row["source_channel"],
            },
            row["won"], row["others"],
        )
        for row in rows
    ]  # fmt: skip


def check_enough(*, least_won: int) -> None:
    """Refuse early what ``learn`` would refuse: one short statement."""
    won = len(Organisation.objects.alive().filter(WON).values_list("pk")[:least_won])
    if won < least_won:
        raise likeness.TooFew(likeness.too_few(won, least_won))


def traits_of(*, organisations: Iterable[Organisation]) -> Mapping[int, likeness.Traits]:
    """The traits of some institutions by id. One statement besides theirs."""
    organisations = list(organisations)
    found = Department.objects.filter(organisation__in=organisations).values_list("organisation_id", flat=True)
    departments = Counter(found)
    return {
        one.pk: {
            "kind": one.kind, "level": one.level, "region": (one.region_id or "")[:2], "beds": likeness.band("beds", one.beds),
            "departments": likeness.band("departments", departments.get(one.pk)), "channel": one.source_channel,
        }
        for one in organisations
    }  # fmt: skip


def candidates(*, staff: Staff) -> QuerySet[Organisation]:
    """Institutions within reach that are not won yet."""
    return Organisation.objects.alive().reached_by(staff, PeopleCan.VIEW).exclude(WON)


def latest_model() -> LikenessModel | None:
    """The weights in force."""
    return LikenessModel.objects.select_related("made_by").order_by("-made_at", "-pk").first()


def alike(*, model: LikenessModel, staff: Staff) -> list[Alike]:
    """The likest of the institutions within reach that moved last; with what somebody made of each."""
    rows = list(candidates(staff=staff).order_by("-last_activity_at", "-pk")[:LOOKED_AT])
    traits = traits_of(organisations=rows)
    rated = sorted(((likeness.rate(traits[one.pk], model.weights), one) for one in rows), key=lambda pair: (-pair[0].score, pair[1].pk))
    best = [(result, one) for result, one in rated if result.score >= LEAST][:SHOWN]
    opinions: dict[int, LikenessOpinion] = {}
    for opinion in LikenessOpinion.objects.filter(customer_id__in=[one.pk for _, one in best]).select_related("by").order_by("at"):
        opinions[opinion.customer_id] = opinion
    names = value_names()
    return [Alike(one, result.score, reasons_in_words(result, names), opinions.get(one.pk)) for result, one in best]


def reasons_in_words(result: likeness.Likeness, names: Mapping[str, Mapping[str, str]]) -> list[str]:
    """医院等级 三级甲等 +31."""
    return [
        f"{likeness.LABELS[one.feature]} {names.get(one.feature, {}).get(one.value, one.value)} {one.points:+d}" for one in result.reasons
    ]


def value_names() -> Mapping[str, Mapping[str, str]]:
    """Words for the codes of traits."""
    return {
        "kind": {str(key): str(label) for key, label in Kind.choices}, "level": {str(key): str(label) for key, label in Level.choices},
        "region": {code[:2]: name for code, name in Division.objects.provinces().values_list("code", "name")},
        "channel": dict(Channel.objects.values_list("key", "name")),
    }  # fmt: skip


def _banded(field: str) -> Case:
    """The least number of the band a column falls into; fewer groups than numbers."""
    steps = [When(**{f"{field}__gte": least}, then=Value(least)) for least, _text in reversed(likeness.BANDS[field])]
    return Case(*steps, default=Value(0), output_field=IntegerField())


def _departments_band() -> Subquery:
    counted = Department.objects.filter(organisation=OuterRef("pk")).order_by().values("organisation").annotate(n=Count("pk"))
    steps = [When(n__gte=least, then=Value(least)) for least, _text in reversed(likeness.BANDS["departments"])]
    banded = counted.annotate(band=Case(*steps, default=Value(0), output_field=IntegerField())).values("band")
    return Coalesce(Subquery(banded), Value(0))
