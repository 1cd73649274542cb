"""The one HTTP client to other machines: only hosts of the settings, no redirects, never without a time limit."""

import json
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import httpx

ANSWERED_WITHIN, CONNECTED_WITHIN = 10, 5  # seconds
LARGEST = 64 * 1024


class OutboundFailed(Exception):
    """No usable answer; the text names no address: keys stand in them.

    ``permanent``: asking the same again cannot help. ``away``: nobody is there, other requests would fail as well.
    """

    def __init__(self, text: str, *, permanent: bool = False, away: bool = False) -> None:
        super().__init__(text)
        self.permanent, self.away = permanent, away


def ask(
    *, method: str, url: str, hosts: Collection[str], body: bytes | None = None, parameters: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Send a request and return the JSON object it is answered with.

    ``hosts``: the hosts (with port, where the address has one) a request may go to. Proxies and credentials of the
    environment are not used.
    """
    import httpx  # 7 MB that a web process seldom needs: the worker sends

    if urlsplit(url).netloc not in hosts:
        raise OutboundFailed("对方的主机不在允许的名单里。", permanent=True)
    try:
        with (
            httpx.Client(
                timeout=httpx.Timeout(ANSWERED_WITHIN, connect=CONNECTED_WITHIN), follow_redirects=False, trust_env=False
            ) as client,
            client.stream(method, url, content=body, params=parameters, headers=headers) as answer,
        ):
            return _read(answer)
    except httpx.TimeoutException:
        raise OutboundFailed("对方没有及时回答。", away=True) from None
    except httpx.HTTPError:
        raise OutboundFailed("连不上对方的服务。", away=True) from None


def _read(answer: "httpx.Response") -> dict[str, Any]:
    if answer.status_code != 200:
        # 429 and the five hundreds pass; a redirect or a refusal is somebody's mistake
        passing = answer.status_code == 429 or answer.status_code >= 500
        raise OutboundFailed(f"对方回答 HTTP {answer.status_code}。", permanent=not passing)
    body = bytearray()
    for part in answer.iter_bytes():
        body += part
        if len(body) > LARGEST:
            raise OutboundFailed("对方的回答太长。")
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise OutboundFailed("对方的回答不是约定的格式。")
    return found
