from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "keqing.people"
    label = "people"
    verbose_name = "客户"

    def ready(self) -> None:
        from keqing.access import handover
        from keqing.people.handover import CustomersFollow

        handover.register(CustomersFollow())
        self._register_imports()

    def _register_imports(self) -> None:
        from keqing.interchange.registry import register
        from keqing.people.choices import Kind
        from keqing.people.imports.doctors import DoctorImport
        from keqing.people.imports.organisations import OrganisationImport

        for kind in Kind.values:
            register(OrganisationImport(kind))
        register(DoctorImport())
