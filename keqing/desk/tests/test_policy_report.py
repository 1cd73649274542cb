"""What a browser reports of the content policy is one masked line in the log, and never many."""

import json

import pytest
from django.core.cache import cache

URL = "/policy-report/"

pytestmark = pytest.mark.proves("T52")


@pytest.fixture(autouse=True)
def fresh():
    cache.delete("policy-reports")


def report(client, body, **headers):
    return client.post(URL, body, content_type="application/csp-report", headers=headers)


def test_a_report_leaves_one_masked_line(client, caplog):
    said = {"csp-report": {"effective-directive": "script-src", "blocked-uri": "inline", "document-uri": "/search/?q=13812345678\nx"}}
    assert report(client, json.dumps(said)).status_code == 204
    (line,) = [record.getMessage() for record in caplog.records if record.name == "keqing.policy"]
    assert "script-src" in line and "13812345678" not in line and "\n" not in line


@pytest.mark.parametrize("body", ["[]", "7", "{", '{"csp-report": 7}', "[" * 4000, '{"other": {}}', "\x00"])
def test_what_is_no_report_is_dropped(client, caplog, body):
    assert report(client, body).status_code == 204
    assert not [record for record in caplog.records if record.name == "keqing.policy"]


def test_a_form_is_no_report(client):
    assert client.post(URL, {"csp-report": "x"}).status_code == 415


def test_long_ones_are_refused_and_many_ones_are_not_written(client, caplog):
    assert report(client, "x" * 9000).status_code == 413
    for _ in range(70):
        report(client, '{"csp-report": {}}')
    assert len([record for record in caplog.records if record.name == "keqing.policy"]) == 60
