"""Words of this department."""

from enum import StrEnum


class Can(StrEnum):
    VIEW = "playbook.view"
    ENROL = "playbook.enrol"
    MANAGE = "playbook.manage"
