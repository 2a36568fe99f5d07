"""A guessed field type, and how texts in its column are to be read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from tracker.transfer.cells import Cell, CellError, Link, as_text

_DAY = re.compile(r"(\d{1,4})[-/.年](\d{1,2})[-/.月](\d{1,4})日?")
_CLOCK = re.compile(
    r"[T ]+(\d{1,2})[:：](\d\d)(?:[:：](\d\d)(?:\.\d+)?)?\s*([AaPp])?[Mm]?(Z|[+-]\d\d:?\d\d)?$"
)


@dataclass
class Guess:
    """A field type with its options; ``style`` says how texts of that type are written here:
    ``order`` of day and month (``mdy``, ``dmy``), ``decimal`` sign (``,``).
    """

    type: str
    options: dict[str, Any] = field(default_factory=dict)
    style: dict[str, str] = field(default_factory=dict)

    def read(self, cell: Cell) -> Cell:
        """The cell as a value of the guessed type, unchanged where it does not fit.

        Only for columns that keep the guessed type: ``1/2/2024`` becomes a date, ``1.234,5`` and
        ``12 %`` become numbers, a linked text its address, codes and telephone numbers text.
        """
        if cell is None or isinstance(cell, CellError):
            return cell
        if isinstance(cell, str):
            return self._read_text(cell)
        if self.type == "date" and isinstance(cell, datetime) and cell.time() == time.min:
            return cell.date()
        if self.type in {"text", "long_text", "phone", "single_choice", "email", "url"}:
            return as_text(cell)
        return cell

    def _read_text(self, text: str) -> Cell:
        if self.type in {"date", "datetime"}:
            return self._read_moment(text)
        if self.type in {"number", "currency"}:
            return self._read_number(text)
        if self.type == "percent":
            return self._read_number(text) if text.endswith(("%", "％")) else text
        if self.type == "url" and isinstance(text, Link):
            return text.target
        return text

    def _read_moment(self, text: str) -> Cell:
        clock = _CLOCK.search(text)
        match = _DAY.fullmatch(text[: clock.start()] if clock else text)
        if match is None:
            return text
        try:
            day = self._day(*match.groups())
            if clock is None or self.type == "date":
                return day
            hour, minute, second, half, zone = clock.groups()
            hours = int(hour) if not half else int(hour) % 12 + 12 * (half in "Pp")
            return datetime.fromisoformat(f"{day}T{hours:02}:{minute}:{second or '00'}{zone or ''}")
        except ValueError:
            return text

    def _day(self, first: str, second: str, third: str) -> date:
        if len(first) == 4:
            return date(int(first), int(second), int(third))
        year = int(third)
        if len(third) == 2:
            year += 2000 if year < 69 else 1900
        day, month = int(first), int(second)
        if self.style.get("order", "mdy") == "mdy":
            day, month = month, day
        return date(year, month, day)

    def _read_number(self, text: str) -> Cell:
        plain = re.sub(r"[\s¥￥$€£元]|RMB|CNY|USD|EUR", "", text)
        share = plain.endswith(("%", "％"))
        plain = plain.rstrip("%％")
        if self.style.get("decimal") == ",":
            plain = plain.replace(".", "").replace(",", ".")
        elif re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?", plain):
            plain = plain.replace(",", "")
        try:
            number = Decimal(plain)
        except InvalidOperation:
            return text
        if not number.is_finite():
            return text
        return number / 100 if share else number
