from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "keqing.people"
    label = "people"
    verbose_name = "客户"

    def ready(self) -> None:
        from keqing.access import handover
        from keqing.people.handover import CustomersFollow

        handover.register(CustomersFollow())
