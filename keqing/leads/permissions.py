"""Words of this department."""

from enum import StrEnum


class Can(StrEnum):
    VIEW = "lead.view"
    RECORD = "lead.record"
    HANDLE = "lead.handle"
    ASSIGN = "lead.assign"
    MANAGE = "lead.manage"
    REPORT = "lead.report"
