"""What forms ask while somebody types: places, organisations, departments, likely duplicates."""

from collections.abc import Sequence

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from keqing.access.gate import allow, fetch
from keqing.kit import pages
from keqing.kit.addresses import whole_number
from keqing.kit.masks import mask_name, mask_phone
from keqing.people import likely, queries
from keqing.people.actions.checks import TooManyChecks, allow_check, note_check
from keqing.people.choices import Kind
from keqing.people.labels import owner_label
from keqing.people.models import Organisation, Person
from keqing.people.permissions import Can

TELLING = (likely.SAME_MOBILE, likely.SAME_PHONE)


@require_GET
@allow(Can.VIEW, Can.VIEW_PERSON, "org.manage")
def regions(request: HttpRequest) -> HttpResponse:
    """Options of the field 地区: ``?region=`` is what was typed."""
    typed = next((request.GET[name] for name in request.GET if name in ("region", "q", "division")), "")
    found = queries.division_options(typed)
    return pages.render(request=request, template="people/_options.html", context={"options": [d.full_name for d in found]})


@require_GET
@allow(Can.VIEW)
def organisation_options(request: HttpRequest, kinds: str) -> HttpResponse:
    """Options of a field that names an organisation: the first parameter is what was typed."""
    wanted = [] if kinds == "all" else kinds.split("-")
    if not set(wanted) <= set(Kind.values):
        raise Http404
    typed = next(iter(request.GET.values()), "")
    found = queries.organisation_options(staff=request.user, text=typed, kinds=wanted, word=Can.VIEW)
    return pages.render(request=request, template="people/_options.html", context={"options": [o.name for o in found]})


@require_POST
@allow(Can.CHECK_DUPLICATES)
def duplicates(request: HttpRequest) -> HttpResponse:
    """Whether the customer being typed is there already; names of those out of reach are masked, and it is audited."""
    staff, at, post = request.user, timezone.now(), request.POST
    name, uscc, phone, mobile = (post.get(key, "").strip() for key in ("name", "uscc", "phone", "mobile"))
    without = whole_number(post.get("without"))
    noun = "person" if post.get("noun") == "person" else "organisation"
    organisation = _organisation(request) if noun == "person" else None
    if not likely.is_telling(name=name, uscc=uscc, phone=mobile or phone, organisation=organisation is not None):
        return pages.render(request=request, template="people/_duplicates.html")
    try:
        allow_check(by=staff)
    except TooManyChecks as refusal:
        return pages.render(request=request, template="people/_duplicates.html", context={"refusal": str(refusal)}, status=429)
    rows: Sequence[tuple[Organisation | Person, str]]
    if noun == "person":
        rows = likely.likely_people(name=name, mobile=mobile or phone, organisation_id=organisation, without=without)
        word = Can.VIEW_PERSON
    else:
        rows = likely.likely_organisations(kind=post.get("kind", ""), name=name, uscc=uscc, phone=phone, without=without)
        word = Can.VIEW
    shown, masked, learned = [], [], []
    for row, by in rows:
        seen = row.allows(staff, word)
        one = likely.Duplicate(row.pk, row.get_kind_display(), row.name if seen else mask_name(row.name), owner_label(row), by)
        (shown if seen else masked).append(one)
        # that a number is somebody's is as good as reading it: a masked phone is confirmed only on record
        if not seen or (noun == "person" and by in TELLING and not row.allows(staff, Can.FULL_PHONE)):
            learned.append(one)
    if learned:
        note_check(asked=name or uscc or mask_phone(phone or mobile), found=learned, noun=noun, by=staff, at=at)
    context = {"shown": shown, "masked": masked, "noun": noun}
    return pages.render(request=request, template="people/_duplicates.html", context=context)


def _organisation(request: HttpRequest) -> int | None:
    """Where the person being entered works: fixed by the page, or named in the form."""
    sent = whole_number(request.POST.get("organisation_id"))
    if sent is not None:
        return fetch(Organisation, sent, request, word=Can.VIEW).pk
    if not (named := request.POST.get("organisation", "").strip()):
        return None
    found = queries.organisation_options(staff=request.user, text=named, word=Can.VIEW)
    return next((one.pk for one in found if one.name == named), None)
