"""What the list of customers sorts by, and the numbers on its chips."""

from django.db import models
from django.db.models import F, Q

LIST_INDEXES = [
    models.Index(fields=["search_initials", "id"], name="org_all_initials"),
    models.Index(fields=["completeness", "id"], name="org_completeness_order"),
    # empty days come last in either direction, so each direction has its own
    models.Index(F("last_contact_on").desc(nulls_last=True), F("id").desc(), name="org_contacted_last"),
    models.Index(fields=["last_contact_on", "id"], name="org_contacted_first"),
    # the numbers on the chips, answered from these alone: the rows themselves are wide
    models.Index(
        fields=["unit", "owner_position", "kind"], condition=Q(deleted_at__isnull=True), name="org_counts",
        include=["id", "next_due_on", "last_contact_on", "completeness", "is_unverified", "lifecycle", "lifecycle_since"],
    ),
    # a column of the board, and the list of a stage
    models.Index(
        fields=["lifecycle", "-last_activity_at", "-id"], condition=Q(deleted_at__isnull=True), name="org_stage_activity",
        include=["kind", "unit", "owner_position"],
    ),
    models.Index(
        fields=["owner_position", "lifecycle", "-last_activity_at", "-id"], condition=Q(deleted_at__isnull=True),
        name="org_owner_stage",
    ),
    models.Index(
        fields=["next_due_on", "id"], condition=Q(next_due_on__isnull=False, deleted_at__isnull=True),
        name="org_due", include=["kind", "unit", "owner_position"],
    ),
    models.Index(
        fields=["kind"], condition=Q(owner_position__isnull=True, deleted_at__isnull=True), name="org_counts_waiting",
        include=["id", "unit"],
    ),
    models.Index(
        fields=["kind"], condition=Q(is_unverified=True, deleted_at__isnull=True), name="org_counts_unverified",
        include=["id", "unit", "owner_position"],
    ),
]
