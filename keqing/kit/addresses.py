from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

LARGEST = 2**63 - 1
SAMPLE = 987654321


def whole_number(text: str | None) -> int | None:
    """A number sent by a browser, for keys and sizes; None for anything else, such as ² or one no column can hold."""
    if not text or len(text) > 20 or not (text.isascii() and text.isdecimal()):
        return None
    number = int(text)
    return number if number <= LARGEST else None


def replaced(*, request: HttpRequest, changes: Mapping[str, Any]) -> str:
    """``?…`` of this page with parameters replaced; ``None`` or an empty value drops a parameter."""
    parts = dict(_written(request))
    for name, value in changes.items():
        if value is None or value == "":
            parts.pop(name, None)
        else:
            parts[name] = urlencode({name: value}, doseq=True)
    return f"?{'&'.join(filter(None, parts.values()))}"


def _written(request: HttpRequest) -> dict[str, str]:
    """Each parameter of the page as its address spells it: written once, a page has dozens of links that keep it."""
    known: tuple[QueryDict, dict[str, str]] | None = request.__dict__.get("_written_parameters")
    if known is None or known[0] is not request.GET or request.GET._mutable:
        known = request.GET, {name: urlencode({name: values}, doseq=True) for name, values in request.GET.lists()}
        request.__dict__["_written_parameters"] = known
    return known[1]


def back(request: HttpRequest, default: str = "") -> str:
    """Where the person came from (``next``), if that is a page of ours: //other.example/ begins with a slash too."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    return wanted if ours else default


def address(view: str, *numbers: int) -> str:
    """``reverse`` for a view whose arguments are whole numbers, fast enough for every link of a page."""
    first, *rest = _pieces(view, len(numbers))
    return first + "".join([f"{number}{piece}" for number, piece in zip(numbers, rest, strict=True)])


@cache
def _pieces(view: str, count: int) -> list[str]:
    """What stands around the numbers in the address."""
    samples = [SAMPLE + place for place in range(count)]
    pieces, rest = [], reverse(view, args=samples)
    for sample in samples:
        before, _found, rest = rest.partition(str(sample))
        pieces.append(before)
    return [*pieces, rest]
