"""Words of this department."""

from enum import StrEnum


class Can(StrEnum):
    VIEW = "feedback.view"
    HANDLE = "feedback.handle"
