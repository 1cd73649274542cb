"""Promises kept, late and still open, appointments and a task with its parts in the sample company."""

from datetime import date, datetime, time, timedelta

from keqing.access.models import Staff
from keqing.followups.actions.commitments import keep_commitment, make_commitment
from keqing.followups.actions.promising import Promise
from keqing.followups.actions.reminders import finish_reminder
from keqing.followups.actions.tasks import Booking, create_task, make_appointment, tick_checklist
from keqing.followups.models import ContactRecord
from keqing.kit.formats import SHANGHAI, business_date
from keqing.people.models import Organisation

OWN, WANTED, STEP, DAYS = 12, 40, 5, 120
TEXTS = ("寄检验报告", "补送说明书新版", "约药剂科主任当面说明", "送会议资料", "回复不良反应咨询", "提供配送公司联系人")
EVIDENCE = ("快递已签收", "当面交给本人", "邮件已回执", "对方电话确认收到")
PARTS = (("备齐资质文件", 1), ("与药剂科确认目录", 3), ("准备药事会材料", 5), ("约分管院长", 8))


def add_promises(*, at: datetime) -> int:
    """Through the actions, so that stream, audit and reminders are those of real work; returns how many rows."""
    return _past(at) + _mine(at)


def _past(at: datetime) -> int:
    """What came of promises of the last months: most kept in time, a few late, a few forgotten."""
    today = business_date(at)
    recent = ContactRecord.objects.filter(track_on__gte=today - timedelta(days=DAYS), track_on__lt=today - timedelta(days=9))
    recent = recent.filter(tracker__is_active=True).select_related("tracker").order_by("-pk")
    mine = recent.filter(tracker__login_name="rep")[: OWN * STEP : STEP]
    rows = [*mine, *recent.exclude(tracker__login_name="rep")[: WANTED * STEP : STEP]]
    alive = Organisation.objects.alive().in_bulk([row.customer_id for row in rows])
    count = 0
    for number, row in enumerate(rows):
        customer = alive.get(row.customer_id)
        if customer is None or row.tracker.standing.home is None:
            continue
        due_on = row.track_on + timedelta(days=5)
        promise = Promise(TEXTS[number % len(TEXTS)], due_on)
        one = make_commitment(customer=customer, promise=promise, by=row.tracker, at=row.submitted_at)
        count += 1
        if number % 11 == 10:
            continue
        late = 3 if number % 7 == 6 else -1
        done_on = min(due_on + timedelta(days=late), today)
        keep_commitment(
            commitment=one, on=done_on, evidence=EVIDENCE[number % len(EVIDENCE)], by=row.tracker,
            at=max(_at(done_on, 15), row.submitted_at),
        )
    return count


def _mine(at: datetime) -> int:
    """The representative whose sign-in is printed has promises for these days, appointments and a task."""
    today = business_date(at)
    rep = Staff.objects.get(login_name="rep")
    home = rep.standing.home
    customers = list(Organisation.objects.alive().filter(owner_position=home).order_by("-last_activity_at", "pk")[:6]) if home else []
    if len(customers) < 6:
        return 0
    for number, (days, customer) in enumerate(zip((-1, 0, 4), customers, strict=False)):
        due_on = today + timedelta(days=days)
        make_commitment(
            customer=customer, promise=Promise(TEXTS[number], due_on, made_to="药剂科"), by=rep, at=at - timedelta(days=3)
        )
    for days, hour, status, customer in ((1, 9, "confirmed", customers[3]), (2, 14, "asked", customers[4]), (6, 10, "confirmed", customers[5])):
        day = _workday(today + timedelta(days=days))
        booking = Booking(_at(day, hour), _at(day, hour + 1), status, f"YY{day:%m%d}-{hour:02}" if status == "confirmed" else "")
        booked = make_appointment(customer=customer, text="拜访药剂科", booking=booking, by=rep, at=at)
        if status == "confirmed":
            tick_checklist(reminder=booked, checked=["history", "goal"], by=rep, at=at)
    whole = create_task(customer=customers[0], text="进院准备", due_on=today + timedelta(days=12), by=rep, at=at)
    for number, (text, days) in enumerate(PARTS):
        part = create_task(customer=customers[0], text=text, due_on=today + timedelta(days=days), by=rep, at=at, parent=whole)
        if number < 2:
            finish_reminder(reminder=part, outcome="已完成", by=rep, at=at)
    return 3 + 3 + 1 + len(PARTS)


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), SHANGHAI)


def _workday(day: date) -> date:
    return day + timedelta(days=7 - day.weekday()) if day.weekday() >= 5 else day
