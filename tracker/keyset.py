"""Keyset paging in SQL: the rows that sort after a key, in stretches that an index serves.

Empty values come first when rising, last when falling.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import peewee as pw


def stretches(
    columns: Sequence[Any], falling: Sequence[bool], after: Sequence[Any]
) -> Iterator[Any]:
    """The tests of the rows beyond ``after``, first those with its first value or one further on:
    a span that an index can begin in the middle of, as it cannot with what is empty beside it.
    """
    beyond = _beyond(columns, falling, after)
    first, value, down = columns[0], after[0], falling[0]
    if value is None:
        yield first.is_null() & beyond
        if not down:
            yield first.is_null(False)
    elif down:
        yield (first <= value) & beyond
        yield first.is_null()
    else:
        yield (first >= value) & beyond


def _beyond(columns: Sequence[Any], falling: Sequence[bool], after: Sequence[Any]) -> Any:
    """(a > x) or (a = x and b > y) …"""
    test: Any = None
    for column, value, down in reversed(list(zip(columns, after, falling, strict=True))):
        further = _further(column, value, down)
        test = further if test is None else further | (_same(column, value) & test)
    return test


def _further(column: Any, value: Any, down: bool) -> Any:
    if value is None:
        return pw.SQL("1 = 0") if down else column.is_null(False)
    return (column < value) | column.is_null() if down else column > value


def _same(column: Any, value: Any) -> Any:
    return column.is_null() if value is None else column == value
