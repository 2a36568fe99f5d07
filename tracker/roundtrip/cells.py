"""One cell of a filled-in template against Rounds: the same, changed, in conflict, or wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tracker import fieldtypes
from tracker.context import Context
from tracker.query import load_titles
from tracker.roundtrip.book import Column
from tracker.roundtrip.meanwhile import Touch
from tracker.text import Text, _
from tracker.transfer import naming, writing
from tracker.transfer.cells import Cell, CellError, as_text, clean
from tracker.transfer.converting import Converter
from tracker.transfer.nearness import Picked
from tracker.transfer.writing import Written

CHANGED, CONFLICT, THEIRS, REFUSED, KEPT = "changed", "conflict", "theirs", "refused", "kept"


@dataclass(slots=True)
class Difference:
    """A cell that is not as Rounds has it. ``was`` stood in the template, ``now`` in Rounds.

    ``theirs`` was changed in Rounds alone; ``refused`` cannot be taken; ``kept`` is read-only.
    """

    field: int
    state: str
    value: Any
    was: str
    now: str
    given: str
    touch: Touch | None = None
    reason: Text | None = None


class Comparer:
    """The cells of one column, converted once each."""

    def __init__(self, column: Column, picks: dict[str, int], names: naming.Names | None) -> None:
        self.column, self.field = column, column.field
        self.kind = fieldtypes.get(column.field)
        self.names = Picked(names, picks) if names and picks else names
        self._viewer: Any = None
        self._convert: Converter | None = None

    def use(self, viewer: Any) -> Comparer:
        self._viewer = viewer
        if self.kind.written:
            self._convert = Converter(self.field, viewer, names=self.names)
        return self

    @property
    def _context(self) -> Context:
        context: Context = self._viewer.context
        return context

    def said(self, value: Any, stray: str | None = None) -> str:
        """A value as a person reads it."""
        if value is None and stray is not None:
            return stray
        if self.kind.family == "link":
            load_titles(self._viewer, self.field.options["table"], value or [])
        return self.kind.text(value, self.field, self._context)

    def as_written(self, cell: Cell, value: Any, stray: str | None) -> bool:
        """Whether the cell says what a template would say for this value."""
        written = self.column.write(value) if value is not None else stray
        if isinstance(written, str):
            return (clean(writing.fitting(written, Written())) or "") == as_text(cell).strip()
        if cell is None or written is None:
            return (cell in (None, False)) and (written in (None, False))
        return bool(type(cell) is type(written) and cell == written)

    def given(self, cell: Cell) -> tuple[Any, Text | None, Text | None]:
        """``(value, why it cannot be taken, what is to be told of it)``."""
        if isinstance(cell, CellError):
            return None, _broken(cell), None
        assert self._convert is not None  # noqa: S101 - only asked for columns that are written
        value, problem = self._convert(cell)
        if problem is None:
            return value, None, None
        return value, problem.reason if problem.stray else None, problem.reason

    def unknown(self, cell: Cell) -> list[str]:
        """The names in a cell that mean nothing here."""
        if self.names is None or cell is None or isinstance(cell, CellError):
            return []
        text = as_text(cell)
        several = self.kind.family in {"many", "link"}
        parts = naming.split(text) if several else [text]
        return [part for part in parts if self.names.find(part) is None]

    def compare(
        self, cell: Cell, now: Any, stray: str | None, touch: Touch | None, hidden: list[int]
    ) -> Difference | None:
        """What differs in a row that stands. ``hidden`` links were not in the template."""
        was = touch.was if touch else now
        if hidden:
            was = [one for one in was or [] if one not in hidden] or None
            now = [one for one in now or [] if one not in hidden] or None
        moved = touch is not None and _differ(was, now)
        if self.as_written(cell, was, None if touch else stray):
            return self._difference(THEIRS, now, (was, now, cell), touch) if moved else None
        if self.as_written(cell, now, stray):
            return None
        value, wrong, told = self.given(cell)
        if wrong is not None:
            return self._difference(REFUSED, None, (was, now, cell), touch, wrong)
        if not _differ(value, now):
            return None
        if not _differ(value, was):
            return self._difference(THEIRS, now, (was, now, cell), touch) if moved else None
        taken = [*(value or []), *hidden] or None if hidden else value
        state = CONFLICT if moved else CHANGED
        return self._difference(state, taken, (was, now, cell), touch, told)

    def _difference(
        self,
        state: str,
        value: Any,
        told: tuple[Any, Any, Cell],
        touch: Touch | None,
        reason: Text | None = None,
    ) -> Difference:
        was, now, cell = told
        given = as_text(cell) if state == REFUSED or not self.kind.written else ""
        if state in {CHANGED, CONFLICT}:
            given = self.said(value)
        return Difference(
            self.field.id, state, value, self.said(was), self.said(now), given, touch, reason
        )

    def new(self, cell: Cell) -> Difference:
        """A cell of a row that is new."""
        value, wrong, told = self.given(cell)
        state = REFUSED if wrong else CHANGED
        given = as_text(cell) if wrong else self.said(value)
        return Difference(self.field.id, state, value, "", "", given, None, wrong or told)


def _differ(one: Any, other: Any) -> bool:
    return (one or None) != (other or None) if _empty(one) or _empty(other) else one != other


def _empty(value: Any) -> bool:
    return value is None or value is False or value == []


def _broken(cell: CellError) -> Text:
    if cell.text == "=":
        return _(
            "This formula has no stored result. Open the file in Excel, save it, and upload it "
            "again."
        )
    return _("The formula in this cell failed ({error}).", error=cell.text[:20])
