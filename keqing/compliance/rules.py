"""The rules in force, and the checks every department calls before it stores a label or reads a file."""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

from django.conf import settings
from django.utils import timezone

from keqing.compliance import matching
from keqing.compliance.matching import Hit, Key, Rule
from keqing.compliance.models import RuleVersion

__all__ = ["Hit", "check_import", "check_label", "check_labels", "delivered_rules", "rulebook"]


@cache
def delivered_rules() -> Mapping[str, Mapping[str, Any]]:
    """The rules as delivered in ``config/policies/rules.toml``."""
    path = settings.ROOT / "config" / "policies" / "rules.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


def rulebook(*, today: date | None = None) -> dict[str, Rule]:
    """Rule by id as in force on a day (default: this day). One query.

    A rule that was never loaded holds as delivered: an empty table must not open the door.
    """
    book = {
        rule_id: Rule(rule_id, 1, raw["title"], raw.get("parameters", {})) for rule_id, raw in delivered_rules().items()
    }
    for row in RuleVersion.objects.in_force(today or timezone.localdate()):
        book[row.rule_id] = Rule(row.rule_id, row.version, row.title, row.parameters)
    return book


def check_label(text: str) -> Hit | None:
    """Whether a label (field name, tag, task or script title) carries a deny word. One query."""
    return matching.match_label(text, rules=rulebook())


def check_labels(labels: Iterable[str]) -> list[Hit]:
    """``check_label`` for many labels: one query in all."""
    book = rulebook()
    return [hit for label in labels if (hit := matching.match_label(label, rules=book))]


def check_import(
    *, headers: Sequence[str], keyed_by: Key | None = None, data_source: str = "", contract: str = ""
) -> Hit | None:
    """The rule that refuses a file with these headers, or None (RX-01 to RX-05). One query.

    ``keyed_by`` is what a row is about as the importer knows it; headers such as 医生 or 科室 add to it.
    """
    return matching.match_import(
        headers, rules=rulebook(), keyed_by=keyed_by, data_source=data_source, contract=contract
    )
