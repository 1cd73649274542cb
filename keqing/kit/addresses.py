from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest


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
