"""Words of this department."""

from enum import StrEnum


class Can(StrEnum):
    VIEW = "organisation.view"
    CREATE = "organisation.create"
    EDIT = "organisation.edit"
    ASSIGN = "organisation.assign"
    TRASH = "organisation.trash"
    VIEW_PERSON = "person.view"
    CREATE_PERSON = "person.create"
    EDIT_PERSON = "person.edit"
    TRASH_PERSON = "person.trash"
    FULL_PHONE = "phone.full"
    REVEAL_PHONE = "phone.reveal"
    CHECK_DUPLICATES = "duplicate.check"
    MANAGE_TAGS = "tag.manage"
    VIEW_ORPHANS = "orphan.view"
