"""What a list of records is asked with, from an address or from a body, and its offset tokens.

An offset is a signed key into the sort order, good for the same question of the same person for
a day: it opens nothing by itself.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from flask import current_app
from werkzeug.datastructures import MultiDict

from tracker import clock, limits
from views.api import faults

YES = {"true", "1"}
_ITEM = re.compile(r"^(\w+)\[(\d{0,3})\](?:\[(\w+)\])?$")
_LISTS = {"fields", "sort", "recordMetadata"}
_TEXTS = ("filterByFormula", "view", "cellFormat", "timeZone", "userLocale", "offset")
MOST = 10**9  # whoever asks for more records means all
_NUMBERS = ("pageSize", "maxRecords")


@dataclass
class Asked:
    """One question for records. ``pageSize`` and ``maxRecords`` are checked."""

    fields: list[str] = field(default_factory=list)
    sort: list[dict[str, str]] = field(default_factory=list)
    record_metadata: list[str] = field(default_factory=list)
    filter: str = ""
    view: str = ""
    cell_format: str = "json"
    zone: str = ""
    locale: str = ""
    offset: str = ""
    page_size: int = limits.API_PAGE
    most: int | None = None
    by_id: bool = False

    @property
    def as_text(self) -> bool:
        return self.cell_format == "string"

    def fingerprint(self, person_id: int | None, table_id: int) -> str:
        """What must be asked again for an offset to fit."""
        parts = [person_id, table_id, self.fields, self.sort, self.filter, self.view, self.most]
        said = orjson.dumps([*parts, self.cell_format, self.zone, self.by_id])
        return hashlib.sha256(said).hexdigest()[:20]


def from_address(args: MultiDict[str, str]) -> Asked:
    """``fields[]=a``, ``fields=a``, ``fields[0]=a``, ``sort[0][field]=a`` … read alike."""
    given: dict[str, Any] = {}
    sorts: dict[int, dict[str, str]] = {}
    for key, value in args.items(multi=True):
        item = _ITEM.match(key)
        if item and item[1] == "sort" and item[3]:
            sorts.setdefault(int(item[2] or 0), {})[item[3]] = value
        elif (item[1] if item else key) in _LISTS:
            given.setdefault(item[1] if item else key, []).append(value)
        else:
            given.setdefault(key, value)
    if sorts:
        given["sort"] = [sorts[place] for place in sorted(sorts)]
    for name in _NUMBERS:
        if name in given:
            given[name] = _number(given[name])
    given["returnFieldsByFieldId"] = given.get("returnFieldsByFieldId") in YES
    return from_body(given)


def _number(text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text):
        raise faults.bad_request()
    return int(text)


def from_body(given: Mapping[str, Any]) -> Asked:
    """The same question as JSON."""
    texts = {name: _text(given.get(name)) for name in _TEXTS}
    asked = Asked(
        fields=_texts(given.get("fields")),
        sort=_sorts(given.get("sort")),
        record_metadata=_texts(given.get("recordMetadata")),
        filter=texts["filterByFormula"],
        view=texts["view"],
        cell_format=texts["cellFormat"] or "json",
        zone=texts["timeZone"],
        locale=texts["userLocale"],
        offset=texts["offset"],
        page_size=_count(given.get("pageSize"), limits.API_PAGE),
        most=_count(given.get("maxRecords"), None),
        by_id=_flag(given.get("returnFieldsByFieldId")),
    )
    _check(asked)
    return asked


def _check(asked: Asked) -> None:
    if asked.page_size > limits.API_PAGE or asked.cell_format not in {"json", "string"}:
        raise faults.bad_request()
    if asked.as_text and not (asked.zone and asked.locale):
        said = "The timeZone and userLocale parameters are required when cellFormat is string"
        raise faults.bad_request(said)
    if asked.zone:
        clock.zone_info(asked.zone)


def _text(given: Any) -> str:
    if given is not None and not isinstance(given, str):
        raise faults.bad_request()
    return given or ""


def _texts(given: Any) -> list[str]:
    given = [] if given is None else [given] if isinstance(given, str) else given
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise faults.bad_request()
    return given


def _flag(given: Any) -> bool:
    if given is not None and not isinstance(given, bool):
        raise faults.bad_request()
    return bool(given)


def _count(given: Any, usual: Any) -> Any:
    if given is None:
        return usual
    if isinstance(given, float) and given.is_integer():
        given = int(given)
    if not isinstance(given, int) or isinstance(given, bool) or given < 1:
        raise faults.bad_request()
    return min(given, MOST)


def _sorts(given: Any) -> list[dict[str, str]]:
    rows = [] if given is None else given
    if not isinstance(rows, list):
        raise faults.bad_request()
    for row in rows:
        known = isinstance(row, dict) and isinstance(row.get("field"), str)
        if not known or row.get("direction", "asc") not in ("asc", "desc"):
            raise faults.bad_request()
    return rows


# ── offsets ──────────────────────────────────────────────────────────────────


def stale() -> faults.Fault:
    said = "The offset is out of date or does not belong to this list. Start again without it."
    return faults.Fault("LIST_RECORDS_ITERATOR_NOT_AVAILABLE", said)


def write_offset(fingerprint: str, after: list[Any], left: int | None) -> str:
    """The token of the next page: where it begins, and how many records may still come."""
    until = int(clock.now().timestamp()) + limits.API_CURSOR_HOURS * 3600
    said = zlib.compress(orjson.dumps([fingerprint, until, after, left]))
    return "itr" + base64.urlsafe_b64encode(_seal(said) + said).decode().rstrip("=")


def read_offset(fingerprint: str, token: str) -> tuple[list[Any], int | None]:
    """``(after, left)`` of a token of ours that fits the question; a `Fault` for any other."""
    try:
        raw = base64.urlsafe_b64decode(token.removeprefix("itr") + "===")
    except ValueError:
        raise stale() from None
    if not token.startswith("itr") or not hmac.compare_digest(raw[:16], _seal(raw[16:])):
        raise stale()
    asked, until, after, left = orjson.loads(zlib.decompress(raw[16:]))
    if asked != fingerprint or until < clock.now().timestamp():
        raise stale()
    return after, left


def _seal(said: bytes) -> bytes:
    secret = current_app.config["SECRET"]
    return hmac.new(secret, b"offset:" + said, "sha256").digest()[:16]
