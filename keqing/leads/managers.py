"""Who answers for a unit: the nearest occupied head, in it or above."""

from collections.abc import Collection, Mapping

from keqing.access.models import OrgUnit, Position
from keqing.access.standing import roles
from keqing.leads.permissions import Can


class Managers:
    """The heads above some units, read once (two statements)."""

    def __init__(self, *, unit_ids: Collection[int]) -> None:
        paths = OrgUnit.objects.filter(pk__in=unit_ids).values_list("path", flat=True)
        self._lines: dict[int, list[int]] = {}
        for path in paths:
            line = [int(one) for one in reversed(path.strip("/").split("/"))]
            self._lines |= {pk: line[at:] for at, pk in enumerate(line)}  # the units above can be asked about, too
        above = {one for line in self._lines.values() for one in line}
        heads = Position.objects.current().filter(
            is_head=True, unit_id__in=above, holder__is_active=True
        ).select_related("holder", "unit")  # fmt: skip
        self._heads: Mapping[int, Position] = {head.unit_id: head for head in heads}

    def over(self, unit_id: int, *, without: Collection[int] = ()) -> Position | None:
        """The head of a unit or the nearest above; positions in ``without`` do not count: their manager is meant."""
        for one in self._lines.get(unit_id, ()):
            head = self._heads.get(one)
            if head is not None and head.pk not in without:
                return head
        return None


def handles(position: Position) -> bool:
    """Whether leads can be given to a position at all: a head of the company hands out, but does not work at them."""
    role = roles().get(position.role)
    return role is not None and Can.HANDLE in role.words
