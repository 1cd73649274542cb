"""Words of this department."""

from enum import StrEnum


class Can(StrEnum):
    VIEW = "news.view"
    MANAGE = "news.manage"
