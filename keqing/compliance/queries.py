"""Reading rules for their pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from keqing.compliance.labels import parameter_label
from keqing.compliance.models import RuleVersion


@dataclass(frozen=True)
class RuleBoard:
    """One rule: the version in force, what is to come, and all versions."""

    rule: RuleVersion
    latest: RuleVersion
    versions: Sequence[RuleVersion]
    parameters: Sequence[tuple[str, Any]]


def rules_in_force(today: date) -> list[RuleVersion]:
    return list(RuleVersion.objects.in_force(today).order_by("rule_id"))


def rule_board(*, rule_id: str, today: date) -> RuleBoard | None:
    versions = list(RuleVersion.objects.filter(rule_id=rule_id).order_by("-version"))
    if not versions:
        return None
    now = next((v for v in versions if v.valid_from <= today and (v.valid_to is None or v.valid_to > today)), versions[0])
    parameters = [(parameter_label(name), value) for name, value in now.parameters.items()]
    return RuleBoard(now, versions[0], versions, parameters)
