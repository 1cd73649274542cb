"""Words of this department."""

from enum import StrEnum


class Can(StrEnum):
    VIEW = "contact.view"
    RECORD = "contact.record"
    COMMENT = "comment.write"
    VIEW_REMINDERS = "reminder.view"
    MANAGE_REMINDERS = "reminder.manage"
    VIEW_TEAM = "team.view"
