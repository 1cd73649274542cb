"""T49, T52, T53: what the settings of production promise, asked of a process that runs with them."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from django.db import connection

from tests.attacks.world import World, ask, openings
from tests.guards.house import ROOT

CLOSED = ("/admin/", "/admin/login/", "/docs/", "/api/", "/api/docs", "/metrics", "/debug/", "/__debug__/", "/.git/config", "/.env",
          "/server-status", "/static/../config/settings.py", "/silk/", "/openapi.json", "/swagger/", "/redoc/", "/healthz/../manage.py")
POLICY = {"default-src 'self'", "script-src 'self'", "style-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"}
SCRIPT = """
import json, sys
import django
django.setup()
from django.conf import settings
from django.test import Client
settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
settings.ALLOWED_HOSTS = ["testserver"]
client = Client(raise_request_exception=False)
found = {}
for path in json.loads(sys.argv[1]):
    answer = client.get(path, secure=True)
    found[path] = {
        "status": answer.status_code, "headers": dict(answer.headers),
        "cookies": {name: dict(cookie.items()) for name, cookie in answer.cookies.items()},
        "chinese": b'lang="zh-CN"' in answer.content, "inside": b"Traceback" in answer.content or b"DEBUG" in answer.content,
    }
plain = client.get("/access/sign-in/")
found["over http"] = {"status": plain.status_code, "headers": dict(plain.headers)}
found["settings"] = {"debug": settings.DEBUG, "session": settings.SESSION_COOKIE_NAME, "idle": settings.SESSION_IDLE_SECONDS,
                     "age": settings.SESSION_COOKIE_AGE, "hashers": settings.PASSWORD_HASHERS, "secure": settings.SESSION_COOKIE_SECURE,
                     "httponly": settings.SESSION_COOKIE_HTTPONLY, "samesite": settings.SESSION_COOKIE_SAMESITE}
print(json.dumps(found))
"""


def environment() -> dict[str, str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("KEQING_", "PYTEST", "DJANGO_"))}
    base, _, _name = os.environ["DATABASE_URL"].rpartition("/")
    env |= {"DATABASE_URL": f"{base}/{connection.settings_dict['NAME']}", "KEQING_HTTPS": "1", "SECRET_KEY": "k" * 25 + "".join(map(str, range(40)))}
    return env | {"KEQING_VAR": os.environ["KEQING_VAR"], "DJANGO_SETTINGS_MODULE": "config.settings"}


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def answers(django_db_setup: None) -> dict[str, Any]:
    done = run("-c", SCRIPT, json.dumps(["/", "/access/sign-in/", "/healthz", "/not-there/", *CLOSED]))
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


@pytest.mark.django_db
@pytest.mark.proves("T53")
def test_the_deployment_check_finds_nothing(django_db_setup: None, figure: Any):
    done = run("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    figure("部署检查的警告", 0 if done.returncode == 0 else done.stderr)
    assert done.returncode == 0, done.stderr


@pytest.mark.django_db
@pytest.mark.proves("T53")
def test_nothing_of_the_inside_is_public(answers: dict[str, Any], figure: Any):
    assert {path: answers[path]["status"] for path in CLOSED} == dict.fromkeys(CLOSED, 404)
    assert all(answers[path]["chinese"] and not answers[path]["inside"] for path in CLOSED)
    assert answers["settings"]["debug"] is False
    figure("探测的内部地址", len(CLOSED))
    figure("公开的", 0)


@pytest.mark.django_db
@pytest.mark.proves("T52")
def test_every_answer_of_production_carries_the_protecting_headers(answers: dict[str, Any]):
    for path in ("/access/sign-in/", "/healthz", "/not-there/", "/"):
        headers = answers[path]["headers"]
        directives = {part.strip() for part in headers["Content-Security-Policy"].split(";")}
        assert POLICY <= directives, path
        assert not any("unsafe" in part or "*" in part for part in directives), path
        age, *rest = headers["Strict-Transport-Security"].split("; ")
        assert int(age.removeprefix("max-age=")) >= 365 * 86400 and "includeSubDomains" in rest, path
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin", path
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["Referrer-Policy"] == "same-origin", path
        assert headers["X-Frame-Options"] == "DENY", path
    assert answers["over http"]["status"] == 301 and answers["over http"]["headers"]["Location"].startswith("https://")


@pytest.mark.django_db
@pytest.mark.proves("T49")
def test_cookies_of_production_are_tied_to_the_host_and_to_https(answers: dict[str, Any], figure: Any):
    said = answers["settings"]
    assert (said["session"], said["secure"], said["httponly"], said["samesite"]) == ("__Host-sessionid", True, True, "Lax")
    assert (said["idle"], said["age"]) == (30 * 60, 12 * 3600)
    (name, cookie), = answers["/access/sign-in/"]["cookies"].items()
    assert name == "__Host-csrftoken"
    assert cookie["secure"] and cookie["httponly"] and cookie["samesite"] == "Lax" and cookie["path"] == "/" and not cookie["domain"]
    assert "MD5" not in str(said["hashers"])
    figure("会话", "闲置 30 分钟、最长 12 小时；__Host-、Secure、HttpOnly、SameSite=Lax")


@pytest.mark.django_db
@pytest.mark.proves("T52")
def test_every_page_sends_the_strict_policy_and_holds_nothing_inline(world: World, figure: Any):
    """No inline script, style or handler: the policy would stop it, a reader would miss it."""
    import re

    inline = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>|<style|\son[a-z]+\s*=\s*[\"']|\sstyle\s*=\s*[\"']|javascript:", re.IGNORECASE)
    wrong, pages = [], 0
    for opening in openings(world):
        if "G" not in opening.door.methods:
            continue
        reply = ask(world.clients[opening.who], "G", opening.url)
        pages += 1
        directives = {part.strip() for part in reply.headers.get("Content-Security-Policy", "").split(";")}
        if not POLICY <= directives or any("unsafe" in part for part in directives):
            wrong.append(f"{opening}: {directives}")
        if reply.headers.get("Content-Type", "").startswith("text/html") and (found := inline.search(reply.body)):
            wrong.append(f"{opening}: {reply.body[max(0, found.start() - 40):found.end() + 60]}")
    figure("检查的页面", pages)
    figure("不合规", len(wrong))
    assert not wrong, "\n".join(wrong)
