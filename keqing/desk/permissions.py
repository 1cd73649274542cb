"""Words of this department."""

from enum import StrEnum


class Can(StrEnum):
    USE = "desk.use"
    SEARCH_AUDIT = "audit.search"
    VIEW_GALLERY = "gallery.view"
    SHARE_VIEWS = "view.share"
