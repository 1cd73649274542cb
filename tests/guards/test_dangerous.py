"""T56, T57: no secret in the history, no call that is known to be dangerous, unless it was looked at."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.guards.house import ROOT

# where a banned call stands and why it is safe there; a new one is a new line here, read in review
REVIEWED = {
    ("keqing/access/backends.py", "raw query"): "a constant",
    ("keqing/kit/templatetags/kit.py", "mark_safe"): "a part of a page the engine drew, with the token of forms put in",
    ("keqing/kit/icons.py", "mark_safe"): "drawings of our own build; the name only picks one",
    ("keqing/followups/drawing.py", "mark_safe"): "every text of a line goes through escape(); T36 attacks the stream",
    ("keqing/kit/list_rows.py", "mark_safe"): "every cell goes through escape(); T36 attacks every list",
    ("keqing/kit/list_page.py", "mark_safe"): "a typed text in the place of its mark, escaped or quoted; compared with the page drawn for it alone",
    ("keqing/kit/widget_drawing.py", "mark_safe"): "every part goes through conditional_escape; compared with Django's own drawing by its tests",
    ("keqing/insight/figures.py", "mark_safe"): "numbers, days and an escaped address",
    ("keqing/desk/views/policy_report.py", "csrf exempt"): "sent by the browser itself, which has no token; stores nothing",
    ("keqing/exports/queries.py", "f-string statement"): "a statement the ORM wrote, with its parameters apart",
    ("keqing/people/actions/activity.py", "f-string statement"): "a constant and a statement the ORM wrote, with its parameters apart",
    ("keqing/followups/actions/kept.py", "f-string statement"): "constants with names of our own tables; values travel as parameters",
    ("keqing/messaging/actions/outbox.py", "f-string statement"): "names of our own tables; values travel as parameters",
    ("keqing/timeline/queries.py", "f-string statement"): "column names of the model; values travel as parameters",
    ("keqing/followups/finding.py", "raw query"): "constants with conditions the ORM wrote; words travel as parameters",
    ("keqing/kit/search_rank.py", "raw query"): "constants with conditions the ORM wrote; words travel as parameters",
    ("keqing/people/finding.py", "raw query"): "a statement the ORM wrote, with its parameters apart",
    ("assets/js/palette.js", "html into the page"): "a page of our own server, escaped by its template",
}
BANNED = {
    "mark_safe": re.compile(r"\bmark_safe\(|\bSafeString\("),
    "safe filter": re.compile(r"\|\s*safe(?:seq)?\b"),
    "autoescape off": re.compile(r"autoescape\s+off"),
    "raw query": re.compile(r"\.raw\(|\bRawSQL\(|\.extra\("),
    "f-string statement": re.compile(r"execute(?:many)?\(\s*(?:sql\s*=\s*)?f[\"']|execute\([^)]*\.format\("),
    "csrf exempt": re.compile(r"@csrf_exempt"),
    "eval": re.compile(r"(?<![\w.])(?:eval|exec)\("),
    "unpickling": re.compile(r"\bpickle\.loads?\(|yaml\.load\("),
    "shell": re.compile(r"shell=True|os\.system\("),
    "html into the page": re.compile(r"\.(?:innerHTML|outerHTML)\s*=|insertAdjacentHTML|document\.write\("),
}
# words that stand for a secret in code and in sample rows; detect-secrets finds them by their neighbours
SAMPLES = re.compile(
    r"keqing-2026|kehu-guanli-2026|xin-mima-2026|jin-tian-2026|geheim-passwort|\x22wrong\x22|example\.(?:com|org|test)|invalid|test|示例|密码|"
    r"user:|用户:|keqing:|\{|<",
    re.IGNORECASE,
)
OWN = [
    re.compile(r"-----BEGIN (?:[A-Z ]+ )?PRIVATE KEY-----"),
    re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    re.compile(r"\bgh[pousr]_[A-Za-z0-9]{36}\b"),
    re.compile(r"\bLTAI[0-9A-Za-z]{12,20}\b"),  # the keys of a Chinese cloud
    re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\."),
    re.compile(r"postgres(?:ql)?://[^:\s/]+:(?P<word>[^@\s{}]{6,})@"),
    re.compile(r"\bSECRET_KEY\s*=\s*[\"'](?P<word>[^\"'{}]{12,})[\"']"),
]


def sources(*endings: str) -> Iterator[tuple[str, str]]:
    for folder in ("keqing", "config", "assets/js"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in endings and "/tests/" not in str(path) and path.is_file():
                yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


@pytest.mark.proves("T57")
def test_dangerous_calls_stand_only_where_they_were_reviewed(record_property: Any):
    found = {(name, what) for name, text in sources(".py", ".html", ".js") for what, pattern in BANNED.items() if pattern.search(text)}
    record_property("复核过的例外", len(REVIEWED))
    assert found - REVIEWED.keys() == set()
    assert REVIEWED.keys() - found == set(), "no longer there: take it off the list"


@pytest.mark.slow  # the rules S of the linter, which every run asks, are the same ones
@pytest.mark.proves("T57")
def test_the_scanner_for_unsafe_python_finds_nothing_grave(record_property: Any):
    command = [sys.executable, "-m", "bandit", "-q", "-r", "keqing", "config", "assets", "-f", "json", "-x", "*/tests/*"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110)
    results = json.loads(done.stdout)["results"]
    grave = [f"{one['filename']}:{one['line_number']} {one['issue_text']}" for one in results if one["issue_severity"] == "HIGH"]
    record_property("bandit 高危", len(grave))
    record_property("bandit 中危（逐条看过）", sum(one["issue_severity"] == "MEDIUM" for one in results))
    assert grave == []
    assert json.loads(done.stdout)["errors"] == []


@pytest.mark.proves("T57")
def test_the_security_rules_of_the_linter_are_on():
    import tomllib

    rules = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    assert "S" in rules["select"]
    assert [rule for rule in rules["ignore"] if rule.startswith("S")] == ["S311"]


def history() -> str:
    """Every line ever added, as one difference."""
    git = ["git", "log", "-p", "--all", "--no-color", "--unified=0", "--no-textconv", "--diff-filter=AM", "--format=commit %H"]
    skipped = [":(exclude)requirements/*.lock", ":(exclude)*.json", ":(exclude)*.csv", ":(exclude)*package-lock*"]
    done = subprocess.run([*git, "--", ".", *skipped], cwd=ROOT, capture_output=True, timeout=100)
    return done.stdout.decode(errors="replace")


def suspects(difference: str) -> set[tuple[str, str]]:
    """File and line of everything that looks like a secret and is no sample."""
    from detect_secrets.core.scan import scan_line
    from detect_secrets.settings import transient_settings

    plugins = ["AWSKeyDetector", "ArtifactoryDetector", "AzureStorageKeyDetector", "BasicAuthDetector", "GitHubTokenDetector", "JwtTokenDetector",
               "KeywordDetector", "PrivateKeyDetector", "SendGridDetector", "SlackDetector", "StripeDetector", "TwilioKeyDetector"]
    found, name, seen = set(), "", set()
    with transient_settings({"plugins_used": [{"name": plugin} for plugin in plugins]}):
        for line in difference.splitlines():
            if line.startswith("+++ "):
                name = line[6:]
            if not line.startswith("+") or line.startswith("+++") or (key := line[1:].strip()) in seen or not 8 < len(key) < 2000:
                continue
            seen.add(key)
            if not SAMPLES.search(key) and next(iter(scan_line(key)), None) is not None:
                found.add((name, key[:160]))
            for pattern in OWN:
                if (match := pattern.search(key)) and not SAMPLES.search(match.groupdict().get("word", "") or "-"):
                    found.add((name, key[:160]))
    return found


@pytest.mark.proves("T56")
def test_no_secret_was_ever_committed(record_property: Any):
    difference = history()
    assert difference.count("\ncommit ") > 1, "the history is not here"
    found = {(name, line) for name, line in suspects(difference) if (name, line) not in ALLOWED}
    record_property("扫描的提交", difference.count("\ncommit ") + 1)
    record_property("扫描的新增行", f"{sum(line.startswith('+') for line in difference.splitlines()):,}")
    record_property("发现的密钥", len(found))
    assert found == set()


@pytest.mark.proves("T56")
def test_the_scan_finds_what_is_planted():
    # put together here, so that the scan of this very file stays quiet
    planted = [
        "AKIA" + "QYLPMN5HFIQR7XYA", "-----BEGIN RSA " + "PRIVATE KEY-----", "pass" + 'word = "Zq7#kfuY2p0Lm"',
        "ghp_" + "a1B2c3D4" * 4 + "e5F6", "postgresql://crm:" + "Wd93kslQpz@db/crm", "LTAI" + "5tQnKd83jfUwYz",
    ]
    for secret in planted:
        assert suspects(f"+++ b/config/x.py\n+{secret}\n"), secret


# looked at: no secret
ALLOWED: set[tuple[str, str]] = {
    # the word a pretended gateway must refuse
    ("keqing/messaging/tests/test_delivery.py", '_sms(settings, service.url, secret="other")  # noqa: S106 not a real one'),
}
