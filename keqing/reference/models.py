"""Facts of the country: administrative divisions with the years they hold, and the days the company works."""

from datetime import date

from django.db import models
from django.db.models import Q

from keqing.kit.searchable import Searchable


class DivisionQuerySet(models.QuerySet["Division"]):
    def current(self, today: date) -> "DivisionQuerySet":
        return self.filter(Q(valid_to__isnull=True) | Q(valid_to__gte=today), valid_from__lte=today)

    def provinces(self) -> "DivisionQuerySet":
        return self.filter(level=1)


class Division(Searchable):
    """行政区划 by GB/T 2260 code: 440000, 440100, 440106. Codes end; records keep the old one."""

    code = models.CharField("代码", max_length=6, primary_key=True)
    name = models.CharField("名称", max_length=60)
    level = models.PositiveSmallIntegerField("级别")
    full_name = models.CharField("全称", max_length=120)
    valid_from = models.DateField("启用")
    valid_to = models.DateField("停用", null=True, blank=True)

    objects = DivisionQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        verbose_name = "行政区划"
        indexes = Searchable.Meta.indexes
        constraints = [
            models.CheckConstraint(condition=Q(level__in=(1, 2, 3)), name="division_level"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=models.F("valid_from")), name="division_validity"
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def prefix(self) -> str:
        """The leading digits shared by everything inside this division."""
        return self.code[: self.level * 2]


class WorkDay(models.Model):
    """工作日历上公司自己写的一天: over the announced holidays it says whether that day is worked."""

    falls_on = models.DateField("日期", primary_key=True)
    working = models.BooleanField("上班")
    name = models.CharField("名称", max_length=40)

    class Meta:
        ordering = ["falls_on"]
        verbose_name = "工作日历"
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="work_day_named")]

    def __str__(self) -> str:
        return f"{self.falls_on:%Y-%m-%d} {self.name}（{'上班' if self.working else '休息'}）"


class WorkYear(models.Model):
    """A year the company declares complete: all its holidays are among the days written here."""

    year = models.PositiveSmallIntegerField("年份", primary_key=True)
    source = models.CharField("依据", max_length=200)

    class Meta:
        ordering = ["year"]
        verbose_name = "已录入节假日的年份"
        constraints = [models.CheckConstraint(condition=Q(year__gte=1980, year__lte=2200), name="work_year_bounds")]

    def __str__(self) -> str:
        return f"{self.year} 年"
