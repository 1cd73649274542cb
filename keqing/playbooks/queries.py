"""Reading plans, their progress, the steps of a customer and of a day."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from keqing.access.models import OrgUnit, Position, Staff
from keqing.followups.models import Reminder
from keqing.kit.formats import percent_of
from keqing.people.choices import Kind, Level, Stage
from keqing.people.models import Tag
from keqing.playbooks import lapsed
from keqing.playbooks.models import Edition, Enrolment, Playbook, Rollout, Step, StepRun
from keqing.playbooks.permissions import Can
from keqing.playbooks.planning import announced

STATES = {"": "未开始", **dict(StepRun.End.choices)}
LABELS = {**dict(Stage.choices), **dict(Kind.choices), **dict(Level.choices)}


@dataclass(frozen=True)
class Progress:
    """How far a plan has come with the customers one sees."""

    running: int = 0
    stopped: int = 0
    done: int = 0
    due: int = 0
    overdue: int = 0
    steps: int = 0

    @property
    def share(self) -> int | None:
        return percent_of(self.done, self.steps)


@dataclass(frozen=True)
class RunLine:
    """One step of an enrolment as its page shows it."""

    run: StepRun
    reminder: Reminder | None
    state: str
    css: str
    customer: str = ""

    @property
    def text(self) -> str:
        return self.reminder.text if self.reminder else announced(self.run.step.text, customer=self.customer)

    @property
    def may_skip(self) -> bool:
        return self.reminder is not None and self.reminder.done_at is None and not self.run.end and not self.run.step.is_mandatory


@dataclass(frozen=True)
class PlanBoard:
    """A plan with its steps, its editions and how far it has come."""

    playbook: Playbook
    edition: Edition
    steps: Sequence[Step]
    editions: Sequence[Edition]
    progress: Progress
    conditions: Sequence[tuple[str, str]]
    starts: Sequence[str]
    rollout: Rollout | None
    trouble: str
    view_gone: bool


def progress_of(playbook_ids: Collection[int], *, staff: Staff, today: date) -> dict[int, Progress]:
    """Three statements, whatever the number of plans; counted over the customers ``staff`` sees in full."""
    seen = Enrolment.objects.visible_to(staff).filter(playbook__in=playbook_ids)
    entered = seen.values("playbook_id").annotate(
        running=Count("pk", filter=Q(stopped_at__isnull=True)), stopped=Count("pk", filter=Q(stopped_at__isnull=False))
    )
    runs = StepRun.objects.filter(enrolment__in=seen).exclude(end__in=[StepRun.End.DROPPED, StepRun.End.ENDED])
    its_own = Reminder.objects.filter(pk=OuterRef("reminder_id"))
    waiting = Reminder.objects.open().filter(pk=OuterRef("reminder_id"))
    steps = runs.order_by().values("enrolment__playbook_id").annotate(
        steps=Count("pk"),
        done=Count("pk", filter=Q(end=StepRun.End.DONE) | Q(Exists(its_own.filter(done_at__isnull=False)), end="")),
        due=Count("pk", filter=Q(Exists(waiting.filter(due_on__lte=today)), end="")),
        overdue=Count("pk", filter=Q(Exists(waiting.filter(due_on__lt=today)), end="")),
    )  # fmt: skip
    numbers: dict[int, dict[str, int]] = {row["playbook_id"]: row for row in entered.order_by()}
    for row in steps:
        numbers.setdefault(row.pop("enrolment__playbook_id"), {}).update(row)
    names = Progress.__dataclass_fields__
    return {pk: Progress(**{name: row.get(name, 0) for name in names}) for pk, row in numbers.items()}


def plan_board(*, playbook: Playbook, staff: Staff, today: date) -> PlanBoard:
    """Everything the page of a plan shows."""
    editions = list(playbook.editions.select_related("by"))
    edition = next(one for one in editions if one.pk == playbook.current_id)
    return PlanBoard(
        playbook=playbook, edition=edition, steps=list(edition.steps.select_related("position__holder")), editions=editions,
        progress=progress_of([playbook.pk], staff=staff, today=today).get(playbook.pk, Progress()),
        conditions=conditions_of(edition, playbook.unit), starts=starts_of(edition), rollout=unfinished_rollout(playbook),
        trouble="" if playbook.closed_on else lapsed.trouble_with(edition, today=today), view_gone=lapsed.is_view_gone(edition),
    )


def unfinished_rollout(playbook: Playbook) -> Rollout | None:
    """A change still on its way through the customers, or stuck; there is at most one."""
    return playbook.rollouts.filter(state__in=[Rollout.State.RUNNING, Rollout.State.FAILED]).select_related("edition").first()


def conditions_of(edition: Edition, unit: OrgUnit) -> list[tuple[str, str]]:
    """Whom the plan is for, in words."""
    found = [("适用组织", unit.name)]
    for label, values in (("阶段", edition.stages), ("客户类型", edition.kinds), ("医院等级", edition.levels)):
        if values:
            found.append((label, "、".join(str(LABELS.get(one, one)) for one in values)))
    if edition.tag_ids:
        found.append(("标签（任一）", "、".join(Tag.objects.filter(pk__in=edition.tag_ids).values_list("name", flat=True))))
    if edition.query:
        found.append(("视图", f"{edition.query_name}（按 {edition.by.name if edition.by else '系统'} 所见）"))
    return found


def starts_of(edition: Edition) -> list[str]:
    ways = ((edition.on_entry, "进入阶段时自动加入"), (edition.on_night, "每晚自动加入"), (edition.on_alarm, "出现流失预警时自动加入"))
    return [text for on, text in ways if on] or ["只由人加入"]


def run_lines(*, enrolment: Enrolment, today: date) -> list[RunLine]:
    """The steps of one enrolment in their order, each as it stands today. Two statements."""
    runs = list(enrolment.runs.select_related("step__position").order_by("begins_on", "step__place", "pk"))
    reminders = Reminder.objects.select_related("position__holder", "done_by").in_bulk([run.reminder_id for run in runs if run.reminder_id])
    lines = [_line(run, reminders.get(run.reminder_id or 0), today) for run in runs]
    return [replace(line, customer=enrolment.customer_name) for line in lines]


def _line(run: StepRun, reminder: Reminder | None, today: date) -> RunLine:
    if run.end:
        return RunLine(run, reminder, str(StepRun.End(run.end).label), "badge-success" if run.end == StepRun.End.DONE else "badge-ghost")
    if reminder is None:
        return RunLine(run, None, "未开始", "badge-ghost")
    if reminder.done_at is not None:
        return RunLine(run, reminder, "已完成", "badge-success")
    if reminder.due_on < today:
        return RunLine(run, reminder, "逾期", "badge-error")
    return RunLine(run, reminder, "进行中", "badge-info")


@dataclass(frozen=True)
class StepOfPlan:
    """What 今日 says beside a reminder: of which plan, the how-manieth step, how many are done."""

    run_id: int
    enrolment_id: int
    title: str
    place: int
    done: int
    number: int
    is_mandatory: bool

    @property
    def share(self) -> int:
        return percent_of(self.done, self.number) or 0


def steps_of_reminders(reminder_ids: Collection[int]) -> dict[int, StepOfPlan]:
    """By reminder; one statement for all of a page, none when none comes from a plan."""
    if not reminder_ids:
        return {}
    finished = Reminder.objects.filter(pk=OuterRef("enrolment__runs__reminder_id"), done_at__isnull=False)
    over = Q(enrolment__runs__end__in=[StepRun.End.DONE, StepRun.End.SKIPPED]) | Q(Exists(finished), enrolment__runs__end="")
    counted = ~Q(enrolment__runs__end__in=[StepRun.End.DROPPED])
    rows = (
        StepRun.objects.filter(reminder_id__in=list(reminder_ids)).select_related("step", "enrolment__playbook").order_by()
        .annotate(over=Count("enrolment__runs", filter=over), number=Count("enrolment__runs", filter=counted))
    )  # fmt: skip
    return {
        row.reminder_id: StepOfPlan(
            row.pk, row.enrolment_id, row.enrolment.playbook.title, row.step.place, row.over, row.number, row.step.is_mandatory
        )
        for row in rows if row.reminder_id
    }  # fmt: skip


def positions_offered(*, staff: Staff, kept: Collection[int] = ()) -> Sequence[tuple[int, str]]:
    """Positions a step may name: heads and those whose work is not customers of their own.

    Of these the ones within reach of whoever writes the plan, and those of the units above them (the region's commerce,
    the company's bidding and care), whose work they may ask for; not another region's. Who manages all plans is offered
    all. ``kept`` are named by the edition already and stay, so that a plan can be saved as it is.
    """
    rows = Position.objects.current().exclude(role="representative", is_head=False).select_related("holder", "unit").order_by("code")
    if not staff.standing.reaches_everything(Can.MANAGE):
        above = {int(pk) for own in staff.standing.positions for pk in own.unit.path.strip("/").split("/")}
        reached = staff.standing.rows(Can.MANAGE, names=False, kind="role", owner="pk", unit="unit_id")
        rows = rows.filter(reached | Q(unit_id__in=above) | Q(pk__in=kept))
    return [(one.pk, f"{one.name}（{one.holder.name if one.holder else '空缺'}）") for one in rows]


def positions_by_id(ids: Collection[int]) -> Mapping[int, Position]:
    return Position.objects.current().in_bulk(ids)


def enrolments_of(customer_id: int) -> QuerySet[Any]:
    """A customer's plans, running first."""
    rows = Enrolment.objects.filter(customer_id=customer_id).select_related("playbook", "started_by", "edition")
    return rows.order_by("stopped_at", "-started_at", "-pk")


def next_steps(enrolment_ids: Collection[int]) -> Mapping[int, tuple[int, int, str]]:
    """By enrolment: steps over, steps in all, the text of the next one. Two statements."""
    finished = set(
        Reminder.objects.filter(
            pk__in=StepRun.objects.filter(enrolment__in=enrolment_ids, end="").exclude(reminder_id=None).values("reminder_id"),
            done_at__isnull=False,
        ).values_list("pk", flat=True)
    )  # fmt: skip
    found: dict[int, tuple[int, int, str]] = {}
    runs = StepRun.objects.filter(enrolment__in=enrolment_ids).exclude(end=StepRun.End.DROPPED).select_related("step", "enrolment")
    for run in runs.order_by("enrolment_id", "begins_on", "step__place"):
        over, number, following = found.get(run.enrolment_id, (0, 0, ""))
        is_over = run.end in (StepRun.End.DONE, StepRun.End.SKIPPED) or run.reminder_id in finished
        if not is_over and not run.end and not following:
            following = announced(run.step.text, customer=run.enrolment.customer_name)
        found[run.enrolment_id] = (over + is_over, number + 1, following)
    return found
