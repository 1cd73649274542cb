import json
from functools import cache

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe


class UnknownIcon(LookupError):
    """A template names an icon that assets/icons.txt does not list."""


def svg(*, name: str, size: str = "") -> SafeString:
    """The named outline icon as inline SVG, hidden from readers (the words beside it speak).

    Unknown names raise while developing and testing; before the first build of the assets
    every icon is an empty drawing of the right size.
    """
    drawings = _drawings()
    inner = drawings.get(name)
    if inner is None:
        if drawings and (settings.DEBUG or getattr(settings, "TESTING", False)):
            raise UnknownIcon(f"assets/icons.txt does not list {name!r}")
        inner = ""
    css = f"icon icon-{size}" if size else "icon"
    return mark_safe(  # noqa: S308  the drawings come from our own build, the name only picks one
        f'<svg class="{css}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" '
        f'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{inner}</svg>'
    )


@cache
def _drawings() -> dict[str, str]:
    path = settings.ROOT / "static" / "dist" / "icons.json"
    if not path.exists():
        return {}
    drawings: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return drawings
