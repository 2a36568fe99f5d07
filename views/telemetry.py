"""What operations see of the web: one log line a request, counters for /metrics.

Log lines are JSON where the output is not a terminal; neither they nor the counters hold anything
that people typed.
"""

from __future__ import annotations

import logging
import secrets
import sys
import time
from datetime import UTC, datetime
from typing import Any

import orjson
from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.registry import Collector

from tracker import db
from tracker.models import Outbox, Run

log = logging.getLogger("rounds.web")
PLAIN = "%(asctime)s %(levelname)s %(name)s %(message)s"
QUIET = {"assets.asset", "health.healthz", "health.readyz", "health.metrics"}
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
WAITING = ("waiting", "drawing", "dead")


class JsonLines(logging.Formatter):
    """One JSON object a line: ``time level logger message``, then what the record carries."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def write_logs() -> None:
    """Log to the console: for eyes on a terminal, as JSON lines elsewhere."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(PLAIN) if sys.stderr.isatty() else JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)


class Telemetry:
    """The counters of one app."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "rounds_requests",
            "Requests answered.",
            ["route", "method", "status"],
            registry=self.registry,
        )
        self.seconds = Histogram(
            "rounds_request_seconds",
            "How long answers took.",
            ["route"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self.registry.register(Ledgers())

    def text(self) -> bytes:
        """Everything in the text format of Prometheus."""
        return generate_latest(self.registry)

    def begin(self) -> None:
        g.began = time.perf_counter()
        g.request_id = secrets.token_hex(6)

    def end(self, response: Response) -> Response:
        """Count the answer and log it; `X-Request-Id` finds its line again."""
        took = time.perf_counter() - g.get("began", time.perf_counter())
        route = request.endpoint or "unknown"
        response.headers["X-Request-Id"] = g.get("request_id", "")
        self.requests.labels(route, request.method, response.status_code).inc()
        self.seconds.labels(route).observe(took)
        if request.endpoint not in QUIET:
            log.info("%s %s", request.method, route, extra={"facts": facts(response, took)})
        return response


def facts(response: Response, took: float) -> dict[str, Any]:
    """What a request's line says: who and where; no text, which may be a name or a secret link."""
    viewer = g.get("viewer")
    ids = {key: one for key, one in (request.view_args or {}).items() if isinstance(one, int)}
    return {
        "request": g.get("request_id", ""),
        "rule": str(request.url_rule or ""),
        **ids,
        "status": response.status_code,
        "ms": round(took * 1000, 1),
        "person": viewer.person_id if viewer else None,
    }


class Ledgers(Collector):
    """What waits and what has failed, counted when asked."""

    def collect(self) -> Any:
        outbox = Gauge("rounds_outbox", "Messages by state.", ["state"], registry=None)
        for state in WAITING:
            outbox.labels(state).set(Outbox.select().where(Outbox.state == state).count())
        yield from outbox.collect()
        runs = Gauge("rounds_runs_failed", "Failed runs of automations.", registry=None)
        runs.set(Run.select().where(Run.state == "failed").count())
        yield from runs.collect()
        size = Gauge("rounds_database_bytes", "Size of the database.", registry=None)
        size.set(database_bytes())
        yield from size.collect()


def database_bytes() -> int:
    if db.is_sqlite():
        sql = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    else:
        sql = "SELECT pg_database_size(current_database())"
    return int(db.query(sql)[0][0])


def wire(app: Flask) -> None:
    telemetry = app.extensions["telemetry"] = Telemetry()
    app.before_request(telemetry.begin)
    app.after_request(telemetry.end)
