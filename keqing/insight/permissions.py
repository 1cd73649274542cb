"""Words of this department."""

from enum import StrEnum


class Can(StrEnum):
    CONTACTS = "report.contacts"
