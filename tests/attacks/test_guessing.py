"""T48: thousands of guesses at one name or at many, from one address or five hundred, open nothing and tell nothing."""

import re
import time
from collections.abc import Callable
from datetime import timedelta
from statistics import median
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from keqing.access.actions.sessions import LOCKED, TRIES, WRONG
from keqing.access.tests.factories import PASSWORD, make_cast
from keqing.audit.models import Entry

pytestmark = [pytest.mark.django_db, pytest.mark.proves("T48")]
SIGN_IN = "/access/sign-in/"
CLOSE = 0.020


def guess(name: str, password: str, address: str = "198.51.100.1") -> Any:
    return Client(REMOTE_ADDR=address).post(SIGN_IN, {"login_name": name, "password": password})


def addresses(many: int) -> list[str]:
    return [f"198.51.{100 + number // 250}.{1 + number % 250}" for number in range(many)]


def guess_at_one(figure: Any, *, tries: int, many: int) -> None:
    cast, places = make_cast(), addresses(many)
    owner = Client()
    owner.force_login(cast.rep)
    wrong = locked = 0
    for number in range(tries):
        # the right password is among the guesses, after the lock has fallen
        answer = guess("rep", PASSWORD if number == tries - 1 else f"guess-{number}", places[number % many])
        page = answer.content.decode()
        assert answer.status_code == 422
        wrong, locked = wrong + (WRONG in page), locked + (LOCKED in page)
    figure("猜一个登录名", f"{tries:,} 次，来自 {many} 个地址")
    figure("真正核对的次数", wrong + 1)
    figure("锁定后的回答", locked)
    assert wrong == TRIES - 1 and locked == tries - wrong
    assert owner.get("/access/account/").status_code == 200, "who is inside stays inside"
    assert guess("sibling", PASSWORD).status_code == 302, "others are not locked"
    assert Entry.objects.filter(action="session.locked").exists()


@pytest.mark.parametrize("many", [1, 500])
def test_one_name_is_tried_five_times_however_many_addresses_ask(many: int, figure: Any):
    guess_at_one(figure, tries=150, many=many)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("many", [1, 500])
def test_two_thousand_guesses_at_one_name_are_five(many: int, figure: Any):
    guess_at_one(figure, tries=2000, many=many)


def test_the_owner_signs_in_again_when_the_lock_is_over(monkeypatch: pytest.MonkeyPatch):
    make_cast()
    for number in range(40):
        guess("rep", f"guess-{number}")
    assert guess("rep", PASSWORD).status_code == 422
    later = timezone.now() + timedelta(minutes=15, seconds=1)
    monkeypatch.setattr("keqing.access.views.sessions.timezone.now", lambda: later)
    assert guess("rep", PASSWORD).status_code == 302


def plain(answer: Any, name: str) -> str:
    page = answer.content.decode().split("<main")[1].replace(name, "")
    return re.sub(r'value="[A-Za-z0-9]{32,64}"', "", page)


def stuff(figure: Any, *, tries: int) -> None:
    """One well-known password at many names, real ones among them."""
    cast = make_cast()
    real = [staff.login_name for staff in cast.everyone.values()]
    names = [real[number % len(real)] if number % 10 == 0 and number < 10 * len(real) else f"ghost{number}" for number in range(tries)]
    answers = {plain(guess(name, "Aa123456", places), name) for name, places in zip(names, addresses(500) * (tries // 500 + 1), strict=False)}
    figure("撞库", f"{tries:,} 个登录名，其中 {len(set(names) & set(real))} 个存在")
    figure("不同的回答", len(answers))
    assert len(answers) == 1


def test_stuffing_many_names_gets_one_and_the_same_answer(figure: Any):
    stuff(figure, tries=200)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_stuffing_two_thousand_names_gets_one_and_the_same_answer(figure: Any):
    stuff(figure, tries=2000)


def medians(settings: Any, *, rounds: int, clock: Callable[[], float]) -> tuple[float, float]:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    cast = make_cast()
    staff = [cast.rep, cast.sibling, cast.manager]  # a fresh name each time would be locked just as well
    for one in staff:
        one.set_password(PASSWORD)
        one.save()
    times: dict[str, list[float]] = {"known": [], "unknown": []}
    for number in range(rounds):
        for kind, name in (("known", staff[number % len(staff)].login_name), ("unknown", f"ghost{number % len(staff)}")):
            began = clock()
            guess(name, "Aa123456")
            times[kind].append(clock() - began)
    return median(times["known"]), median(times["unknown"])


def test_the_time_of_an_answer_does_not_tell_which_names_exist(settings: Any, figure: Any):
    """Held at full size to 20 ms; here, beside another half of the suite, only to not being another sort of work of the processor."""
    known, unknown = medians(settings, rounds=4, clock=time.process_time)
    figure("回答用时中位数", f"存在 {known * 1000:.0f} 毫秒，不存在 {unknown * 1000:.0f} 毫秒")
    assert abs(known - unknown) < 0.5 * max(known, unknown)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_medians_of_known_and_unknown_names_lie_within_twenty_milliseconds(settings: Any, figure: Any):
    known, unknown = medians(settings, rounds=60, clock=time.perf_counter)
    figure("回答用时中位数", f"存在 {known * 1000:.0f} 毫秒，不存在 {unknown * 1000:.0f} 毫秒")
    assert abs(known - unknown) <= CLOSE
