"""What happens to plans when customers enter a stage: registered with ``lifecycle.entries``."""

from collections.abc import Sequence
from datetime import datetime

from keqing.access.models import Staff
from keqing.kit.formats import business_date
from keqing.people.models import Organisation
from keqing.playbooks import fitting
from keqing.playbooks.actions.enrolments import enrol, stop
from keqing.playbooks.models import Enrolment, Playbook


class PlansFollowStages:
    """Entering a stage ends the plans of the stages before and starts those of the new one, in one transaction."""

    def entered(self, *, customers: Sequence[Organisation], stage: str, by: Staff | None, at: datetime) -> None:
        ids = [customer.pk for customer in customers]
        running = Enrolment.objects.running().filter(customer_id__in=ids).select_related("playbook", "edition")
        over = [one for one in running if one.edition.stages and stage not in one.edition.stages]
        if over:
            stop(enrolments=over, end=Enrolment.End.LEFT, by=by, at=at)
        today = business_date(at)
        for playbook in Playbook.objects.in_force(today).select_related("current__by", "current__playbook__unit"):
            edition = playbook.current
            if edition is None or not edition.on_entry or stage not in edition.stages:
                continue
            fits = fitting.who_may_enter(edition, today=today, entering=True).filter(pk__in=ids)
            enrol(
                edition=edition, customers=list(fits.values_list("pk", flat=True)), origin=Enrolment.Origin.ENTRY, by=by, at=at
            )

    def left(self, *, customers: Sequence[Organisation], stage: str, by: Staff | None, at: datetime) -> None:
        """Nothing by itself: which plans end depends on the stage entered."""
