"""Loading administrative divisions."""

import csv
from datetime import date
from pathlib import Path

from django.db import transaction

from keqing.reference.models import Division

SEED = Path(__file__).parent / "seed" / "divisions_2023.csv"
MUNICIPAL_NAMES = {"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"}


@transaction.atomic
def load_divisions(*, path: Path = SEED, valid_from: date = date(2023, 6, 30)) -> int:
    """Bring an edition of the division table in; codes it lacks end the day before. Returns rows in the file.

    Effects: new codes appear, names follow the edition, missing codes get ``valid_to``; no code is deleted,
    records that use an old one keep it (domain (e)).
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = {row["code"]: row for row in csv.DictReader(file)}
    divisions = [_division(row, rows, valid_from) for row in rows.values()]
    Division.objects.bulk_create(
        divisions,
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=["name", "full_name", "level", *Division.SEARCH_FIELDS],
    )
    Division.objects.exclude(code__in=rows.keys()).filter(valid_to__isnull=True, valid_from__lt=valid_from).update(
        valid_to=date.fromordinal(valid_from.toordinal() - 1)
    )
    return len(rows)


def _division(row: dict[str, str], rows: dict[str, dict[str, str]], valid_from: date) -> Division:
    code, level = row["code"], int(row["level"])
    above = [rows[c]["name"] for c in (code[:2] + "0000", code[:4] + "00")[: level - 1] if c in rows and c != code]
    full = "".join(name for name in [*above, row["name"]] if name not in MUNICIPAL_NAMES) or row["name"]
    division = Division(code=code, name=row["name"], level=level, full_name=full, valid_from=valid_from)
    division.index_names(names=[full], codes=[code])
    return division
