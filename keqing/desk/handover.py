"""The desk's part when somebody leaves: views shared with a unit stay with whoever takes over."""

from datetime import datetime

from keqing.access.models import Staff
from keqing.desk.actions import hand_over_views
from keqing.desk.models import SavedView


class SharedViewsStay:
    label = "共享的视图"

    def count(self, *, staff: Staff) -> int:
        return SavedView.objects.filter(staff=staff, unit__isnull=False).count()

    def hand_over(self, *, staff: Staff, heir: Staff | None, by: Staff, at: datetime) -> None:
        if heir is not None:
            hand_over_views(staff=staff, heir=heir, by=by, at=at)
