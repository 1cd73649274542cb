"""SMS through a gateway: a signed JSON POST.

    POST <KEQING_SMS_URL>
    X-Key: <KEQING_SMS_KEY>      X-Timestamp: <seconds>      X-Signature: hex(HMAC-SHA256(secret, timestamp + "\\n" + body))
    {"request_id": "…", "mobile": "138…", "sign": "…", "content": "…"}
    → {"code": "OK", "id": "…"}  or  {"code": "<reason>"}

The gateway answers a ``request_id`` it has seen with the id of the first time and sends nothing.
"""

import hashlib
import hmac
import json
import re
import time

from config.outward import Sms
from keqing.kit.outbound import OutboundFailed, ask
from keqing.messaging.transport import DeliveryFailed, Letter

MOBILE = re.compile(r"1[3-9][0-9]{9}")
LONGEST = 500
# what a gateway says of the message or the account: the same again would be refused again
PERMANENT = {
    "INVALID_MOBILE": "号码无效。", "BLACKLISTED": "号码在黑名单里。", "CONTENT_REFUSED": "内容被拒绝。",
    "SIGN_REFUSED": "签名未通过审核。",
}
PASSING = {"RATE_LIMITED": "发送太频繁。", "NO_BALANCE": "余额不足。", "BAD_SIGNATURE": "签名不符，请检查密钥与服务器时间。"}


def send_sms(*, service: Sms, letter: Letter, hosts: frozenset[str]) -> str:
    """Hand the text to the gateway; returns its id."""
    if not MOBILE.fullmatch(letter.mobile):
        raise DeliveryFailed("收件人没有可用的手机号。", permanent=True)
    body = json.dumps(
        {"request_id": letter.id, "mobile": letter.mobile, "sign": service.sign, "content": letter.text[:LONGEST]},
        ensure_ascii=False,
    ).encode()
    timestamp = str(int(time.time()))
    headers = {
        "Content-Type": "application/json; charset=utf-8", "X-Key": service.key, "X-Timestamp": timestamp,
        "X-Signature": signature(secret=service.secret, timestamp=timestamp, body=body),
    }
    try:
        answer = ask(method="POST", url=service.url, hosts=hosts, body=body, headers=headers)
    except OutboundFailed as error:
        raise DeliveryFailed(f"短信网关：{error}", permanent=error.permanent, away=error.away) from error
    code = str(answer.get("code", ""))
    if code != "OK":
        known = PERMANENT.get(code) or PASSING.get(code) or "没有接受这条短信。"
        raise DeliveryFailed(f"短信网关：{known}", permanent=code in PERMANENT)
    return str(answer.get("id", ""))[:120]


def signature(*, secret: str, timestamp: str, body: bytes) -> str:
    """What the gateway checks a request by."""
    return hmac.new(secret.encode(), timestamp.encode() + b"\n" + body, hashlib.sha256).hexdigest()
