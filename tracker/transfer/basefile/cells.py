"""Values of records as a base file holds them: stored form, people by address, files by content."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import peewee as pw

from tracker import fieldtypes, limits
from tracker.attached import FilesColumn
from tracker.context import Context
from tracker.days import DayColumn, MomentColumn
from tracker.errors import Problem
from tracker.fieldtypes import TextColumn
from tracker.members import MembersColumn
from tracker.schema import Field
from tracker.transfer.basefile.references import damaged

MOST = 10**18  # the largest stored number; columns hold a little more
_FREE = {"text", "long_text"}


def fits(field: Field) -> Callable[[Any], bool]:
    """The test of values in a file for this field: only what the product itself would store."""
    kind = fieldtypes.get(field)
    column = kind.column(field)
    cls, test = next(one for one in _TESTS if isinstance(column, one[0]))
    if kind.widget == "rating":
        return lambda value: _whole(value) and 1 <= value <= limits.RATING_STARS
    if cls is TextColumn and field.type not in _FREE:
        return lambda value: test(value) and _readable(value, field)
    return test


def _readable(value: str, field: Field) -> bool:
    """Addresses, places and codes are what their kind takes."""
    try:
        fieldtypes.get(field).parse(value, field, Context())
    except Problem:
        return False
    return True


def _whole(value: Any) -> bool:
    return type(value) is int and -MOST < value < MOST


def _text(value: Any) -> bool:
    return (
        isinstance(value, str) and 0 < len(value) <= limits.LONG_TEXT_LENGTH and "\0" not in value
    )


def _day(value: Any) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def moment(value: Any) -> bool:
    """Whether this is a moment as it is stored."""
    try:
        return isinstance(value, str) and str(datetime.fromisoformat(value)) == value
    except ValueError:
        return False


def _members(value: Any) -> bool:
    return isinstance(value, list) and 0 < len(value) < 10_000 and all(map(_whole, value))


_TESTS: list[tuple[type[pw.Field], Callable[[Any], bool]]] = [
    (FilesColumn, lambda value: isinstance(value, list)),
    (MembersColumn, _members),
    (DayColumn, _day),
    (MomentColumn, moment),
    (TextColumn, _text),
    (pw.BooleanField, lambda value: isinstance(value, bool)),
    (pw.IntegerField, _whole),
]


def need(passed: bool) -> None:
    if not passed:
        raise damaged()
