"""Lists by name, so that a saved view, an export or a bulk change can open again what a person looked at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, QueryDict
from django.urls import NoReverseMatch

from keqing.kit.lists import ListSpec


@dataclass(frozen=True)
class OpenList:
    """A list as one person may see it: what it is, and all their rows before any filter of the address."""

    spec: ListSpec
    rows: QuerySet[Any]


Opener = Callable[[HttpRequest, str], OpenList]


@dataclass(frozen=True, kw_only=True)
class _Registered:
    words: tuple[str, ...]
    opener: Opener
    address: Callable[[str], str]


_registered: dict[str, _Registered] = {}


def register(*, name: str, word: str | Sequence[str], opener: Opener, address: Callable[[str], str]) -> None:
    """Departments register theirs in ``apps.py``. ``address`` gives the path of the list's page.

    A key is the name, and where one spec serves several lists their argument: ``customers:hospital``.
    Of several words one is enough, as on the door of the list's page.
    """
    words = (str(word),) if isinstance(word, str) else tuple(str(one) for one in word)
    _registered[name] = _Registered(words=words, opener=opener, address=address)


def keys() -> list[str]:
    return sorted(_registered)


def names() -> set[str]:
    """The names without arguments."""
    return set(_registered)


def open_list(*, key: str, request: HttpRequest) -> OpenList:
    """The list for ``request.user``, filters taken from ``request.GET``. 404 for no such list, 403 without its word."""
    name, _, argument = key.partition(":")
    known = _registered.get(name)
    if known is None:
        raise Http404
    if not any(request.user.may(word) for word in known.words):  # type: ignore[union-attr]
        raise PermissionDenied
    return known.opener(request, argument)


def address_of(key: str) -> str:
    """The path of the page that shows this list; 404 when there is no such list."""
    name, _, argument = key.partition(":")
    if name not in _registered:
        raise Http404
    try:
        return _registered[name].address(argument)
    except NoReverseMatch as error:
        raise Http404 from error


def asked(*, user: Any, query: str, key: str) -> HttpRequest:
    """What a job uses in place of the request the person made: who asks, and the address they had."""
    request = HttpRequest()
    request.method, request.user, request.GET = "GET", user, QueryDict(query)
    request.path = request.path_info = address_of(key)
    return request
