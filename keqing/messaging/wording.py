"""How a message reads on each channel: text with named placeholders, editable, checked before it is kept."""

import re
from collections.abc import Mapping

from keqing.messaging.channels import Channel

PLACEHOLDERS = {
    "标题": "title", "内容": "text", "链接": "link", "姓名": "name", "类别": "kind",
}
_BRACES = re.compile(r"\{([^{}]*)\}")
LONGEST = {Channel.EMAIL: 4000, Channel.SMS: 500, Channel.WECOM: 1000, Channel.ROBOT: 1000}

# (title, body); SMS and the group have no title of their own
DELIVERED = {
    Channel.EMAIL: ("【客情】{标题}", "{姓名}：\n\n{内容}\n\n{链接}\n\n—— 客情自动发送，请勿回复。可在“通知设置”里选择接收方式。"),
    Channel.SMS: ("", "{标题}。详情请登录客情查看。"),
    Channel.WECOM: ("{标题}", "{内容}"),
    Channel.ROBOT: ("", "{标题}\n{内容}\n{链接}"),
}


class WordingRefused(ValueError):
    """The text cannot be used; the sentence is for who wrote it."""


def check(*, channel: str, title: str, body: str) -> None:
    """Refuses unknown placeholders, braces that do not close, a body without the message, and too much."""
    for text in (title, body):
        names = _BRACES.findall(text)
        for name in names:
            if name not in PLACEHOLDERS:
                known = "、".join(f"{{{one}}}" for one in PLACEHOLDERS)
                raise WordingRefused(f"没有 {{{name}}} 这个占位符，可以用的有：{known}。")
        if set("{}") & set(_BRACES.sub("", text)):
            raise WordingRefused("花括号要成对：占位符写成 {标题} 的样子。")
    if not {"标题", "内容"} & set(_BRACES.findall(title + body)):
        raise WordingRefused("请至少用上 {标题} 或 {内容}，否则收件人不知道是什么事。")
    if len(title + body) > LONGEST[Channel(channel)]:
        raise WordingRefused(f"这个渠道的模板最多 {LONGEST[Channel(channel)]} 个字。")


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put the values in, once: a value that looks like a placeholder stays as it is. Lines left empty go."""
    filled = _BRACES.sub(lambda found: values.get(PLACEHOLDERS.get(found[1], ""), ""), text)
    return re.sub(r"\n{3,}", "\n\n", filled).strip()
