"""WeCom: messages of an application to one person, and of a robot to its group.

The application asks for a token (``gettoken``), which holds for two hours and for all messages, and sends with it
(``message/send``). A repetition of the same content within half an hour is dropped by WeCom
(``enable_duplicate_check``). The robot has no such check: what it says twice stands there twice.
"""

import json
import time
from threading import Lock
from typing import Any

from config.outward import Robot, Wecom
from keqing.kit.outbound import OutboundFailed, ask
from keqing.messaging.transport import DeliveryFailed, Letter, cut

TITLE, DESCRIPTION, TEXT = 128, 512, 2048  # bytes
DUPLICATES_SECONDS = 1800
EARLY = 60  # a token is not used in its last minute
TOKEN_GONE = {40001, 40014, 42001}
PERMANENT = {
    40003: "企业微信账号无效。", 60111: "企业微信里没有这个账号。", 81013: "企业微信里没有这个账号，或不在应用的可见范围。",
    93000: "群机器人的地址无效，或机器人已被移除。",
}
PASSING = {
    -1: "企业微信系统繁忙。", 45009: "企业微信限制了发送频率。", 40056: "应用编号无效。", 40013: "企业编号无效。",
    60020: "本服务器的地址不在应用的可信名单里。",
}

_tokens: dict[tuple[str, str, int], tuple[str, float]] = {}
_lock = Lock()


def send_app_message(*, service: Wecom, letter: Letter, hosts: frozenset[str]) -> str:
    """To one person; returns WeCom's message id. An expired token is asked for again once."""
    if not letter.wecom_user:
        raise DeliveryFailed("收件人没有企业微信账号。", permanent=True)
    body = _app_body(service, letter)
    answer = _send_with_token(service, body, hosts)
    if answer.get("errcode") in TOKEN_GONE:
        forget_token(service=service)
        answer = _send_with_token(service, body, hosts)
    _check(answer)
    if answer.get("invaliduser"):
        raise DeliveryFailed(PERMANENT[81013], permanent=True)
    return str(answer.get("msgid", ""))[:120]


def send_to_group(*, service: Robot, letter: Letter, hosts: frozenset[str]) -> str:
    """To the robot's group; those it concerns are mentioned by their mobile number."""
    words = "\n".join(part for part in (letter.title, letter.text, letter.link) if part)
    body: dict[str, Any] = {"msgtype": "text", "text": {"content": cut(words, TEXT)}}
    if letter.mentioned:
        body["text"]["mentioned_mobile_list"] = letter.mentioned
    _check(_ask("POST", service.url, hosts, body))
    return ""


def forget_token(*, service: Wecom) -> None:
    """The next message asks for a new one."""
    with _lock:
        _tokens.pop(_key(service), None)


def _app_body(service: Wecom, letter: Letter) -> dict[str, Any]:
    body: dict[str, Any] = {
        "touser": letter.wecom_user, "agentid": service.agent_id, "enable_duplicate_check": 1,
        "duplicate_check_interval": DUPLICATES_SECONDS,
    }
    if letter.link:
        card = {"title": cut(letter.title, TITLE), "description": cut(letter.text or letter.title, DESCRIPTION)}
        return body | {"msgtype": "textcard", "textcard": card | {"url": letter.link, "btntxt": "查看"}}
    words = "\n".join(part for part in (letter.title, letter.text) if part)
    return body | {"msgtype": "text", "text": {"content": cut(words, TEXT)}}


def _send_with_token(service: Wecom, body: dict[str, Any], hosts: frozenset[str]) -> dict[str, Any]:
    token = {"access_token": _token(service, hosts)}
    return _ask("POST", f"{service.url}/cgi-bin/message/send", hosts, body, token)


def _token(service: Wecom, hosts: frozenset[str]) -> str:
    """Kept in this process only: in a shared cache it would lie in the database."""
    with _lock:
        token, until = _tokens.get(_key(service), ("", 0.0))
        if time.monotonic() < until:
            return token
        asked = {"corpid": service.corp_id, "corpsecret": service.secret}
        answer = _ask("GET", f"{service.url}/cgi-bin/gettoken", hosts, None, asked)
        if answer.get("errcode") in TOKEN_GONE:  # asked with the secret: 40001 says that it is wrong
            raise DeliveryFailed("企业微信不接受应用的密钥。", away=True)
        _check(answer)
        token = str(answer["access_token"])
        _tokens[_key(service)] = (token, time.monotonic() + int(answer.get("expires_in", 7200)) - EARLY)
        return token


def _key(service: Wecom) -> tuple[str, str, int]:
    return service.url, service.corp_id, service.agent_id


def _ask(
    method: str, url: str, hosts: frozenset[str], body: dict[str, Any] | None, parameters: dict[str, str] | None = None
) -> dict[str, Any]:
    sent = None if body is None else json.dumps(body, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json; charset=utf-8"} if sent else None
    try:
        return ask(method=method, url=url, hosts=hosts, body=sent, parameters=parameters, headers=headers)
    except OutboundFailed as error:
        raise DeliveryFailed(f"企业微信：{error}", permanent=error.permanent, away=error.away) from error


def _check(answer: dict[str, Any]) -> None:
    code = answer.get("errcode")
    if code == 0:
        return
    known = PERMANENT.get(code) or PASSING.get(code) or f"企业微信返回错误 {code}。"  # type: ignore[arg-type]
    raise DeliveryFailed(known, permanent=code in PERMANENT)
