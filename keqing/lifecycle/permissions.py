"""Words of this department."""

from enum import StrEnum


class Can(StrEnum):
    VIEW = "lifecycle.view"
    EDIT = "lifecycle.edit"
    PLAN = "lifecycle.plan"
    MANAGE = "lifecycle.manage"
