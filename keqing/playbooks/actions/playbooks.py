"""Plans: made, changed by a new edition, ended. No code is touched for any of it (R-183)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction

from keqing.access.models import OrgUnit, Position, Staff
from keqing.audit import actions as audit
from keqing.compliance.matching import Hit
from keqing.kit import bulk
from keqing.kit.formats import business_date
from keqing.playbooks.actions import rollouts
from keqing.playbooks.models import Edition, Playbook, Rollout, Step
from keqing.playbooks.planning import unknown_placeholders
from keqing.playbooks.wording import hit_in

LABEL = "playbooks.playbook"
MOST_STEPS = 30


class PlaybookRefused(Exception):
    """The plan cannot be stored so; the text is for the user."""


class WordingRefused(PlaybookRefused):
    """A step carries a word that may not stand there; whoever catches it logs ``hit`` outside the transaction."""

    def __init__(self, hit: Hit) -> None:
        super().__init__(hit.sentence)
        self.hit = hit


class StalePlaybook(PlaybookRefused):
    def __init__(self, theirs: Playbook) -> None:
        super().__init__("这个方案刚有了新版本，请核对后再保存。")
        self.theirs = theirs


@dataclass(frozen=True, kw_only=True)
class StepDraft:
    """One step as typed; ``line`` names the step of the former edition it continues, 0 a new one."""

    text: str
    offset: int = 0
    in_workdays: bool = True
    method: str = ""
    owner_rule: str = "owner"
    position: Position | None = None
    deadline_days: int = 2
    is_mandatory: bool = False
    line: int = 0


@dataclass(frozen=True, kw_only=True)
class EditionDraft:
    """What an edition says."""

    steps: Sequence[StepDraft]
    valid_from: date
    valid_to: date | None = None
    purpose: str = ""
    on_entry: bool = False
    on_night: bool = False
    on_alarm: bool = False
    stages: Sequence[str] = ()
    kinds: Sequence[str] = ()
    levels: Sequence[str] = ()
    tag_ids: Sequence[int] = ()
    query: str = ""
    query_name: str = ""
    again_after: int = 180


def subject_of(playbook: Playbook) -> audit.Subject:
    return audit.Subject(LABEL, playbook.pk, playbook.title)


@transaction.atomic
def create_playbook(
    *, title: str, unit: OrgUnit, draft: EditionDraft, by: Staff | None, at: datetime, key: str = ""
) -> Playbook:
    """A plan with its first edition. One audit entry. Refuses a title taken in the unit and wrong steps."""
    _check(draft)
    try:
        with transaction.atomic():
            playbook = Playbook.objects.create(title=title.strip(), unit=unit, created_at=at, key=key)
    except IntegrityError as error:
        raise PlaybookRefused("这个组织已有同名的方案。") from error
    _add_edition(playbook, draft, number=1, running=Edition.Running.KEEP, reason="", by=by, at=at)
    audit.record(action="playbook.created", by=by, at=at, subject=subject_of(playbook), changes=_told(draft))
    return playbook


@transaction.atomic
def revise_playbook(
    *, playbook: Playbook, title: str, draft: EditionDraft, running: str, reason: str, by: Staff, at: datetime
) -> tuple[Playbook, Rollout | None]:
    """A new edition for whoever enters from now on; ``running`` says what becomes of those in the plan (``Edition.Running``).

    ``playbook.version`` must be the one the user saw (``StalePlaybook``). Returns the plan and how those in it move to
    the new edition: few at once, many behind the request. One audit entry, besides what moving does to reminders.
    """
    stored = Playbook.objects.select_for_update(of=("self",)).select_related("unit", "current").get(pk=playbook.pk)
    if stored.version != playbook.version:
        raise StalePlaybook(stored)
    if stored.closed_on is not None:
        raise PlaybookRefused("这个方案已停用，不能再修改。")
    _check(draft)
    former = stored.current.number if stored.current else 0
    stored.title, stored.version = title.strip(), stored.version + 1
    try:
        with transaction.atomic():
            stored.save(update_fields=["title", "version"])
    except IntegrityError as error:
        raise PlaybookRefused("这个组织已有同名的方案。") from error
    edition = _add_edition(stored, draft, number=former + 1, running=running, reason=reason, by=by, at=at)
    moves = rollouts.begin(playbook=stored, edition=edition, reason=reason, by=by, at=at) if running == Edition.Running.MOVE else None
    audit.record(
        action="playbook.revised", by=by, at=at, subject=subject_of(stored), reason=reason,
        changes={"edition": [former, edition.number], "moved": [None, moves.total if moves else 0], **_told(draft)},
    )
    return stored, moves


@transaction.atomic
def close_playbook(*, playbook: Playbook, reason: str, by: Staff, at: datetime) -> Rollout:
    """The plan takes nobody in any more and ends where it runs: at few customers at once, at many behind the request."""
    stored = Playbook.objects.select_for_update().get(pk=playbook.pk)
    if stored.version != playbook.version:
        raise StalePlaybook(stored)
    if stored.closed_on is not None:
        raise PlaybookRefused("这个方案已停用。")
    if not reason.strip():
        raise PlaybookRefused("请填写停用理由。")
    stored.closed_on, stored.version = business_date(at), stored.version + 1
    stored.save(update_fields=["closed_on", "version"])
    audit.record(action="playbook.closed", by=by, at=at, subject=subject_of(stored), reason=reason.strip())
    return rollouts.begin(playbook=stored, edition=None, reason=reason.strip(), by=by, at=at)


def _add_edition(
    playbook: Playbook, draft: EditionDraft, *, number: int, running: str, reason: str, by: Staff | None, at: datetime
) -> Edition:
    edition = Edition.objects.create(
        playbook=playbook, number=number, purpose=draft.purpose.strip(), on_entry=draft.on_entry, on_night=draft.on_night,
        on_alarm=draft.on_alarm, stages=list(draft.stages), kinds=list(draft.kinds), levels=list(draft.levels),
        tag_ids=list(draft.tag_ids), query=draft.query, query_name=draft.query_name, again_after=draft.again_after,
        valid_from=draft.valid_from, valid_to=draft.valid_to, running=running, reason=reason.strip()[:200], by=by, at=at,
    )
    known = set(Step.objects.filter(edition__playbook=playbook).values_list("line", flat=True))
    fresh = max(known, default=0)
    rows = []
    for place, step in enumerate(draft.steps, 1):
        line = step.line if step.line in known else 0
        if not line:
            fresh += 1
            line = fresh
        rows.append(Step(
            edition=edition, line=line, place=place, offset=step.offset, in_workdays=step.in_workdays, text=step.text.strip(),
            method=step.method, owner_rule=step.owner_rule, deadline_days=step.deadline_days, is_mandatory=step.is_mandatory,
            position=step.position if step.owner_rule == Step.Owner.POSITION else None,
        ))  # fmt: skip
    bulk.insert(rows)
    playbook.current = edition
    playbook.save(update_fields=["current"])
    return edition


def _check(draft: EditionDraft) -> None:
    if not draft.steps:
        raise PlaybookRefused("至少要有一个步骤。")
    if len(draft.steps) > MOST_STEPS:
        raise PlaybookRefused(f"一个方案最多 {MOST_STEPS} 个步骤。")
    if draft.on_entry and not draft.stages:
        raise PlaybookRefused("进入阶段时自动加入的方案，要选至少一个阶段。")
    if draft.valid_to is not None and draft.valid_to < draft.valid_from:
        raise PlaybookRefused("截止日期不能早于启用日期。")
    lines = [step.line for step in draft.steps if step.line]
    if len(lines) != len(set(lines)):
        raise PlaybookRefused("同一个步骤出现了两次，请重新打开页面再改。")
    for number, step in enumerate(draft.steps, 1):
        if not step.text.strip():
            raise PlaybookRefused(f"第 {number} 步没有写做什么。")
        if unknown := unknown_placeholders(step.text):
            raise PlaybookRefused(f"第 {number} 步里的“{{{unknown[0]}}}”不能用。")
        if step.owner_rule == Step.Owner.POSITION and (step.position is None or step.position.closed_on is not None):
            raise PlaybookRefused(f"第 {number} 步要选一个在用的岗位。")
    hit = hit_in([step.text for step in draft.steps], kinds=draft.kinds)
    if hit is not None:
        raise WordingRefused(hit)


def _told(draft: EditionDraft) -> dict[str, list[object]]:
    return {"steps": [None, [step.text for step in draft.steps]], "stages": [None, list(draft.stages)]}
