"""Words of this department."""

from enum import StrEnum


class Can(StrEnum):
    VIEW_RULES = "rule.view"
    MANAGE_RULES = "rule.manage"
    VIEW_REFUSALS = "refusal.view"
