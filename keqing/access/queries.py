"""Reading staff, the org tree and rights for the administration pages."""

from dataclasses import dataclass

from keqing.access.labels import REACHES, WORDS, kind_label, word_label
from keqing.access.models import OrgUnit, Position, Staff
from keqing.access.standing import Grant, Role, roles


@dataclass(frozen=True)
class Right:
    """One permission of one person: which rows, and through which position."""

    word: str
    label: str
    reach: str
    why: str


@dataclass(frozen=True)
class Granted:
    word: str
    label: str
    reach: str


@dataclass(frozen=True)
class RoleRow:
    title: str
    key: str
    rights: tuple[Granted, ...]


@dataclass(frozen=True)
class UnitRow:
    """One line of the org tree with the positions that lie directly in it."""

    unit: OrgUnit
    depth: int
    head: Position | None
    positions: tuple[Position, ...]


def rights_of(staff: Staff) -> list[Right]:
    """Word by word what a person may do today and why, in the order of the catalogue. No statement but the standing's."""
    found = []
    order = {word: place for place, word in enumerate(WORDS)}
    for position in staff.standing.positions:
        role = roles().get(position.role)
        for word, grants in (role.words if role else {}).items():
            for grant in grants:
                reach = reach_text(grant, is_head=position.is_head, unit=position.unit.name)
                found.append(Right(word, word_label(word), reach, f"{position.name}（{position.role_title}）"))
    return sorted(found, key=lambda right: (order.get(right.word, 999), right.why))


def reach_text(grant: Grant, *, is_head: bool = True, unit: str = "") -> str:
    """``华南大区之下的 商业公司、药店``, in words."""
    reach = "own" if grant.reach == "team" and not is_head else grant.reach
    text = REACHES.get(reach, reach)
    if unit and reach in {"team", "territory"}:
        text = f"“{unit}”之下的"
    if grant.kinds:
        text += "（" + "、".join(kind_label(kind) for kind in sorted(grant.kinds)) + "）"
    return text + ("，只见名称与编码" if grant.names_only else "")


def role_catalogue() -> list[RoleRow]:
    return [RoleRow(role.title, role.key, _granted(role)) for role in roles().values()]


def org_tree(*, closed: bool = False) -> list[UnitRow]:
    """The tree from the company down, two statements."""
    units = OrgUnit.objects.all() if closed else OrgUnit.objects.current()
    by_unit: dict[int, list[Position]] = {}
    for position in Position.objects.current().select_related("holder").order_by("-is_head", "code"):
        by_unit.setdefault(position.unit_id, []).append(position)
    # ids in a path have different lengths: compare them as numbers
    ordered = sorted(units.select_related("parent"), key=lambda u: [int(pk) for pk in u.path.strip("/").split("/")])
    return [
        UnitRow(
            unit, unit.depth, next((p for p in by_unit.get(unit.pk, ()) if p.is_head), None),
            tuple(by_unit.get(unit.pk, ())),
        )
        for unit in ordered
    ]  # fmt: skip


def _granted(role: Role) -> tuple[Granted, ...]:
    order = {word: place for place, word in enumerate(WORDS)}
    rows = [
        Granted(word, word_label(word), reach_text(grant))
        for word, grants in role.words.items()
        for grant in grants
    ]
    return tuple(sorted(rows, key=lambda row: order.get(row.word, 999)))
