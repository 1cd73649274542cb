"""What every row about a customer shares: who sees it, and whether its customer is still there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Exists, OuterRef, Q

from keqing.people.models import Organisation, Person

if TYPE_CHECKING:
    from keqing.access.models import Staff


def customers_reached(staff: Staff, word: str, *, customer: str = "customer_id") -> Q:
    """Rows whose customer the word reaches: an organisation, or a person who belongs or belonged to none (decision 3)."""
    if staff.standing.reaches_everything(word):
        return Q()
    # one list instead of conditions joined by OR: PostgreSQL can then start from the customers
    return Q(**{f"{customer}__in": ids_reached(staff, word)})


def ids_reached(staff: Staff, word: str) -> models.QuerySet[Any, Any]:
    """The ids of the customers the word reaches, as a subquery."""
    organisations = Organisation.objects.alive().reached_by(staff, word).values("pk")
    people = Person.objects.alive().unaffiliated().filter(staff.standing.rows(word, names=False)).values("pk")
    once = Person.objects.alive().once_customers().reached_by(staff, word).values("pk")
    return organisations.union(people, once, all=True)


def of_present_customers() -> Q:
    """Rows whose customer is not in 回收站, which is small and indexed."""
    organisation = Organisation.objects.trashed().filter(pk=OuterRef("customer_id"))
    person = Person.objects.trashed().filter(pk=OuterRef("customer_id"))
    return ~Exists(organisation) & ~Exists(person)


class FollowsCustomer(models.Model):
    """A row that belongs to a customer and is seen by whoever sees the customer."""

    customer_id = models.BigIntegerField("客户编号")

    class Meta:
        abstract = True

    def customer(self) -> Organisation | Person:
        found = Organisation.objects.filter(pk=self.customer_id).first()
        return found or Person.objects.get(pk=self.customer_id)

    def allows(self, staff: Staff, word: str, *, names: bool = False) -> bool:
        return self.customer().allows(staff, word)
