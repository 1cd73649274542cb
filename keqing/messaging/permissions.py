"""Words of this department."""

from enum import StrEnum


class Can(StrEnum):
    READ_OWN = "desk.use"
    MANAGE = "messaging.manage"
