"""Words of this department."""

from enum import StrEnum


class Can(StrEnum):
    MANAGE_DIVISIONS = "division.manage"
    MANAGE_CALENDAR = "calendar.manage"
