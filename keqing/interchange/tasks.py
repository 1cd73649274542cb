"""Background work of imports: each loads by id and calls one action."""

from django.utils import timezone

from keqing.kit import jobs


@jobs.task
def check_import(*, import_id: int) -> None:
    from keqing.interchange.actions import run_check

    run_check(import_id=import_id, at=timezone.now())


@jobs.task
def apply_import(*, import_id: int) -> None:
    from keqing.interchange.actions import run_apply

    run_apply(import_id=import_id, at=timezone.now())


@jobs.task
def undo_import(*, import_id: int) -> None:
    from keqing.interchange.actions import run_undo

    run_undo(import_id=import_id, at=timezone.now())


@jobs.periodic(cron="30 19 * * *")
def forget_files() -> None:
    """Every night (03:30 in Shanghai)."""
    from keqing.interchange import actions

    actions.forget_files(at=timezone.now())
