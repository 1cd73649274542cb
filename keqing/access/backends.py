"""Loads the signed-in person together with the mark their rights may be remembered under, in one statement."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db.models.expressions import RawSQL

from keqing.access.models import Staff


class StaffBackend(ModelBackend):
    def get_user(self, user_id: Any) -> Staff | None:
        found = Staff.objects.annotate(mark_number=RawSQL("SELECT coalesce(sum(n), 0) FROM access_changemark", ()))
        staff = found.filter(pk=user_id).first()
        return staff if staff is not None and self.user_can_authenticate(staff) else None
