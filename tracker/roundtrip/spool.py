"""Compared rows on disk, between the look at them and the decision: one JSON line each.

Rows that are the same are only counted. Texts are in the language of the person who uploaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from tracker import clock
from tracker.context import Context
from tracker.periods import short_day
from tracker.roundtrip.cells import Difference
from tracker.roundtrip.comparing import Compared
from tracker.text import say
from tracker.transfer.cells import pack, unpack

Line = dict[str, Any]


def line(file: int, found: Compared, context: Context) -> Line:
    """A compared row as the page, the writing and the workbook of rejects need it."""
    return {
        "file": file,
        "row": found.row.number,
        "kind": found.kind,
        "id": found.record_id,
        "rev": found.rev,
        "title": found.title,
        "key": found.key,
        "cells": [_cell(one, context) for one in found.cells],
        "why": [say(reason, context.lang) for reason in found.reasons],
        "raw": orjson.loads(pack({str(one): cell for one, cell in found.row.cells.items()})),
    }


def _cell(one: Difference, context: Context) -> Line:
    told: Line = {"field": one.field, "state": one.state, "value": one.value}
    told |= {"was": one.was, "now": one.now, "given": one.given}
    if one.reason is not None:
        told["why"] = say(one.reason, context.lang)
    if one.touch is not None:
        local = clock.to_local(one.touch.at, context.zone)
        at = f"{short_day(local.date().isoformat(), context)} {local:%H:%M}"
        person = one.touch.person
        told["who"] = context.directory.person(person) if person else "Rounds"
        told |= {"at": at, "change": one.touch.change}
    return told


def raw_cells(told: Line) -> dict[int, Any]:
    """The cells of the file, by field."""
    return {int(one): unpack(cell) for one, cell in told["raw"].items()}


def write(path: Path, lines: Iterator[Line]) -> None:
    with path.open("wb") as out:
        for one in lines:
            out.write(orjson.dumps(one) + b"\n")


def read(path: Path) -> Iterator[Line]:
    with path.open("rb") as file:
        for one in file:
            yield orjson.loads(one)
