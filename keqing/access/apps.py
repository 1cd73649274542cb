from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "keqing.access"
    label = "access"
    verbose_name = "人员与权限"

    def ready(self) -> None:
        from django.core.checks import register

        from keqing.access import lifetime
        from keqing.access.checks import check_roles

        register(check_roles)
        lifetime.connect()
        self._register_lists()

    def _register_lists(self) -> None:
        from django.urls import reverse

        from keqing.access import tables, unused, work_lists
        from keqing.access.permissions import Can
        from keqing.kit.list_registry import register

        register(name="staff", word=Can.VIEW_STAFF, opener=tables.open_staff, address=lambda _: reverse("access:staff_list"))
        register(
            name="positions", word=(Can.MANAGE_ORG, Can.VIEW_STAFF), opener=tables.open_positions,
            address=lambda _: reverse("access:positions"),
        )
        register(
            name="territories", word=Can.MANAGE_ORG, opener=tables.open_territories,
            address=lambda _: reverse("access:territories"),
        )
        register(
            name="unused-grants", word=Can.VIEW_UNUSED, opener=unused.open_unused, address=lambda _: reverse("access:unused")
        )
        register(
            name="proxies", word=Can.MANAGE_PROXY, opener=work_lists.open_proxies, address=lambda _: reverse("access:proxies")
        )
        register(
            name="transfers", word=(Can.MANAGE_PROXY, Can.MAKE_TRANSFER), opener=work_lists.open_transfers, address=lambda _: reverse("access:transfers")
        )
        register(
            name="transfer-items", word=(Can.MANAGE_PROXY, Can.MAKE_TRANSFER), opener=work_lists.open_items,
            address=lambda pk: reverse("access:transfer_items", args=[pk]),
        )
