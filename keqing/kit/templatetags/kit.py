"""Template words every page has: icons, the product's formats, addresses with a changed parameter."""

from datetime import date, datetime
from secrets import token_hex
from typing import Any

from django import template
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as django_url
from django.utils import timezone
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from keqing.kit import counts, formats, icons, masks, pages
from keqing.kit.addresses import address, replaced
from keqing.kit.formats import NOTHING
from keqing.kit.list_page import Wish

register = template.Library()


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    return icons.svg(name=name, size=size)


@register.simple_tag(takes_context=True)
def look(context: template.Context) -> dict[str, str]:
    """How this person wants pages drawn, from the cookies the theme module sets."""
    request = context.get("request")
    return {
        "theme": pages.theme(request),
        "theme_choice": pages.theme_choice(request),
        "density": pages.density(request),
        "nav": pages.navigation_width(request),
    }


class AddressNode(URLNode):
    """``{% url %}`` with whole numbers put into an address found once: a page of work has some thousand links."""

    def render(self, context: template.Context) -> str:
        if self.kwargs or self.asvar:
            return super().render(context)
        numbers = [one.resolve(context) for one in self.args]
        if not all(type(one) is int for one in numbers):
            return super().render(context)
        found = address(self.view_name.resolve(context), *numbers)
        return conditional_escape(found) if context.autoescape else found


@register.tag
def url(parser: template.base.Parser, token: template.base.Token) -> AddressNode:
    node = django_url(parser, token)
    return AddressNode(node.view_name, node.args, node.kwargs, node.asvar)


# what stands for the token of a form in a part that is drawn once for many requests; whoever knew it could have the token
# of a reader written into a link
TOKEN = token_hex(16)


class RememberedNode(template.Node):
    def __init__(self, key: tuple[template.base.FilterExpression, ...], nodelist: template.NodeList) -> None:
        self.key, self.nodelist = key, nodelist

    def render(self, context: template.Context) -> SafeString:
        staff: Any = context.get("staff")
        wish, *others = (part.resolve(context) for part in self.key)
        key = (str(wish), *map(str, others))
        if not key[0] or not hasattr(staff, "recall"):
            return self.nodelist.render(context)
        drawn: SafeString = staff.recall(("drawn", *key), lambda: self._draw(context, wish))
        if TOKEN in drawn:
            drawn = mark_safe(drawn.replace(TOKEN, str(context.get("csrf_token", ""))))  # noqa: S308
        return wish.put_in(drawn) if isinstance(wish, Wish) else drawn

    def _draw(self, context: template.Context, wish: Any) -> SafeString:
        shown = {"page": wish.page, "request": wish.page.request} if isinstance(wish, Wish) else {}
        with context.push(csrf_token=TOKEN, **shown):
            return self.nodelist.render(context)


@register.tag
def remembered(parser: template.base.Parser, token: template.base.Token) -> RememberedNode:
    """``{% remembered "nav" shell.due %}…{% endremembered %}``: drawn once for a person while rights stay the same.

    All that the part shows of this request has to be named in the key; tokens of forms are put in afterwards. Where the
    first word of the key is empty, the part is drawn anew.
    """
    key = tuple(parser.compile_filter(bit) for bit in token.split_contents()[1:])
    nodelist = parser.parse(("endremembered",))
    parser.delete_first_token()
    return RememberedNode(key, nodelist)


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: Any) -> str:
    """The page's address with parameters replaced; an empty value drops one: ``{% query sort="-name" after="" %}``."""
    request = context["request"]
    return replaced(request=request, changes=changes)


@register.filter
def money(value: Any) -> str:
    return formats.format_money(value) if _given(value) else NOTHING


@register.filter
def day(value: date | datetime | None) -> str:
    return formats.format_date(value or None)


@register.filter
def moment(value: datetime | None) -> str:
    return formats.format_datetime(value or None)


@register.filter
def ago(value: datetime | None) -> str:
    return formats.format_relative(value or None, now=timezone.now())


@register.filter
def may(person: Any, word: str) -> bool:
    """Whether the person's positions grant a word; nobody grants none."""
    return person is not None and bool(person.may(word))


@register.filter
def phone_mask(value: str | None) -> str:
    return masks.mask_phone(value) if value else NOTHING


@register.filter
def dash(value: Any) -> Any:
    """The value, or ``--`` when there is none; zero is a value."""
    return value if _given(value) else NOTHING


@register.filter
def number(value: Any, places: int = 0) -> str:
    return formats.format_number(value, places=places) if _given(value) else NOTHING


@register.filter
def percent(value: Any, places: int = 0) -> str:
    """A share of one hundred as the product stores it: 78 → ``78%``."""
    return f"{formats.format_number(value, places=places)}%" if _given(value) else NOTHING


@register.filter
def count_capped(value: int | None) -> str:
    """``6,214``, or ``10,000+`` for a count that stopped at the cap."""
    if value is None:
        return NOTHING
    return counts.said(value)


@register.filter
def due_class(value: date | datetime | None) -> str:
    """Grey for the future, blue for today, red for overdue: the same everywhere."""
    due = _day_of(value)
    if due is None:
        return "due-future"
    today = timezone.localdate()
    return "due-over" if due < today else "due-today" if due == today else "due-future"


@register.filter
def due_text(value: date | datetime | None) -> str:
    """``今日``, ``逾期 4 天`` or the day: colour is never the only sign."""
    due = _day_of(value)
    if due is None:
        return NOTHING
    late = (timezone.localdate() - due).days
    if late > 0:
        return f"逾期 {late} 天"
    return "今日" if late == 0 else "明日" if late == -1 else formats.format_date(due)


@register.filter
def initial_letter(value: str | None) -> str:
    """The sign in the round badge of a person without a picture."""
    return (value or "客")[:1]


@register.filter
def undo_address(message: Any) -> str:
    """The address a notice's 撤销 posts to: a message says it in its tags as ``undo:<address>``."""
    tag = next((one for one in (message.extra_tags or "").split() if one.startswith("undo:")), "")
    return tag.removeprefix("undo:")


def _day_of(value: date | datetime | None) -> date | None:
    if isinstance(value, datetime):
        return timezone.localdate(value) if timezone.is_aware(value) else value.date()
    return value or None


def _given(value: Any) -> bool:
    return value is not None and value != ""
