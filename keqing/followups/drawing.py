"""Lines of the stream, drawn without a template: a customer's page has twenty of them, each with forty small choices."""

from typing import TYPE_CHECKING, Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from keqing.kit import icons
from keqing.kit.addresses import address
from keqing.kit.formats import format_date, format_datetime
from keqing.kit.list_rows import escape

if TYPE_CHECKING:
    from keqing.timeline.models import Entry

NO_EFFECT = "成效 0"
GHOST = "badge-ghost"


def entry_head(entry: "Entry", *, url: str) -> SafeString:
    """Sign, title, badges, person and time, text and facts of one entry; its comments follow. A contact has a ``url``."""
    title = escape(entry.title)
    parts = [
        f'<span class="timeline-dot"{" data-strong" if url else ""}>{icons.svg(name=entry.icon)}</span>'
        '<div class="min-w-0 flex-1"><div class="flex flex-wrap items-baseline gap-x-2">',
        f'<a class="font-medium hover:underline" href="{escape(url)}">{title}</a>' if url else f'<b class="font-medium">{title}</b>',
        _badges(entry.details) if url else "",
        f'<span class="ml-auto text-xs text-muted figures">{escape(entry.actor_name)} · {_moment(entry)}</span></div>',
        f'<div class="whitespace-pre-line">{escape(entry.text)}</div>' if entry.text else "",
        _facts(entry.details) if url else "",
    ]
    return mark_safe("".join(parts))  # noqa: S308  every text in it is escaped


def _badges(details: dict[str, Any]) -> str:
    found = ""
    if state := details.get("state"):
        found += _badge(GHOST, state)
    if effect := details.get("effect"):
        tone = "badge-soft badge-warning" if effect == NO_EFFECT else "badge-soft badge-success"
        found += _badge(tone, effect, f' title="{escape(_("这次联系带来的变化"))}"')
    if details.get("version", 1) > 1:
        found += _badge(GHOST, _("已更正"))
    return found


def _badge(tone: str, text: str, more: str = "") -> str:
    return f'<span class="badge badge-sm {tone}"{more}>{escape(text)}</span>'


def _facts(details: dict[str, Any]) -> str:
    labels = (
        ("solution", _("解决方法")), ("products", _("推荐")), ("materials", _("资料")), ("callback_on", _("回访")), ("promise", _("承诺")),
    )
    found = ""
    for name, label in labels:
        if value := details.get(name):
            text = escape(str(value))
            shown = f'<span class="figures">{text}</span>' if name in ("callback_on", "promise") else text
            found += f"<span>{escape(label)}：{shown}</span>"
    return f'<div class="text-sm text-muted mt-1 flex flex-wrap gap-x-4">{found}</div>' if found else ""


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
