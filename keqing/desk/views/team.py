"""团队动态: the manager reads what the team did and comments on the spot."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from keqing.access.gate import allow
from keqing.desk.queries.team import STATES, Member, team_feed, team_members
from keqing.followups.models import ContactRecord
from keqing.followups.permissions import Can
from keqing.kit import pages
from keqing.kit.addresses import replaced
from keqing.kit.formats import business_date
from keqing.kit.forms import Form

ANY = [("", _("全部"))]


class FeedFilter(Form):
    person = forms.TypedChoiceField(label=_("跟踪人"), required=False, coerce=int, empty_value=None)
    method = forms.ChoiceField(label=_("方式"), required=False, choices=[*ANY, *ContactRecord.Method.choices])
    first = forms.DateField(label=_("从"), required=False)
    last = forms.DateField(label=_("到"), required=False)

    def __init__(self, *args: Any, members: Sequence[Member], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = {member.staff_id: member.name for member in members}
        self.fields["person"].choices = [*ANY, *people.items()]  # type: ignore[attr-defined]


@require_GET
@allow(Can.VIEW_TEAM)
def team(request: HttpRequest) -> HttpResponse:
    """One row per person, then the feed with its filters."""
    staff, get = request.user, request.GET
    members = team_members(staff=staff, today=business_date(timezone.now()))
    form = FeedFilter(get, members=members)
    form.is_valid()  # a wrong field shows its error; the others still filter
    state = get.get("state", "")
    feed = team_feed(
        staff=staff, filters={**form.cleaned_data, "state": state}, after=get.get("after", ""), before=get.get("before", "")
    )

    def url(**changes: str) -> str:
        return replaced(request=request, changes={"after": "", "before": "", **changes})

    context = {
        "members": members,
        "form": form,
        "feed": feed,
        "state": state,
        "chips": [(label, url(state=key), None, key == state) for key, label in STATES],
        "next_url": url(after=feed.after) if feed.after else "",
        "prev_url": url(before=feed.before) if feed.before else "",
        "narrowed": bool(state) or any(value for value in form.cleaned_data.values()),
        "may_comment": staff.may(Can.COMMENT),
        "here": request.get_full_path(),
    }
    return pages.render(request=request, template="desk/team.html", context=context)
