"""The outside services on this machine: each speaks the protocol its maker documents, and remembers what it got.

    with wecom() as service: …    service.url is where it listens, service.sent what was sent
"""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from aiosmtpd.controller import Controller

from keqing.messaging.sms import MOBILE, signature

CORP, SECRET, AGENT = "wwcorp", "app-secret", 1000002
ROBOT_KEY = "robot-key"
SMS_KEY, SMS_SECRET, SMS_SIGN = "sms-key", "sms-secret", "示例药业"


class Service:
    """What a fake was asked, and what it shall answer next instead of working."""

    def __init__(self) -> None:
        self.url = ""
        self.sent: list[dict[str, Any]] = []
        self.asked: list[str] = []
        self.next_answers: list[tuple[int, Any]] = []
        self.known_users = {"rep", "manager"}
        self.tokens: set[str] = set()
        self.ids: dict[str, str] = {}


class _Handler(BaseHTTPRequestHandler):
    service: Service

    def do_GET(self) -> None:
        self._work(b"")

    def do_POST(self) -> None:
        self._work(self.rfile.read(int(self.headers.get("Content-Length", "0"))))

    def _work(self, body: bytes) -> None:
        parts = urlsplit(self.path)
        self.service.asked.append(parts.path)
        if self.service.next_answers:
            status, answer = self.service.next_answers.pop(0)
        else:
            status, answer = 200, self.answer(parts.path, dict(parse_qsl(parts.query)), body)
        text = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        if status in (301, 302, 307):
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def answer(self, path: str, query: dict[str, str], body: bytes) -> Any:
        raise NotImplementedError

    def log_message(self, *_: Any) -> None:
        """Quiet."""


class _Wecom(_Handler):
    """gettoken and message/send: errcode 0 or the documented number."""

    def answer(self, path: str, query: dict[str, str], body: bytes) -> Any:
        if path == "/cgi-bin/gettoken":
            return self._token(query)
        if path != "/cgi-bin/message/send":
            return {"errcode": 40066, "errmsg": "invalid url"}
        if query.get("access_token") not in self.service.tokens:
            return {"errcode": 40014, "errmsg": "invalid access_token"}
        return self._send(json.loads(body))

    def _token(self, query: dict[str, str]) -> Any:
        if query.get("corpid") != CORP:
            return {"errcode": 40013, "errmsg": "invalid corpid"}
        if query.get("corpsecret") != SECRET:
            return {"errcode": 40001, "errmsg": "invalid credential"}
        token = f"token-{len(self.service.tokens) + 1}"
        self.service.tokens.add(token)
        return {"errcode": 0, "errmsg": "ok", "access_token": token, "expires_in": 7200}

    def _send(self, sent: dict[str, Any]) -> Any:
        if sent.get("agentid") != AGENT:
            return {"errcode": 40056, "errmsg": "invalid agentid"}
        content = sent.get(sent.get("msgtype", ""))
        if not isinstance(content, dict):
            return {"errcode": 40008, "errmsg": "invalid message type"}
        if sent["touser"] not in self.service.known_users:
            return {"errcode": 81013, "errmsg": "user & party & tag all invalid"}
        mark = json.dumps([sent["touser"], content], sort_keys=True)
        if not (sent.get("enable_duplicate_check") and mark in self.service.ids):
            self.service.sent.append(sent)
        msgid = self.service.ids.setdefault(mark, f"msg-{len(self.service.sent)}")
        return {"errcode": 0, "errmsg": "ok", "msgid": msgid}


class _Robot(_Handler):
    """webhook/send: one key, one group."""

    def answer(self, path: str, query: dict[str, str], body: bytes) -> Any:
        if path != "/cgi-bin/webhook/send" or query.get("key") != ROBOT_KEY:
            return {"errcode": 93000, "errmsg": "invalid webhook url"}
        sent = json.loads(body)
        if len(sent.get("text", {}).get("content", "").encode()) > 2048:
            return {"errcode": 40058, "errmsg": "text.content exceed max length"}
        self.service.sent.append(sent)
        return {"errcode": 0, "errmsg": "ok"}


class _Sms(_Handler):
    """The gateway of ``keqing.messaging.sms``: checks the signature, knows a repeated request."""

    def answer(self, path: str, query: dict[str, str], body: bytes) -> Any:
        stamp = self.headers.get("X-Timestamp", "")
        right = signature(secret=SMS_SECRET, timestamp=stamp, body=body)
        if self.headers.get("X-Key") != SMS_KEY or self.headers.get("X-Signature") != right:
            return {"code": "BAD_SIGNATURE"}
        sent = json.loads(body)
        if not MOBILE.fullmatch(sent["mobile"]):
            return {"code": "INVALID_MOBILE"}
        if sent["request_id"] not in self.service.ids:
            self.service.sent.append(sent)
            self.service.ids[sent["request_id"]] = f"sms-{len(self.service.sent)}"
        return {"code": "OK", "id": self.service.ids[sent["request_id"]]}


@contextmanager
def _serving(handler: type[_Handler]) -> Iterator[Service]:
    service = Service()
    bound = type("Bound", (handler,), {"service": service})
    server = ThreadingHTTPServer(("127.0.0.1", 0), bound)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def wecom() -> Any:
    """Application messages."""
    return _serving(_Wecom)


def robot() -> Any:
    """A group's robot."""
    return _serving(_Robot)


def sms() -> Any:
    """The SMS gateway."""
    return _serving(_Sms)


class Postbox:
    """What the mail server accepted; ``refuse`` answers a recipient with that line instead."""

    def __init__(self) -> None:
        self.letters: list[Any] = []
        self.refuse = ""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.letters.append(envelope)
        return "250 OK"


@contextmanager
def smtp() -> Iterator[tuple[Postbox, int]]:
    """A real SMTP server on a free port."""
    box = Postbox()
    with socket.socket() as probe:  # the controller asks its own port whether it answers, so it must know it
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield box, port
    finally:
        controller.stop()
