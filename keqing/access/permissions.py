"""Words of this department."""

from enum import StrEnum


class Can(StrEnum):
    SIGN_IN = "desk.use"
    VIEW_STAFF = "staff.view"
    MANAGE_STAFF = "staff.manage"
    MANAGE_ORG = "org.manage"
    VIEW_RIGHTS = "rights.view"
    MANAGE_PROXY = "proxy.manage"
    MAKE_TRANSFER = "transfer.make"
    APPROVE_TRANSFER = "transfer.approve"
    SHARE = "customer.share"
    VIEW_UNUSED = "grant.unused"
