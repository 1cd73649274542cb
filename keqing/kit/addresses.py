from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

LARGEST = 2**63 - 1


def whole_number(text: str | None) -> int | None:
    """A number sent by a browser, for keys and sizes; None for anything else, such as ² or one no column can hold."""
    if not text or len(text) > 20 or not (text.isascii() and text.isdecimal()):
        return None
    number = int(text)
    return number if number <= LARGEST else None


def replaced(*, request: HttpRequest, changes: Mapping[str, Any]) -> str:
    """``?…`` of this page with parameters replaced; ``None`` or an empty value drops a parameter."""
    parameters = request.GET.copy()
    for name, value in changes.items():
        if value is None or value == "":
            parameters.pop(name, None)
        elif isinstance(value, list | tuple):
            parameters.setlist(name, [str(one) for one in value])
        else:
            parameters[name] = str(value)
    return f"?{parameters.urlencode()}"
