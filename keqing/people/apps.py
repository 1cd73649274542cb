from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "keqing.people"
    label = "people"
    verbose_name = "客户"

    def ready(self) -> None:
        from keqing.access import handover
        from keqing.people.handover import ORGANISATIONS, PEOPLE, CustomersFollow

        handover.register(CustomersFollow())
        handover.register_movable(ORGANISATIONS)
        handover.register_movable(PEOPLE)
        self._register_imports()
        self._register_lists()
        self._register_batches()

    def _register_imports(self) -> None:
        from keqing.interchange.registry import register
        from keqing.people.choices import Kind
        from keqing.people.imports.departments import DepartmentImport
        from keqing.people.imports.doctors import DoctorImport
        from keqing.people.imports.organisations import OrganisationImport

        for kind in Kind.values:
            register(OrganisationImport(kind))
        register(DepartmentImport())
        register(DoctorImport())

    def _register_lists(self) -> None:
        from django.urls import reverse
        from django.utils import timezone

        from keqing.kit.formats import business_date
        from keqing.kit.list_registry import register
        from keqing.people import tables
        from keqing.people.contact_people import open_contact_people
        from keqing.people.orphans import open_orphans
        from keqing.people.permissions import Can
        from keqing.people.trash_lists import open_person_trash, open_trash

        register(
            name="customers", word=Can.VIEW, opener=tables.open_organisations,
            address=lambda kind: reverse("people:organisations", args=[kind]),
        )
        register(name="people", word=Can.VIEW_PERSON, opener=tables.open_people, address=lambda _: reverse("people:people"))
        register(
            name="contacts-people", word=Can.VIEW_PERSON, opener=open_contact_people,
            address=lambda _: reverse("people:contact_people"),
        )
        register(
            name="orphans", word=Can.VIEW_ORPHANS, address=lambda _: reverse("people:orphans"),
            opener=lambda request, _argument: open_orphans(request, business_date(timezone.now())),
        )
        register(
            name="departments", word=Can.VIEW_PERSON, opener=tables.open_departments,
            address=lambda _: reverse("people:departments"),
        )
        register(name="trash", word=Can.TRASH, opener=open_trash, address=lambda _: reverse("people:trash"))
        register(
            name="trash-people", word=Can.TRASH_PERSON, opener=open_person_trash,
            address=lambda _: reverse("people:trash_people"),
        )

    def _register_batches(self) -> None:
        from keqing.batches.registry import register
        from keqing.people.batches import AssignBatch, TagBatch

        register(AssignBatch())
        register(TagBatch())
