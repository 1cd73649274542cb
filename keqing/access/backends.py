"""Loads the signed-in person together with the mark their rights may be remembered under, in one statement."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from keqing.access.models import Staff
from keqing.kit.prepared import prepared


@prepared
def _staff(pk: int) -> QuerySet[Staff]:
    mark = RawSQL("SELECT coalesce(sum(n), 0) FROM access_changemark", ())
    return Staff.objects.annotate(mark_number=mark).filter(pk=pk)


class StaffBackend(ModelBackend):
    def get_user(self, user_id: Any) -> Staff | None:
        staff = next(iter(_staff(pk=int(user_id))), None)
        return staff if staff is not None and self.user_can_authenticate(staff) else None
