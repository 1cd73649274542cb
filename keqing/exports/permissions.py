"""Words of this department."""

from enum import StrEnum


class Can(StrEnum):
    RUN = "export.run"
    APPROVE = "export.approve"
    OVERSEE = "export.oversee"
