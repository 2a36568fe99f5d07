"""Cells of a file become values of a field; what does not convert is kept as it was written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from tracker import fieldtypes, limits
from tracker.errors import Refused
from tracker.folding import fold
from tracker.numeric import precision, to_decimal, unscale
from tracker.permissions import Viewer
from tracker.schema import Field
from tracker.text import Text, _
from tracker.transfer import naming
from tracker.transfer.cells import Cell, CellError, Link, as_text
from tracker.transfer.guess import Guess

_REMEMBERED = 10_000  # different cells of one column
_SHORT = 200  # characters; longer texts are not worth remembering
_CLOCK = re.compile(r"\d{1,2}[:：]\d\d.*")
_RELATED = ({"date", "datetime"}, {"number", "currency"}, {"number", "percent", "progress"})


@dataclass(frozen=True, slots=True)
class Problem:
    """What is not quite right with a cell. ``stray``: ``kept`` stays with the record as a stray."""

    reason: Text
    kept: str
    stray: bool = True


Converted = tuple[Any, Problem | None]


class Converter:
    """From the cells of one column to values of one field, each different cell once.

    With ``new_options``, unknown names in a choice field become options: their values are -1 for
    the first name in ``fresh``, -2 for the second …, until somebody makes them.
    """

    def __init__(
        self,
        field: Field,
        viewer: Viewer,
        *,
        guess: Guess | None = None,
        new_options: bool = False,
        names: naming.Names | None = None,
    ) -> None:
        self.field, self.context = field, viewer.context
        self.kind = fieldtypes.get(field)
        self.names = names or naming.names_for(field, viewer)
        self.fresh: dict[str, int] = {}
        self._folded: dict[str, int] = {}
        self._room = 0
        if new_options and self.kind.widget in {"choice", "choices", "stage"}:
            self._room = limits.OPTIONS_PER_CHOICE - len(field.options.get("choices", []))
        self._guess = guess if guess and _fits(guess.type, field.type) else None
        self._known: dict[tuple[type, Any], Converted] = {}

    def __call__(self, cell: Cell) -> Converted:
        if cell is None:
            return None, None
        key = (cell.__class__, cell)
        found = self._known.get(key)
        if found is None:
            found = self._convert(cell)
            if len(self._known) < _REMEMBERED and _memorable(cell):
                self._known[key] = found
        return found

    def _convert(self, cell: Cell) -> Converted:
        if isinstance(cell, CellError):
            reason = _("The formula in the file failed.")
            return None, Problem(reason, cell.text, stray=False)
        try:
            if self.names is not None:
                return self._named(as_text(cell)), None
            read = self._read(cell)
            value = self.kind.parse(read, self.field, self.context)
        except Refused as refused:
            return None, Problem(refused.text, as_text(cell))
        lost = self._loss(cell, read, value)
        return value, Problem(lost, as_text(cell), stray=False) if lost else None

    def _read(self, cell: Cell) -> Any:
        """The cell as the field type wants it."""
        if self._guess is not None:
            cell = self._guess.read(cell)
        if isinstance(cell, Link):
            return cell.target if self.field.type == "url" else str(cell)
        if isinstance(cell, timedelta) and self.kind.widget != "duration":
            return as_text(cell)
        if self.kind.family in {"text", "checkbox"}:
            return as_text(cell)
        return cell

    def _loss(self, cell: Cell, read: Any, value: Any) -> Text | None:
        """What the value does not say any more that the cell did."""
        if value is None:
            return None
        if self.field.type == "date":
            if isinstance(cell, datetime):
                timed = cell.time() != time.min
            else:
                clock = _CLOCK.search(cell) if isinstance(cell, str) else None
                timed = clock is not None and any(sign in "123456789" for sign in clock[0])
            if timed:
                return _("The time of day was left out.")
        if self.kind.family == "number" and isinstance(read, int | float | Decimal):
            number = to_decimal(Decimal(f"{read:.15g}") if isinstance(read, float) else read)
            if unscale(value, precision(self.field) + self.kind.shift) != number:
                return _("This was rounded.")
        return None

    # ── values that are ids ──────────────────────────────────────────────────

    def _named(self, text: str) -> Any:
        """The ids meant by a text; `Refused` when one of the names means nothing here."""
        if self.kind.family in {"many", "link"}:
            return self._several(text)
        found = self._find(text)
        if found is None:
            found = self._add(text)
        if found is None:
            # The type says in its own words what is unknown; an id in a file is only a text.
            raise Refused(self._unknown(text))
        return found

    def _several(self, text: str) -> list[int] | None:
        if isinstance(self.names, naming.Keys) and (found := self.names.all(text)):
            self._check_count(found)
            return found
        ids, unknown = naming.find_all(text, self._find)
        if unknown:
            if self._room < len(unknown):
                raise Refused(self._unknown(unknown[0]))
            ids = [self._find(part) or self._add(part) or 0 for part in naming.split(text)]
            if 0 in ids:
                raise Refused(self._unknown(unknown[0]))
        self._check_count(ids)
        return list(dict.fromkeys(ids)) or None

    def _check_count(self, ids: list[int]) -> None:
        if self.kind.family == "link":
            self.kind.parse(ids, self.field, self.context)

    def _find(self, text: str) -> int | None:
        assert self.names is not None  # noqa: S101 - only asked where there are names
        found = self.names.find(text)
        if found is None and self.fresh:
            found = self.fresh.get(text) or self._folded.get(fold(text))
        return found

    def _add(self, name: str) -> int | None:
        if self._room <= 0 or len(name) > limits.NAME_LENGTH or not name:
            return None
        self._room -= 1
        number = -len(self.fresh) - 1
        self.fresh[name] = self._folded[fold(name)] = number
        return number

    def _unknown(self, text: str) -> Text:
        text = text[:60]
        if self.kind.widget == "person":
            return _("There is nobody called “{text}”, or more than one.", text=text)
        if self.kind.widget == "department":
            return _("There is no department called “{text}”, or more than one.", text=text)
        if self.kind.family == "link":
            return _("There is no record called “{text}”, or more than one.", text=text)
        return _("“{text}” is not one of the options.", text=text)


def _fits(guessed: str, wanted: str) -> bool:
    return guessed == wanted or any({guessed, wanted} <= related for related in _RELATED)


def _memorable(cell: Any) -> bool:
    """Equal decimals may be written differently, links lead elsewhere; long texts rarely repeat."""
    kind = type(cell)
    return not (kind is Decimal or kind is Link or (kind is str and len(cell) > _SHORT))
