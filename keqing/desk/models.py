"""What people keep for themselves on the desk: views of lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from keqing.access.models import Staff


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def visible_to(self, reader: Staff) -> SavedViewQuerySet:
        """One's own, and those shared with a unit one's positions are in or under."""
        above = {int(pk) for position in reader.standing.positions for pk in position.unit.path.split("/") if pk}
        return self.filter(Q(staff=reader) | Q(unit__in=above))


class SavedView(models.Model):
    """视图: filters, order and columns of one list under a name. With a ``unit`` everybody below it sees it too."""

    list_key = models.CharField("列表", max_length=60)
    name = models.CharField("名称", max_length=30)
    query = models.CharField("条件", max_length=2000, blank=True, default="")
    staff = models.ForeignKey("access.Staff", models.PROTECT, related_name="+", verbose_name="建立人")
    unit = models.ForeignKey("access.OrgUnit", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="共享给")
    place = models.PositiveSmallIntegerField("位置", default=0)
    version = models.PositiveIntegerField(default=1)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = "视图"
        ordering = ["place", "pk"]
        indexes = [models.Index(fields=["list_key", "unit"], condition=Q(unit__isnull=False), name="team_view")]
        constraints = [models.UniqueConstraint(fields=["staff", "list_key", "name"], name="view_name")]

    def __str__(self) -> str:
        return self.name

    def allows(self, reader: Staff, word: str, *, names: bool = False) -> bool:
        """Seen by whom it is shared with, changed by whoever made it."""
        return self.staff_id == reader.pk


class DefaultView(models.Model):
    """The view with which a person's list opens when nothing else is asked for."""

    staff = models.ForeignKey("access.Staff", models.PROTECT, related_name="+")
    list_key = models.CharField(max_length=60)
    view = models.ForeignKey(SavedView, models.CASCADE, related_name="+", verbose_name="视图")

    class Meta:
        verbose_name = "默认视图"
        constraints = [models.UniqueConstraint(fields=["staff", "list_key"], name="one_default_view")]
