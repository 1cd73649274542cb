"""Plans of the sample company: the delivered ones, customers in them, and alarms with what became of them."""

from collections import defaultdict
from datetime import date, datetime, timedelta

from keqing.access.models import OrgUnit
from keqing.desk.demo.copying import copy_rows, number
from keqing.followups.models import Reminder
from keqing.kit.formats import business_date
from keqing.people.models import Organisation
from keqing.playbooks import fitting
from keqing.playbooks.actions.enrolments import enrol, refresh_next_dues
from keqing.playbooks.actions.steps import AHEAD, note_soonest, remind, settle
from keqing.playbooks.cadence import cadence
from keqing.playbooks.defaults import make_defaults
from keqing.playbooks.models import Enrolment, Playbook, Round, StepRun
from keqing.playbooks.placing import places

BEGAN = timedelta(days=90)
WAVES = (36, 18, 6, 1)  # days ago customers entered
A_WAVE = 16
ALARMS = 40
DONE_AFTER = timedelta(days=3)
SAID = ("已联系，对方认可", "已拜访，约了下次", "资料已送到", "已电话确认")
OUTCOMES = ("recovered", "recovered", "stock", "competitor", "recovered", "wrong_alarm", "closed", "")
CODES = {"recovered": "已恢复订货", "stock": "库存还够", "competitor": "改用竞品", "wrong_alarm": "一直有联系，漏记了", "closed": "门店关停"}


def make_plans(*, at: datetime) -> int:
    """By the actions themselves, set back in time; returns how many rows."""
    company = OrgUnit.objects.get(kind=OrgUnit.Kind.COMPANY)
    make_defaults(company=company, today=business_date(at - BEGAN), at=at - BEGAN)
    made = 0
    for playbook in Playbook.objects.exclude(key__in=("", "reward")).select_related("current__playbook__unit", "current__by").order_by("pk"):
        for days in WAVES:
            made += _wave(playbook, at - timedelta(days=days))
    _remind(at)
    _do(at)
    # the nights are done, today's too: the worker has nothing to make up
    Round.objects.create(night_on=business_date(at), started_at=at, touched_at=at, finished_at=at)
    return made + _alarms(at)


def _wave(playbook: Playbook, at: datetime) -> int:
    """Customers spread over the company: every so-many-th of those the plan is for."""
    fits = fitting.who_may_enter(playbook.current, today=business_date(at)).filter(owner_position__holder__isnull=False, created_at__lt=at)
    ids = list(fits.order_by("pk").values_list("pk", flat=True))
    chosen = ids[:: max(len(ids) // A_WAVE, 1)][:A_WAVE]
    return len(enrol(edition=playbook.current, customers=chosen, origin=Enrolment.Origin.ENTRY, by=None, at=at))


def _remind(at: datetime) -> None:
    """As the nights since would have done."""
    today, known = business_date(at), places()
    runs = StepRun.objects.filter(reminder_id__isnull=True, end="", begins_on__lte=today + AHEAD).select_related("step")
    by_day: dict[date, list[StepRun]] = defaultdict(list)
    for run in runs.order_by("begins_on", "pk"):
        by_day[run.begins_on].append(run)
    for day, group in by_day.items():
        customers = Organisation.objects.in_bulk([run.customer_id for run in group])
        remind(runs=group, customers=customers, places=known, by=None, at=at - max(today - day + AHEAD, timedelta(0)))


def _do(at: datetime) -> None:
    """Most of what fell due has been done, some of it is late."""
    today = business_date(at)
    due = Reminder.objects.open().filter(origin=Reminder.Origin.PLAYBOOK, due_on__lt=today).select_related("position__holder")
    done = []
    for place, one in enumerate(due.order_by("pk")):
        if place % 7 == 3 and today - one.due_on < timedelta(days=12) or one.position.holder is None:
            continue
        one.done_at = min(one.created_at + DONE_AFTER, at)
        one.done_by, one.outcome, one.version = one.position.holder, SAID[place % len(SAID)], 2
        done.append(one)
    Reminder.objects.bulk_update(done, ["done_at", "done_by", "outcome", "version"], batch_size=1000)
    settle(customers=[one.customer_id for one in done])
    refresh_next_dues([one.customer_id for one in done])


def _alarms(at: datetime) -> int:
    """Customers that fell silent in the last weeks; most alarms are closed with what became of them."""
    raised = at - timedelta(days=25)
    rows = Organisation.objects.alive().filter(fitting.silent(cadence(), business_date(raised)), owner_position__holder__isnull=False)
    due_on = business_date(raised) + timedelta(days=2)
    made = []
    for place, row in enumerate(rows.select_related("owner_position__holder").order_by("pk")[:ALARMS]):
        alarm = Reminder(
            customer_id=row.pk, customer_name=row.name, position=row.owner_position, unit_id=row.unit_id, due_on=due_on,
            first_due_on=due_on, text=f"流失预警：{cadence().silent_days} 天没有联系，请联系后选择结果", origin=Reminder.Origin.ALARM,
            created_at=raised,
        )
        if code := OUTCOMES[place % len(OUTCOMES)]:
            alarm.done_at, alarm.done_by = raised + DONE_AFTER, row.owner_position.holder  # type: ignore[union-attr]
            alarm.outcome_code, alarm.outcome, alarm.version = code, CODES[code], 2
        made.append(alarm)
    number(made)
    copy_rows(made)
    note_soonest([one for one in made if one.done_at is None])
    return len(made)
