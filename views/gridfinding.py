"""Finding in a grid: the rows of a view that show a text, and where a filled stretch ends.

Both look through the whole view on the server, within what the viewer may see in each row.
"""

from __future__ import annotations

import re
import threading
from array import array
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tracker import choices, conditions, fieldtypes, kept, limits, models, schema
from tracker.context import Context
from tracker.errors import Refused
from tracker.fieldtypes import clean_text
from tracker.operators import FAMILIES
from tracker.query import Query, Record
from tracker.schema import Field
from tracker.scope import Scope
from tracker.text import label
from views import snapshots
from views.snapshots import Snapshot
from views.viewing import Viewing

KEPT = 16  # searches whose rows are remembered
NEAR = 2_000  # rows that are looked at before the whole view is
DIGITS = re.compile(r"(\d+)\D*$")
LISTED = 20_000  # with more, all that are filled are read instead of these


@dataclass(frozen=True)
class Found:
    """``rows`` of the snapshot in order; ``more`` when there are others past the limit."""

    rows: array[int]
    more: bool


class Shelf:
    """The last searches of one schema version."""

    def __init__(self) -> None:
        self.kept: OrderedDict[Any, Found] = OrderedDict()
        self.lock = threading.Lock()

    def get(self, key: Any) -> Found | None:
        with self.lock:
            found = self.kept.get(key)
            if found:
                self.kept.move_to_end(key)
            return found

    def put(self, key: Any, found: Found) -> None:
        with self.lock:
            self.kept[key] = found
            while len(self.kept) > KEPT:
                self.kept.popitem(last=False)


def find(
    viewing: Viewing, fields: list[Field], text: str, *, at: int, row: int, step: str
) -> dict[str, Any]:
    """How many rows show ``text``, and the one wanted from ``row`` on: ``next``, ``back`` or
    ``here`` (this row too); after the last comes the first again.
    """
    text = clean_text(text)[: limits.SEARCH_LENGTH]
    snapshot = snapshots.of(viewing, at=at or None)
    found = rows_with(viewing, fields, text, snapshot)
    if not found.rows:
        return {"count": 0, "more": False}
    place = _place(found.rows, row, step)
    record_id = snapshot.ids[found.rows[place]]
    records = viewing.scope.only(fields).fetch([record_id])
    return {
        "count": len(found.rows),
        "more": found.more,
        "at": place + 1,
        "row": found.rows[place],
        "id": record_id if records else None,
        "fields": [
            one.id for record in records for one in fields if shows(viewing, record, one, text)
        ],
    }


def _place(rows: array[int], row: int, step: str) -> int:
    if step == "back":
        return (bisect_left(rows, row) - 1) % len(rows)
    place = bisect_right(rows, row) if step == "next" else bisect_left(rows, row)
    return place % len(rows)


def rows_with(viewing: Viewing, fields: list[Field], text: str, snapshot: Snapshot) -> Found:
    if not text:
        return Found(array("I"), False)
    shelf: Shelf = schema.current().derived.setdefault("found", Shelf())
    shown = tuple(one.id for one in fields)
    state = kept.state(viewing.scope.table)
    key = (snapshots.scope_key(viewing), snapshot.at, state, shown, text)
    found = shelf.get(key)
    if found is None:
        found = _rows(viewing.query, showing(viewing.scope.scope, fields, text), snapshot)
        shelf.put(key, found)
    return found


def _rows(query: Query, test: Any, snapshot: Snapshot) -> Found:
    ids = {row[0] for row in query.test(test).rows(query.scope.model.id)}
    rows = array("I", (row for row, one in enumerate(snapshot.ids) if one in ids) if ids else ())
    return Found(rows[: limits.FOUND_ROWS], len(rows) > limits.FOUND_ROWS)


# ── what a cell shows, as SQL ────────────────────────────────────────────────


def showing(scope: Scope, fields: Iterable[Field], text: str) -> Any:
    """The rows in which one of these columns shows the text."""
    test: Any = conditions.FALSE
    for one in fields:
        found = _in_column(scope, one, text)
        if found is not None:
            test = found if test is conditions.FALSE else test | found
    return test


def _in_column(scope: Scope, one: Field, text: str) -> Any:
    kind = fieldtypes.get(one)
    if one.problem is not None:
        return None
    if kind.family == "link":
        return _linked(scope, one, text)
    if not kind.stored and not kind.on_read and not hasattr(kind, "source"):
        return None
    if kind.family == "text":
        return _contains(scope.column(one), text)
    if kind.family in {"one", "many"}:
        ids = _named(scope, one, text)
        operator = FAMILIES[kind.family]["any_of" if kind.family == "one" else "has_any"]
        return operator.sql(scope.column(one), ids) if ids else None
    if kind.family in {"number", "time"} and any(sign.isdigit() for sign in text):
        return _equal(scope, one, text)
    return None


def _contains(column: Any, text: str) -> Any:
    return FAMILIES["text"]["contains"].sql(column, text)


def _equal(scope: Scope, one: Field, text: str) -> Any:
    """A number or a day as it is typed; None where the text is neither."""
    kind, operand = fieldtypes.get(one), _typed(one, text, scope.access.viewer.context)
    if operand is None:
        return None
    operator = kind.operators.get("is") or kind.operators["on"]
    return operator.sql(scope.column(one), operand)


def _typed(one: Field, text: str, context: Context) -> Any:
    """What the text means in the field; of a number with a pattern (V-0012), its digits."""
    kind = fieldtypes.get(one)
    try:
        return kind.operand(text, one, context)
    except Refused:
        digits = DIGITS.search(text)
    if kind.family != "number" or not digits:
        return None
    try:
        operand = kind.operand(digits[1], one, context)
    except Refused:
        return None
    return operand if text.casefold() in kind.text(operand, one, context).casefold() else None


def _named(scope: Scope, one: Field, text: str) -> list[int]:
    """The options, people or departments called so."""
    widget = fieldtypes.get(one).widget
    named: Any = {"person": models.Person, "department": models.Department}.get(widget)
    if named is not None:
        query = named.select(named.id).where(_contains(named.name, text))
        return [row[0] for row in query.limit(limits.CONDITION_VALUES).tuples()]
    lang, wanted = scope.access.viewer.context.lang, text.casefold()
    return [each["id"] for each in choices.options(one) if wanted in label(each, lang).casefold()]


def _linked(scope: Scope, one: Field, text: str) -> Any:
    """The rows linked to a record that the viewer may see and whose title has the text."""
    target = scope.target(one)
    title = target.table.title if target else None
    if target is None or title is None or fieldtypes.get(title).family != "text":
        return None
    if target.access.level(title.id) < 1 or not fieldtypes.get(title).stored:
        return None
    test = target.live & _contains(target.column(title), text)
    return scope.linked(one, target.model.select(target.model.id).where(test))


def shows(viewing: Viewing, record: Record, one: Field, text: str) -> bool:
    """Whether the cell shows the text, or is what was typed."""
    value, context = record.values.get(one.id), viewing.viewer.context
    if value is None:
        return False
    kind, wanted = fieldtypes.get(one), text.casefold()
    if wanted in kind.text(value, one, context).casefold():
        return True
    if kind.family not in {"number", "time"} or not any(sign.isdigit() for sign in text):
        return False
    operand = _typed(one, text, context)
    operator = kind.operators.get("is") or kind.operators["on"]
    return operand is not None and operator.test(value, operand)


# ── stretches ────────────────────────────────────────────────────────────────


def edge(viewing: Viewing, one: Field, *, at: int, row: int, back: bool) -> int:
    """Where Ctrl and an arrow lead in a column: to the end of the filled stretch, else to the
    next filled row, else to the last.
    """
    snapshot = snapshots.of(viewing, at=at or None)
    last = len(snapshot) - 1
    row = min(row, last)
    ahead = range(row - 1, -1, -1) if back else range(row + 1, last + 1)
    if not ahead or "filled" not in fieldtypes.get(one).operators:
        return 0 if back else max(0, last)
    near = ahead[:NEAR]
    for part in (near, ahead) if len(ahead) > NEAR else (near,):
        wanted = [snapshot.ids[place] for place in (row, *part)]
        filled = _filled(viewing, one, wanted if len(wanted) <= LISTED else None)
        states = [each in filled for each in wanted]
        found = _end(states)
        if found is not None:
            return row - found if back else row + found
    return 0 if back else last


def _end(states: list[bool]) -> int | None:
    """Steps to the end of the stretch that begins at the first of these; None: it has none here."""
    within = states[0] and states[1]
    for step in range(1, len(states)):
        if states[step] is not within:
            return step - 1 if within else step
    return None


def _filled(viewing: Viewing, one: Field, ids: list[int] | None) -> set[int]:
    """Those of ``ids`` (or all) in which the field holds something the viewer may see."""
    if ids is not None and fieldtypes.get(one).family == "link":
        return {record for record, links in viewing.scope.linked(one, ids).items() if links}
    query = viewing.scope.where({"field": one.id, "op": "filled"})
    if ids is not None:
        query = query.test(query.scope.among(ids))
    return {row[0] for row in query.rows(query.scope.model.id)}
