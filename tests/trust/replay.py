"""Sends a list of requests to one world and writes the answers: ``python -m tests.trust.replay``.

A process of its own for each world, so that no cache is shared between them. A request may name
a *hole*: a right that is switched off while it is answered, which the comparison must notice.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import io
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import time_machine

NOW = dt.datetime.now(dt.UTC).replace(hour=4, minute=0, second=0, microsecond=0)
NOISE = [
    (re.compile(rb"nonce-[\w-]+"), b"nonce"),
    (re.compile(rb'name="key" value="[^"]*"'), b"key"),
    (re.compile(rb"\b[0-9a-f]{8}\b incident"), b"incident"),
    (re.compile(rb"/excel/\d+"), b"/excel/n"),
]


def main(folder: str, requests: str, answers: str) -> None:
    import app
    from tracker import limits, settings, working

    working.patience = 60  # the page after an upload is its outcome
    loaded = settings.load({"ROUNDS_DATA_DIR": folder, "ROUNDS_WORKER": "0"})
    made = app.create_app(loaded)
    cookies, tokens = (
        dict(line.split("\t") for line in (Path(folder) / name).read_text("utf-8").splitlines())
        for name in ("cookies", "tokens")
    )
    limits.API_REQUESTS = 1_000_000  # the clock stands still
    with time_machine.travel(NOW, tick=False), Path(answers).open("w", encoding="utf-8") as out:
        for line in Path(requests).read_text("utf-8").splitlines():
            wanted = json.loads(line)
            if wanted["path"].startswith("/api/") and wanted["as"] in tokens:
                wanted["headers"] = {"Authorization": f"Bearer {tokens[wanted['as']]}"}
            out.write(json.dumps(answer(made, cookies, wanted)) + "\n")


def answer(made: Any, cookies: dict[str, str], wanted: dict[str, Any]) -> dict[str, Any]:
    """Status, headers that vary by content, and body of one request."""
    client = made.test_client()
    if wanted["as"] in cookies:
        client.set_cookie("rounds", cookies[wanted["as"]])
    headers = {"Accept-Language": "en", **wanted.get("headers", {})}
    if wanted["method"] == "POST":
        headers["X-CSRF-Token"] = token(made, cookies.get(wanted["as"], ""))
    sent = wanted.get("form")
    if wanted.get("file"):
        content = io.BytesIO(base64.b64decode(wanted["file"]))
        sent = {**(sent or {}), wanted["as_name"]: (content, "sent.xlsx")}
    with hole(wanted.get("hole")):
        response = client.open(
            wanted["path"],
            method=wanted["method"],
            headers=headers,
            json=wanted.get("json"),
            data=sent,
            follow_redirects="file" in wanted,
        )
    body = parts(response.get_data())
    for noise, calm in NOISE:
        body = noise.sub(calm, body)
    kept = {name: response.headers.get(name) for name in ("Location", "HX-Trigger", "HX-Redirect")}
    text = body.decode("utf-8", "replace") if len(body) < 200_000 else ""
    return {
        "status": response.status_code,
        "headers": kept,
        "digest": hashlib.sha256(body).hexdigest(),
        "body": text,
    }


def parts(body: bytes) -> bytes:
    """A workbook as what it holds: its archive and its properties carry the time of writing."""
    if not body.startswith(b"PK"):
        return body
    with zipfile.ZipFile(io.BytesIO(body)) as book:
        names = [name for name in book.namelist() if name != "docProps/core.xml"]
        return b"".join(name.encode() + book.read(name) for name in sorted(names))


def token(made: Any, cookie: str) -> str:
    import hmac

    from tracker import accounts

    seed = accounts.digest(cookie) if cookie else "anonymous"
    return hmac.new(made.config["SECRET"], f"csrf:{seed}".encode(), "sha256").hexdigest()


@contextmanager
def hole(name: str | None) -> Iterator[None]:
    """``rows``: every row is open; ``fields``: every field is; nothing for None."""
    from tracker import permissions, scope

    if name == "rows":
        with mock.patch.object(scope.Scope, "rows", True):
            yield
    elif name == "fields":
        with (
            mock.patch.object(scope.Scope, "guard", lambda *_: True),
            mock.patch.object(permissions.Access, "level", lambda *_: 3),
        ):
            yield
    else:
        yield


if __name__ == "__main__":
    main(*sys.argv[1:])
