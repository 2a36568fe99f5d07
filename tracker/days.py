"""Days and moments as people write them, and the columns that keep them."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

import peewee as pw

from tracker import clock
from tracker.context import Context
from tracker.errors import Refused
from tracker.fieldtypes import FieldType, clean_text
from tracker.periods import short_day, span
from tracker.schema import Field
from tracker.text import _

_FORMS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d", "%m/%d/%Y", "%d.%m.%Y")
_DAY_ONLY = re.compile(r"[T ].*$")
_MOMENT = re.compile(
    r"^(?P<day>\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?|\d{1,2}/\d{1,2}/\d{4})"
    r"[T ]+(?P<hour>\d{1,2})[:：时](?P<minute>\d{2})(?:分)?(?:[:：](?P<second>\d{2})(?:\.\d+)?)?"
    r"\s*(?P<half>[AaPp][Mm])?\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?$"
)


class DayColumn(pw.DateField):
    """DATE that reads as ISO text on both databases."""

    def python_value(self, value: Any) -> str | None:
        return value.isoformat() if isinstance(value, date) else value

    def db_value(self, value: Any) -> Any:
        return value


class MomentColumn(pw.DateTimeField):
    """TIMESTAMP that reads as ``YYYY-MM-DD HH:MM:SS`` on both databases."""

    def python_value(self, value: Any) -> str | None:
        return value.isoformat(sep=" ") if isinstance(value, datetime) else value

    def db_value(self, value: Any) -> Any:
        return value


def parse_day(raw: Any) -> date:
    """What a person, sheet or program calls a day; raises `Refused`."""
    if isinstance(raw, datetime):
        return raw.date()
    if isinstance(raw, date):
        return raw
    text = clean_text(raw)
    for form in _FORMS:
        for candidate in (text, _DAY_ONLY.sub("", text)):
            try:
                day = datetime.strptime(candidate, form).date()  # noqa: DTZ007 - a day has no zone
            except ValueError:
                continue
            return _plausible(day, text)
    raise Refused(_("“{text}” is not a date. Write it like 2026-11-21.", text=text[:60]))


def _plausible(day: date, text: str) -> date:
    if not 1000 <= day.year <= 9000:
        raise Refused(_("“{text}” is not a date. Write it like 2026-11-21.", text=text[:60]))
    return day


def parse_moment(raw: Any, zone: str) -> datetime:
    """What a person, sheet or program calls a moment → naive UTC. Without a zone: wall time."""
    if isinstance(raw, datetime):
        return _from_datetime(raw, zone)
    if isinstance(raw, date):
        return clock.day_range(raw, zone)[0]
    text = clean_text(raw)
    found = _MOMENT.match(text)
    if not found:
        return clock.day_range(parse_day(text), zone)[0]
    return _from_datetime(_assemble(found, text), zone)


def _from_datetime(moment: datetime, zone: str) -> datetime:
    moment = moment.replace(microsecond=0)
    if moment.tzinfo:
        return moment.astimezone(clock.UTC).replace(tzinfo=None)
    return clock.to_utc(moment, zone)


def _assemble(found: re.Match[str], text: str) -> datetime:
    hour = int(found["hour"])
    if found["half"]:
        hour = hour % 12 + (12 if found["half"].lower() == "pm" else 0)
    clock_time = f"{hour:02}:{found['minute']}:{found['second'] or '00'}{found['zone'] or ''}"
    try:
        return datetime.fromisoformat(f"{parse_day(found['day']).isoformat()}T{clock_time}")
    except ValueError:
        raise Refused(
            _("“{text}” is not a date and time. Write it like 2026-11-21 09:30.", text=text[:60])
        ) from None


def local_moment(value: str, context: Context) -> datetime:
    return clock.to_local(datetime.fromisoformat(value), context.zone)


class Moment(FieldType):
    """A moment, kept in UTC, shown and compared on the wall clock of the reader's zone."""

    family = "time"
    widget = "datetime"

    def column(self, field: Field) -> pw.Field:
        return MomentColumn(null=True)

    def parse(self, raw: Any, field: Field, context: Context) -> str | None:
        if raw is None or (isinstance(raw, str) and not clean_text(raw)):
            return None
        return parse_moment(raw, context.zone).isoformat(sep=" ")

    def text(self, value: Any, field: Field, context: Context) -> str:
        if value is None:
            return ""
        local = local_moment(value, context)
        return f"{short_day(local.date().isoformat(), context)} {local:%H:%M}"

    def sheet(self, value: Any, field: Field, context: Context) -> Any:
        return None if value is None else local_moment(value, context)

    def json(self, value: Any, field: Field, context: Context) -> Any:
        return None if value is None else value.replace(" ", "T") + ".000Z"

    def operand(self, raw: Any, field: Field, context: Context) -> tuple[str, str]:
        """``(first moment, moment after the last)`` of the days the operand names."""
        start, end = span(raw, context)
        first, last = (clock.day_range(day, context.zone)[0] for day in (start, end))
        return first.isoformat(sep=" "), last.isoformat(sep=" ")
