"""What every table keeps to (house; decisions 1, 2, 14)."""

import pytest
from django.db.models import PROTECT, DateField, DateTimeField, ForeignKey, ManyToManyField

from tests.guards.house import LADDER, department_of, models

# table → the column that names the customer in it; None with a reason
GROWING = {
    "audit.Entry": "customer_id",  # nullable: a sign-in or a change of a position has no customer (ADR 0003)
    "access.Share": "customer_id",
    "timeline.Entry": "customer_id",
    "timeline.Facts": "customer_id",
    "followups.ContactRecord": "customer_id",
    "followups.Participant": "customer_id",
    "followups.Correction": "customer_id",
    "followups.Comment": "customer_id",
    "followups.Reminder": "customer_id",
    "followups.Commitment": "customer_id",
    "lifecycle.StageChange": "customer_id",
    "lifecycle.Need": "customer_id",
    "lifecycle.Target": "customer_id",
    "lifecycle.Effect": "customer_id",
    "leads.Lead": "customer_id",  # nullable: a lead is there before anybody knows who it was
    "leads.Step": "customer_id",  # as its lead
    "leads.LikenessOpinion": "customer_id",
    "service.Feedback": "customer_id",
    "batches.BatchRow": "customer_id",
    "playbooks.Enrolment": "customer_id", "playbooks.StepRun": "customer_id", "playbooks.Notice": "customer_id",
    "people.Affiliation": "organisation_id",
    "people.Department": "organisation_id",
    "people.OrganisationTag": "organisation_id",
    "people.Organisation": "id",
    "people.Person": "id",
}
NULLABLE = {"audit.Entry", "leads.Lead", "leads.Step"}
# tables that do not grow with the customers, or whose rows belong to no customer
STEADY = {
    "reference": "divisions and calendar: one copy everywhere",
    "access": "staff, positions, units, rules: one copy everywhere",
    "compliance": "rules are versioned data; refusals belong to a person, not to a customer",
    "interchange": "jobs and their rows belong to an import; they are cleared after a while",
    "followups.CalendarFeed": "at most one a person", "followups.PromiseRound": "one a day",
    "followups.DayTally": "sums by person and day, not by customer", "followups.MonthTally": "sums by person and month, not by customer",
    "followups.MonthTotal": "sums by person and month, not by customer",
    "news": "items and subscriptions: a few a day, about no customer",
    "messaging": "messages belong to the person they are written to, and are cleared after a year",
    "exports": "one a file asked for in the background; the files are cleared after seven days",
    "leads.LeadRule": "some hundred at most", "leads.RuleCount": "one a rule", "leads.LikenessModel": "one a computation",
    "leads.PoolCount": "one a person and day on which something was picked",
    "leads.Channel": "a dozen", "leads.Campaign": "some a month, belong to the company",
    "lifecycle.LossReason": "a dozen", "lifecycle.Competitor": "a dozen",
    "lifecycle.PipelineGoal": "one a position and month, belongs to the company",
    "batches.Batch": "one a click; belongs to who clicked",
    "playbooks.Playbook": "a few dozen", "playbooks.Edition": "a few a plan", "playbooks.Step": "a few an edition",
    "playbooks.Round": "one a night", "playbooks.Rollout": "one a change of a plan",
    "desk.SavedView": "a handful a person", "desk.DefaultView": "at most one a person and list",
    "people.Dimension": "a handful", "people.Tag": "a handful", "audit.Link": "follows the order of sealing, not a customer",
}
UNIQUE_EXCEPTIONS = {
    "org_uscc",  # a national identity, the one exception decision 14 names
    "one_primary_affiliation",  # over a person's rows: people are customers' neighbours, kept together with them
    "participant_once", "correction_version",  # start from the contact, which carries the customer
}
TIMES = {"at", "last_login", "locked_until", "locked_until_at"}
DATES = {"valid_from", "valid_to", "rep_filing_valid_to", "authorised_until", "lifecycle_since", "on", "month"}


def _label(model) -> str:
    return f"{department_of(model)}.{model.__name__}"


def _first_columns(model) -> set[str]:
    meta = model._meta
    first = {meta.pk.column}
    for index in meta.indexes:
        if index.fields:
            first.add(meta.get_field(index.fields[0].lstrip("-")).column)
    for constraint in meta.constraints:
        if getattr(constraint, "fields", ()):
            first.add(meta.get_field(constraint.fields[0]).column)
    return first | {f.column for f in meta.concrete_fields if f.unique or (isinstance(f, ForeignKey) and f.db_index)}


def test_every_table_is_known_to_grow_or_known_not_to():
    unknown = [_label(m) for m in models() if _label(m) not in GROWING and not {_label(m), department_of(m)} & STEADY.keys()]
    assert unknown == []


@pytest.mark.parametrize("model", [m for m in models() if _label(m) in GROWING], ids=_label)
def test_a_growing_table_carries_its_customer_and_an_index_that_starts_with_it(model):
    column = GROWING[_label(model)]
    field = next(f for f in model._meta.concrete_fields if f.column == column)
    assert field.null is (_label(model) in NULLABLE)
    assert column in _first_columns(model)


@pytest.mark.parametrize("model", [m for m in models() if _label(m) in GROWING], ids=_label)
def test_uniqueness_in_a_growing_table_includes_its_customer(model):
    column = GROWING[_label(model)]
    for constraint in model._meta.constraints:
        if hasattr(constraint, "fields") and constraint.name not in UNIQUE_EXCEPTIONS and constraint.fields:
            columns = {model._meta.get_field(name).column for name in constraint.fields}
            assert column in columns, constraint.name


@pytest.mark.parametrize("model", models(), ids=_label)
def test_relations_go_down_the_ladder_and_leave_no_trace_above(model):
    own = LADDER.index(department_of(model))
    for field in model._meta.local_fields + model._meta.local_many_to_many:
        if not isinstance(field, ForeignKey | ManyToManyField) or not field.related_model.__module__.startswith("keqing."):
            continue
        other = LADDER.index(department_of(field.related_model))
        assert other <= own, f"{field} points up"
        if other < own:
            assert field.remote_field.hidden, f"{field} shows itself below: related_name='+'"
            if isinstance(field, ForeignKey):
                assert field.remote_field.on_delete is PROTECT, f"{field} deletes across departments"


@pytest.mark.parametrize("model", [m for m in models() if _label(m) in GROWING], ids=_label)
def test_nothing_above_holds_a_foreign_key_to_a_growing_table_of_another_department(model):
    """So that the table can be distributed later: others keep the id only (decision 14).

    Organisation and Person are the customers themselves; what points at them follows them.
    """
    for other in models():
        if department_of(other) == department_of(model) or _label(model) in {"people.Organisation", "people.Person"}:
            continue
        held = [f.name for f in other._meta.local_fields if isinstance(f, ForeignKey) and f.related_model is model]
        assert held == [], f"{_label(other)}.{held}"


@pytest.mark.parametrize("model", models(), ids=_label)
def test_names_of_times_and_days_say_which_they_are(model):
    for field in model._meta.local_concrete_fields:
        if isinstance(field, DateTimeField):
            assert field.name.endswith("_at") or field.name in TIMES, field
        elif isinstance(field, DateField):
            assert field.name.endswith("_on") or field.name in DATES, field
        else:
            assert not field.name.endswith(("_at", "_on")), field
