"""What operations see: metrics for those who may, a log line a request, compressed pages."""

from __future__ import annotations

import dataclasses
import gzip
import json
import logging

import pytest

from views import telemetry


@pytest.fixture
def token(site):
    app = site.app
    known = app.config["SETTINGS"]
    app.config["SETTINGS"] = dataclasses.replace(known, metrics_token="of-the-monitor")
    yield "of-the-monitor"
    app.config["SETTINGS"] = known


def test_metrics_are_for_administrators_and_the_monitor(site, token):
    for who in ("owner", "colleague", "stranger"):
        assert site[who].get("/metrics").status_code == 404
    assert site["admin"].get("/metrics").status_code == 200
    nobody = site.app.test_client()
    assert nobody.get("/metrics").status_code == 404
    assert nobody.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
    answer = nobody.get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert 'rounds_requests_total{method="GET",route="health.metrics"' in answer.text
    assert 'rounds_outbox{state="dead"} 0.0' in answer.text


def test_a_request_leaves_one_line_that_tells_no_text(site, caplog):
    caplog.set_level(logging.INFO, logger="rounds.web")
    answer = site["owner"].get("/search?q=夜航")
    lines = [one for one in caplog.records if one.name == "rounds.web"]
    assert len(lines) == 1
    line = json.loads(telemetry.JsonLines().format(lines[0]))
    assert (line["rule"], line["status"]) == ("/search", answer.status_code)
    assert line["request"] == answer.headers["X-Request-Id"]
    assert "夜航" not in json.dumps(line, ensure_ascii=False)


def test_pages_travel_small_and_are_the_same(site):
    plain = site["owner"].get("/me")
    small = site["owner"].get("/me", **{"Accept-Encoding": "gzip"})
    assert small.headers["Content-Encoding"] == "gzip"
    assert len(small.data) < len(plain.data) / 2
    assert len(gzip.decompress(small.data)) == len(plain.data)
    assert "Content-Encoding" not in plain.headers
