"""Signing in and out, one's own account, one's own password."""

from django.contrib import auth, messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from keqing.access import queries
from keqing.access.actions import sessions as actions
from keqing.access.forms import PasswordForm, SignInForm
from keqing.access.gate import allow, public
from keqing.access.permissions import Can
from keqing.kit import pages
from keqing.kit.addresses import back


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
@public("nobody is signed in yet")
def sign_in(request: HttpRequest) -> HttpResponse:
    """The door of the product; ``next`` leads back to where one came from, on this site only."""
    target = _next(request)
    if request.headers.get("Accept") == "application/json":
        return _sign_in_again(request)
    if request.user.is_authenticated:
        return redirect(target)
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            staff = actions.sign_in(
                login_name=form.cleaned_data["login_name"], password=form.cleaned_data["password"],
                at=timezone.now(), address=_address(request),
            )  # fmt: skip
        except actions.SignInRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            auth.login(request, staff)  # a new session id: whoever knew the old one has nothing
            return redirect("access:change_password" if staff.must_change_password else target)
    status = 422 if request.method == "POST" else 200
    return pages.render(
        request=request, template="access/sign_in.html", context={"form": form, "next": target}, status=status
    )


def _sign_in_again(request: HttpRequest) -> HttpResponse:
    """From the dialog over a page that was drawn for somebody: nobody else goes on in it."""
    form = SignInForm(request.POST)
    if request.method != "POST" or not form.is_valid():
        return JsonResponse({"error": _("请填写密码。")}, status=422)
    try:
        staff = actions.sign_in(
            login_name=form.cleaned_data["login_name"], password=form.cleaned_data["password"],
            at=timezone.now(), address=_address(request),
        )  # fmt: skip
    except actions.SignInRefused as refusal:
        return JsonResponse({"error": str(refusal)}, status=422)
    if str(staff.pk) != request.POST.get("person"):
        return JsonResponse({"error": _("这一页是另一个人打开的，不能换人继续。请关闭它，从登录页登录。")}, status=422)
    auth.login(request, staff)
    return JsonResponse({"person": staff.pk, "csrf": get_token(request)})


@never_cache
@require_http_methods(["GET"])
@public("tells a page whether its own person is still signed in")
def session(request: HttpRequest) -> HttpResponse:
    """Who is signed in, and a token for their next request."""
    if not request.user.is_authenticated:
        return JsonResponse({"csrf": get_token(request)}, status=401)
    return JsonResponse({"person": request.user.pk, "csrf": get_token(request)})


@require_POST
@public("ends a session; harmless without one")
def sign_out(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        actions.sign_out(staff=request.user, at=timezone.now(), address=_address(request))
    auth.logout(request)
    messages.success(request, _("已退出登录。"))
    return redirect("access:sign_in")


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "POST"])
@allow(Can.SIGN_IN, before_password=True)
def change_password(request: HttpRequest) -> HttpResponse:
    """One's own password; the first one must be changed before anything else."""
    forced = request.user.must_change_password
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            staff = actions.change_password(
                staff=request.user, old=form.cleaned_data["old"], new=form.cleaned_data["new"],
                at=timezone.now(), address=_address(request),
            )  # fmt: skip
        except actions.PasswordRefused as refusal:
            for name, problems in refusal.problems.items():
                form.add_error(name, problems)
        else:
            auth.update_session_auth_hash(request, staff)  # this session goes on, all others end
            messages.success(request, _("密码已修改，其他设备上的登录已失效。"))
            return redirect("/" if forced else "access:account")
    status = 422 if request.method == "POST" else 200
    return pages.render(
        request=request, template="access/change_password.html", context={"form": form, "forced": forced}, status=status
    )


@require_http_methods(["GET"])
@allow(Can.SIGN_IN)
def account(request: HttpRequest) -> HttpResponse:
    """Who I am, what I may do, where to change my password."""
    return pages.render(
        request=request, template="access/account.html", context={"rights": queries.rights_of(request.user)}
    )


def _next(request: HttpRequest) -> str:
    target = back(request, "/")
    return target if target != reverse("access:sign_out") else "/"


def _address(request: HttpRequest) -> str:
    return request.META.get("REMOTE_ADDR", "")[:45]
