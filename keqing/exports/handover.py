"""Exports' part when somebody leaves: requests nobody can use any more are withdrawn."""

from datetime import datetime

from keqing.access.models import Staff
from keqing.exports.actions import withdraw_exports
from keqing.exports.models import Export


class RequestsEnd:
    """A file is for who asked for it alone: a request that waits for agreement ends with the account."""

    label = "待批准的导出申请"

    def count(self, *, staff: Staff) -> int:
        return Export.objects.asked_by(staff).waiting().count()

    def hand_over(self, *, staff: Staff, heir: Staff | None, by: Staff, at: datetime) -> None:
        withdraw_exports(staff=staff, by=by, at=at)
