"""Background work of batches."""

from django.utils import timezone

from keqing.kit import jobs


@jobs.task
def run_batch(*, batch_id: int) -> None:
    from keqing.batches.actions import run

    run(batch_id=batch_id, now=timezone.now)


@jobs.periodic(cron="* * * * *")
def take_up_abandoned() -> None:
    """A worker was killed: what it had finished stands, the rest goes on."""
    from keqing.batches.actions import take_up_abandoned

    take_up_abandoned(at=timezone.now())
