"""Functions of days and moments. Clocks show the time of the reader's zone."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from tracker import clock
from tracker.errors import Refused
from tracker.formula import units, writing
from tracker.formula.function import Types, function
from tracker.formula.nodes import String
from tracker.formula.values import (
    Dressed,
    Env,
    Fault,
    instant,
    local,
    plain,
    read_when,
    shows_time,
    to_local,
    to_utc,
    when_of,
    zone_of,
)
from tracker.text import _

When = date | datetime | Dressed
ISO = "YYYY-MM-DDTHH:mm:ssZ"
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - naive UTC


@function("TODAY", "", "day", _("The day of today."), "TODAY()", env=True, volatile=True)
def today(env: Env) -> date:
    return to_local(env.now, env.zone).date()


@function("NOW", "", "moment", _("This moment."), "NOW()", env=True, volatile=True)
def now(env: Env) -> datetime:
    return env.now


# Parts


@function("YEAR", "date:when", "number", _("The year of a date."), "YEAR({Date})", env=True)
def year(env: Env, when: When) -> int:
    return local(when, env).year


@function(
    "MONTH", "date:when", "number", _("The month of a date, 1 to 12."), "MONTH({Date})", env=True
)
def month(env: Env, when: When) -> int:
    return local(when, env).month


@function(
    "DAY", "date:when", "number", _("The day of the month, 1 to 31."), "DAY({Date})", env=True
)
def day(env: Env, when: When) -> int:
    return local(when, env).day


@function(
    "HOUR", "date:when", "number", _("The hour of a moment, 0 to 23."), "HOUR({Time})", env=True
)
def hour(env: Env, when: When) -> int:
    return local(when, env).hour


@function(
    "MINUTE",
    "date:when",
    "number",
    _("The minute of a moment, 0 to 59."),
    "MINUTE({Time})",
    env=True,
)
def minute(env: Env, when: When) -> int:
    return local(when, env).minute


@function(
    "SECOND",
    "date:when",
    "number",
    _("The second of a moment, 0 to 59."),
    "SECOND({Time})",
    env=True,
)
def second(env: Env, when: When) -> int:
    return local(when, env).second


def begins_on_monday(start: str) -> bool:
    name = start.strip().lower()
    if name not in {"", "sunday", "monday"}:
        raise Fault(_("A week begins on “Sunday” or “Monday”."))
    return name == "monday"


@function(
    "WEEKDAY",
    "date:when [start:text]",
    "number",
    _("The day of the week from 0; weeks begin on Sunday, or on Monday where that is said."),
    'WEEKDAY({Date}, "Monday")',
    env=True,
)
def weekday(env: Env, when: When, start: str = "") -> int:
    wall = local(when, env)
    return wall.weekday() if begins_on_monday(start) else writing.weekday(wall)


@function(
    "WEEKNUM",
    "date:when [start:text]",
    "number",
    _("The week of the year; the one with the 1st of January is number 1."),
    "WEEKNUM({Date})",
    env=True,
)
def weeknum(env: Env, when: When, start: str = "") -> int:
    return writing.week(local(when, env), begins_on_monday(start))


# Arithmetic


def _when_type(types: Types, nodes: Any) -> str:
    """What the first argument is taken for; a text may show either, one written out shows it."""
    first = nodes[0]
    if isinstance(first, String):
        return "moment" if shows_time(first.value) else "day"
    return types[0] if types[0] == "day" else "moment"


def _added(types: Types, nodes: Any) -> str:
    unit = units.find(nodes[2].value) if isinstance(nodes[2], String) else None
    if _when_type(types, nodes) == "day":
        return "any" if unit is None else "moment" if unit in units.CLOCK else "day"
    return "moment"


@function(
    "DATEADD",
    "date:when number:number unit:text",
    _added,
    _("A date and some time later; units are “days”, “weeks”, “months”, “hours” …"),
    'DATEADD({Date}, 10, "days")',
    env=True,
)
def date_add(env: Env, when: When, number: float, unit: str) -> date:
    named, found = units.need(unit), plain(when)
    if named in units.CLOCK:
        try:
            moved = instant(when, env) + timedelta(seconds=number * units.CLOCK[named])
            return moved.replace(microsecond=0)
        except OverflowError:
            raise Fault(_("This date is out of range.")) from None
    if not isinstance(found, datetime):
        return units.add(found, number, named)
    return to_utc(units.add(local(when, env), number, named), zone_of(when, env))


@function(
    "DATETIME_DIFF",
    "date:when earlier:when [unit:text]",
    "number",
    _("How much later the first date is than the second, in whole units (else seconds)."),
    'DATETIME_DIFF("2026-11-22", "2026-11-01", "days")',
    env=True,
)
def datetime_diff(env: Env, one: When, other: When, unit: str = "seconds") -> int:
    named = units.need(unit)
    if named in units.CLOCK:
        span = instant(one, env) - instant(other, env)
        return int(span / timedelta(seconds=units.CLOCK[named]))
    left, right = local(one, env), local(other, env)
    if named in units.DAYS:
        return int((left - right) / timedelta(days=units.DAYS[named]))
    months = units.months_between(left, right)
    return int(months / units.MONTHS[named])


def compare(env: Env, one: When, other: When) -> int:
    """-1, 0 or 1: days beside days, else moments."""
    left, right = plain(one), plain(other)
    if isinstance(left, datetime) or isinstance(right, datetime):
        left, right = instant(one, env), instant(other, env)
    return (left > right) - (left < right)


@function(
    "IS_BEFORE",
    "date:when other:when",
    "truth",
    _("Whether one date is before another."),
    'IS_BEFORE({Date}, "2026-12-31")',
    env=True,
)
def is_before(env: Env, one: When, other: When) -> bool:
    return compare(env, one, other) < 0


@function(
    "IS_AFTER",
    "date:when other:when",
    "truth",
    _("Whether one date is after another."),
    'IS_AFTER({Date}, "2026-01-01")',
    env=True,
)
def is_after(env: Env, one: When, other: When) -> bool:
    return compare(env, one, other) > 0


@function(
    "IS_SAME",
    "date:when other:when [unit:text]",
    "truth",
    _("Whether two dates are the same, or lie in the same unit such as “month”."),
    'IS_SAME({Date}, "2026-11-01", "month")',
    env=True,
)
def is_same(env: Env, one: When, other: When, unit: str = "") -> bool:
    if not unit:
        return compare(env, one, other) == 0
    named = units.need(unit)
    return units.start(local(one, env), named) == units.start(local(other, env), named)


@function(
    "FROMNOW",
    "date:when",
    "text",
    _("How far a date is from now, in words such as “3 days”."),
    "FROMNOW({Date})",
    env=True,
    volatile=True,
)
def from_now(env: Env, when: When) -> str:
    locale = (when.locale if isinstance(when, Dressed) else None) or env.context.lang
    return writing.distance(instant(when, env) - env.now, locale)


@function(
    "TONOW",
    "date:when",
    "text",
    _("How far now is from a date, in words such as “3 days”."),
    "TONOW({Date})",
    env=True,
    volatile=True,
)
def to_now(env: Env, when: When) -> str:
    return str(from_now(env, when))


# Text and back


def written(env: Env, when: When, form: str) -> str:
    env.made(16 * len(form))
    locale = (when.locale if isinstance(when, Dressed) else None) or "en"
    return writing.write(local(when, env), form, zone_of(when, env), locale)


@function(
    "DATETIME_FORMAT",
    "date:when [form:text]",
    "text",
    _("A date as text, in a form such as “YYYY-MM-DD HH:mm”."),
    'DATETIME_FORMAT("2026-11-22", "M/D/YYYY")',
    env=True,
)
def datetime_format(env: Env, when: When, form: str = ISO) -> str:
    return written(env, when, form or ISO)


@function(
    "DATETIME_PARSE",
    "text:any [form:text] [locale:text]",
    "moment",
    _("The moment that a text shows, in the form that is named."),
    'DATETIME_PARSE("22.11.2026", "DD.MM.YYYY")',
    env=True,
)
def datetime_parse(env: Env, text: Any, form: str = "", locale: str = "en") -> datetime:
    if not form or not isinstance(text, str):
        return instant(when_of(text, env), env)
    wall, offset = writing.read(text.strip(), form, locale or "en", year=env.now.year)
    if offset is None:
        return to_utc(wall, env.zone)
    return instant(read_when(f"{wall:%Y-%m-%d %H:%M:%S}{offset}".zfill(20), env), env)


@function(
    "DATESTR", "date:when", "text", _("A date as text: YYYY-MM-DD."), "DATESTR({Date})", env=True
)
def datestr(env: Env, when: When) -> str:
    return local(when, env).date().isoformat()


@function(
    "TIMESTR",
    "date:when",
    "text",
    _("The time of a moment as text: HH:mm:ss."),
    "TIMESTR({Time})",
    env=True,
)
def timestr(env: Env, when: When) -> str:
    return local(when, env).time().isoformat("seconds")


def _undressed(when: When) -> Dressed:
    return when if isinstance(when, Dressed) else Dressed(when)


@function(
    "SET_LOCALE",
    "date:when locale:text",
    _when_type,
    _("A date that DATETIME_FORMAT writes in a language, such as “zh-cn”."),
    'DATETIME_FORMAT(SET_LOCALE("2026-11-22", "zh-cn"), "LL dddd")',
    env=True,
)
def set_locale(env: Env, when: When, locale: str) -> Dressed:
    writing.language(locale)
    dressed = _undressed(when)
    return Dressed(dressed.when, dressed.zone, locale)


@function(
    "SET_TIMEZONE",
    "date:when zone:text",
    "moment",
    _("A moment as clocks in another time zone show it."),
    'DATETIME_FORMAT(SET_TIMEZONE("2026-11-22 08:00", "Europe/Berlin"), "HH:mm")',
    env=True,
)
def set_timezone(env: Env, when: When, zone: str) -> Dressed:
    try:
        clock.zone_info(zone)
    except Refused as refusal:
        raise Fault(refusal.text) from None
    return Dressed(instant(when, env), zone, _undressed(when).locale)
