"""Background work of exports."""

from django.utils import timezone

from keqing.kit import jobs


@jobs.task
def make_file(*, export_id: int) -> None:
    from keqing.exports.actions import run

    run(export_id=export_id, now=timezone.now)


@jobs.periodic(cron="17 * * * *")
def forget_files() -> None:
    """Every hour: what nobody may fetch any more leaves the disk."""
    from keqing.exports.files import forget_files

    forget_files(at=timezone.now())
