from django.apps import AppConfig


class BatchesConfig(AppConfig):
    name = "keqing.batches"
    label = "batches"
    verbose_name = "批量处理"

    def ready(self) -> None:
        from keqing.batches import tasks  # noqa: F401  periodic work registers itself
        from keqing.batches.registry import offers
        from keqing.kit import lists

        lists.offer_batches(offers)
