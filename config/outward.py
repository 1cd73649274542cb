"""Addresses and credentials of the services Keqing writes to, from the environment. None of them has to be there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import parse_qsl, unquote, urlsplit

WECOM = "https://qyapi.weixin.qq.com"
ROBOT = "默认群"


class OutwardError(ValueError):
    """A setting cannot be used; the text says why, for the person who set it."""


@dataclass(frozen=True)
class Smtp:
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    sender: str
    security: str  # "ssl", "starttls" or "none"


@dataclass(frozen=True)
class Sms:
    url: str
    key: str
    secret: str = field(repr=False)
    sign: str


@dataclass(frozen=True)
class Wecom:
    url: str
    corp_id: str
    secret: str = field(repr=False)
    agent_id: int


@dataclass(frozen=True)
class Robot:
    name: str
    url: str = field(repr=False)  # its key stands in it


@dataclass(frozen=True)
class Outward:
    """What is set up; ``address`` is where people find this installation, for links in messages."""

    address: str = ""
    smtp: Smtp | None = None
    sms: Sms | None = None
    wecom: Wecom | None = None
    robots: tuple[Robot, ...] = ()

    @property
    def hosts(self) -> frozenset[str]:
        """The only hosts an HTTP request of ours may go to."""
        urls = [one.url for one in (self.sms, self.wecom, *self.robots) if one]
        return frozenset(urlsplit(url).netloc for url in urls)


def outward_from(environment: Mapping[str, str], *, address: str = "") -> Outward:
    """Read all of them; a half-written one is refused."""
    return Outward(
        address=address.rstrip("/"), smtp=_smtp(environment), sms=_sms(environment), wecom=_wecom(environment),
        robots=_robots(environment),
    )  # fmt: skip


def _smtp(environment: Mapping[str, str]) -> Smtp | None:
    text = environment.get("KEQING_SMTP_URL", "")
    if not text:
        return None
    parts = urlsplit(text)
    options = dict(parse_qsl(parts.query))
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise OutwardError("KEQING_SMTP_URL 要写成 smtp://用户:密码@主机:587?starttls=1 或 smtps://用户:密码@主机:465。")
    user = unquote(parts.username or "")
    sender = environment.get("KEQING_SMTP_FROM", "") or (user if "@" in user else "")
    if not sender:
        raise OutwardError("请用 KEQING_SMTP_FROM 写明发件地址，例如 客情 <crm@example.com>。")
    security = "ssl" if parts.scheme == "smtps" else "starttls" if options.get("starttls") == "1" else "none"
    if security == "none" and user and not _is_here(parts.hostname):
        raise OutwardError("KEQING_SMTP_URL 会把密码明文发出去：请用 smtps://，或加上 ?starttls=1。")
    try:
        port = parts.port or {"ssl": 465, "starttls": 587, "none": 25}[security]
    except ValueError:
        raise OutwardError("KEQING_SMTP_URL 的端口不是数字。") from None
    return Smtp(parts.hostname, port, user, unquote(parts.password or ""), sender, security)


def _sms(environment: Mapping[str, str]) -> Sms | None:
    found = _together(environment, "KEQING_SMS_URL", "KEQING_SMS_KEY", "KEQING_SMS_SECRET", "KEQING_SMS_SIGN")
    return Sms(_web("KEQING_SMS_URL", found[0]), *found[1:]) if found else None


def _wecom(environment: Mapping[str, str]) -> Wecom | None:
    found = _together(environment, "KEQING_WECOM_CORP_ID", "KEQING_WECOM_SECRET", "KEQING_WECOM_AGENT_ID")
    if not found:
        return None
    if not (found[2].isascii() and found[2].isdecimal()):
        raise OutwardError("KEQING_WECOM_AGENT_ID 要写应用的编号，是一个数字。")
    url = _web("KEQING_WECOM_URL", environment.get("KEQING_WECOM_URL") or WECOM)
    return Wecom(url.rstrip("/"), found[0], found[1], int(found[2]))


def _robots(environment: Mapping[str, str]) -> tuple[Robot, ...]:
    """The one without a name of its own, and those written as 名称=网址, one after the other."""
    found = {}
    if text := environment.get("KEQING_WECOM_ROBOT_URL", ""):
        found[ROBOT] = _web("KEQING_WECOM_ROBOT_URL", text)
    for part in environment.get("KEQING_WECOM_ROBOTS", "").split():
        name, mark, url = part.partition("=")
        if not (name and mark and url) or "/" in name or len(name) > 20:
            raise OutwardError("KEQING_WECOM_ROBOTS 要写成 名称=网址，几个之间用空格隔开；名称不含空格和斜线，最多 20 个字。")
        if name in found:
            raise OutwardError(f"KEQING_WECOM_ROBOTS 里有两个“{name}”。")
        found[name] = _web("KEQING_WECOM_ROBOTS", url)
    return tuple(Robot(name, url) for name, url in found.items())


def _together(environment: Mapping[str, str], *names: str) -> list[str]:
    values = [environment.get(name, "") for name in names]
    if any(values) and not all(values):
        missing = "、".join(name for name, value in zip(names, values, strict=True) if not value)
        raise OutwardError(f"还缺 {missing}。")
    return values if all(values) else []


def _web(name: str, url: str) -> str:
    """https, or plain http on this machine (a gateway of the company's own, the local stand-in of the tests)."""
    parts = urlsplit(url)
    if not parts.hostname or parts.scheme not in {"http", "https"}:
        raise OutwardError(f"{name} 不是网址。")
    if parts.scheme == "http" and not _is_here(parts.hostname):
        raise OutwardError(f"{name} 要用 https。")
    return url


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
