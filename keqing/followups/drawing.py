"""Lines of the stream, drawn without a template: a customer's page has twenty of them, each with forty small choices."""

from typing import TYPE_CHECKING, Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from keqing.kit import icons
from keqing.kit.addresses import address
from keqing.kit.formats import format_date, format_datetime

if TYPE_CHECKING:
    from keqing.timeline.models import Entry

NO_EFFECT = "成效 0"
GHOST = "badge-ghost"


def entry_head(entry: "Entry", *, url: str) -> SafeString:
    """Sign, title, badges, person and time, text and facts of one entry; its comments follow. A contact has a ``url``."""
    dot = '<span class="timeline-dot" data-strong>{}</span>' if url else '<span class="timeline-dot">{}</span>'
    title = '<a class="font-medium hover:underline" href="{}">{}</a>' if url else '<b class="font-medium">{1}</b>'
    return format_html(
        '{}<div class="min-w-0 flex-1"><div class="flex flex-wrap items-baseline gap-x-2">'
        '{}{}<span class="ml-auto text-xs text-muted figures">{} · {}</span></div>{}{}',
        format_html(dot, icons.svg(name=entry.icon)), format_html(title, url, entry.title),
        _badges(entry.details) if url else "", entry.actor_name, _moment(entry),
        format_html('<div class="whitespace-pre-line">{}</div>', entry.text) if entry.text else "",
        _facts(entry.details) if url else "",
    )


def _badges(details: dict[str, Any]) -> SafeString:
    found = []
    if state := details.get("state"):
        found.append((GHOST, "", state))
    if effect := details.get("effect"):
        tone = "badge-soft badge-warning" if effect == NO_EFFECT else "badge-soft badge-success"
        found.append((tone, format_html(' title="{}"', _("这次联系带来的变化")), effect))
    if details.get("version", 1) > 1:
        found.append((GHOST, "", _("已更正")))
    return format_html_join("", '<span class="badge badge-sm {}"{}>{}</span>', found)


def _facts(details: dict[str, Any]) -> str:
    labels = (
        ("solution", _("解决方法")), ("products", _("推荐")), ("materials", _("资料")), ("callback_on", _("回访")), ("promise", _("承诺")),
    )
    found = [
        (label, format_html('<span class="figures">{}</span>', value) if name in ("callback_on", "promise") else value)
        for name, label in labels
        if (value := details.get(name))
    ]
    if not found:
        return ""
    lines = format_html_join("", "<span>{}：{}</span>", found)
    return format_html('<div class="text-sm text-muted mt-1 flex flex-wrap gap-x-4">{}</div>', lines)


def _moment(entry: "Entry") -> str:
    """Something noted for a day, not for an hour, stands at its midnight."""
    moment = format_datetime(entry.at)
    return format_date(entry.at) if moment.endswith(" 00:00") else moment


def entry_foot(entry: "Entry") -> SafeString:
    """The link to comment on a contact, and the place the form opens in."""
    url = f"{address('followups:comment', entry.subject_id or 0)}?next={address('desk:customer', entry.customer_id)}"
    return format_html(
        '<div class="mt-1"><a class="link text-sm" href="{0}" hx-get="{0}" hx-target="#comment-slot-{1}">{2}</a>'
        '<div id="comment-slot-{1}"></div></div>', url, entry.pk, _("批注"),
    )  # fmt: skip
