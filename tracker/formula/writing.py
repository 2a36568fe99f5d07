"""Dates as text and back, in the format letters of moment.js, in English and Chinese."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from tracker.formula.values import Fault
from tracker.text import _

MARK = re.compile(
    r"\[([^\[\]]*)\]|\\(.)"
    r"|LTS|LT|LLLL|LLL|LL|L|llll|lll|ll|l"
    r"|Mo|MMMM|MMM|MM|M|Qo|Q|DDDo|DDDD|DDD|Do|DD|D|do|dddd|ddd|dd|d|e|E"
    r"|wo|ww|w|Wo|WW|W|YYYYYY|YYYYY|YYYY|YY|Y|gggg|gg|GGGG|GG"
    r"|A|a|HH|H|hh|h|kk|k|mm|m|ss|s|S{1,9}|zz|z|ZZ|Z|X|x",
    re.DOTALL,
)
EN_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
EN_DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
ZH_DIGITS = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"]
ZH_DAYS = ["日", "一", "二", "三", "四", "五", "六"]
LONG = {
    "en": {
        "LT": "h:mm A",
        "LTS": "h:mm:ss A",
        "L": "MM/DD/YYYY",
        "LL": "MMMM D, YYYY",
        "LLL": "MMMM D, YYYY h:mm A",
        "LLLL": "dddd, MMMM D, YYYY h:mm A",
        "l": "M/D/YYYY",
        "ll": "MMM D, YYYY",
        "lll": "MMM D, YYYY h:mm A",
        "llll": "ddd, MMM D, YYYY h:mm A",
    },
    "zh": {
        "LT": "HH:mm",
        "LTS": "HH:mm:ss",
        "L": "YYYY/MM/DD",
        "LL": "YYYY年M月D日",
        "LLL": "YYYY年M月D日Ah点mm分",
        "LLLL": "YYYY年M月D日ddddAh点mm分",
        "l": "YYYY/M/D",
        "ll": "YYYY年M月D日",
        "lll": "YYYY年M月D日 HH:mm",
        "llll": "YYYY年M月D日dddd HH:mm",
    },
}


def language(locale: str) -> str:
    """The language of a locale such as ``zh-cn`` or ``en-gb``, of those that are known."""
    code = re.split(r"[-_]", locale.strip().lower())[0]
    if code not in LONG:
        raise Fault(_("There is no language called {name} here.", name=locale[:40]))
    return code


def write(wall: datetime, form: str, zone: str, locale: str) -> str:
    """``wall`` (a clock in ``zone``) as the letters of ``form`` say."""
    lang = language(locale)
    unfolded = MARK.sub(lambda mark: LONG[lang].get(mark[0], mark[0]), form)
    return MARK.sub(lambda mark: _part(mark, wall, zone, lang), unfolded)


def _part(mark: re.Match[str], wall: datetime, zone: str, lang: str) -> str:
    if mark[1] is not None or mark[2] is not None:
        return str(mark[1] if mark[1] is not None else mark[2])
    key = mark[0]
    if key.startswith("S"):
        return f"{wall.microsecond:06}"[: len(key)].ljust(len(key), "0")
    if key in {"Z", "ZZ", "z", "zz", "X", "x"}:
        return _in_zone(key, wall, zone)
    words = _WORDS[lang].get(key)
    return words(wall) if words else _PARTS[key](wall)


def _in_zone(key: str, wall: datetime, zone: str) -> str:
    aware = wall.replace(tzinfo=ZoneInfo(zone))
    match key:
        case "Z" | "ZZ":
            offset = aware.strftime("%z")[:5]
            return f"{offset[:3]}:{offset[3:]}" if key == "Z" else offset
        case "X":
            return str(int(aware.timestamp()))
        case "x":
            return str(int(aware.timestamp()) * 1000 + wall.microsecond // 1000)
    return aware.strftime("%Z")


def day_of_year(wall: date) -> int:
    return wall.timetuple().tm_yday


def weekday(wall: date) -> int:
    """0 on Sunday … 6 on Saturday."""
    return (wall.weekday() + 1) % 7


def week(wall: date, monday: bool = False) -> int:
    """The week of the year; the one with the 1st of January is number 1."""
    return week_and_year(wall, monday=monday)[0]


def week_and_year(wall: date, *, monday: bool = False) -> tuple[int, int]:
    """The week and the year it belongs to: late December may be in week 1 of the next."""
    day = wall.date() if isinstance(wall, datetime) else wall
    back = day.weekday() if monday else weekday(day)
    last = day.toordinal() - back + 6  # the last day of this week decides
    year = date.fromordinal(last).year if last <= date.max.toordinal() else day.year
    first = date(year, 1, 1)
    start = first.toordinal() - (first.weekday() if monday else weekday(first))
    return (day.toordinal() - start) // 7 + 1, year


def ordinal(number: int) -> str:
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def quarter(wall: date) -> int:
    return (wall.month + 2) // 3


Part = Callable[[datetime], str]
_PARTS: dict[str, Part] = {
    "M": lambda at: str(at.month),
    "MM": lambda at: f"{at.month:02}",
    "Q": lambda at: str(quarter(at)),
    "D": lambda at: str(at.day),
    "DD": lambda at: f"{at.day:02}",
    "DDD": lambda at: str(day_of_year(at)),
    "DDDD": lambda at: f"{day_of_year(at):03}",
    "d": lambda at: str(weekday(at)),
    "E": lambda at: str(at.isoweekday()),
    "W": lambda at: str(at.isocalendar().week),
    "WW": lambda at: f"{at.isocalendar().week:02}",
    "GGGG": lambda at: f"{at.isocalendar().year:04}",
    "GG": lambda at: f"{at.isocalendar().year % 100:02}",
    "Y": lambda at: str(at.year),
    "YY": lambda at: f"{at.year % 100:02}",
    "YYYY": lambda at: f"{at.year:04}",
    "YYYYY": lambda at: f"{at.year:05}",
    "YYYYYY": lambda at: f"+{at.year:06}",
    "H": lambda at: str(at.hour),
    "HH": lambda at: f"{at.hour:02}",
    "h": lambda at: str(at.hour % 12 or 12),
    "hh": lambda at: f"{at.hour % 12 or 12:02}",
    "k": lambda at: str(at.hour or 24),
    "kk": lambda at: f"{at.hour or 24:02}",
    "m": lambda at: str(at.minute),
    "mm": lambda at: f"{at.minute:02}",
    "s": lambda at: str(at.second),
    "ss": lambda at: f"{at.second:02}",
}


def _zh_half(at: datetime) -> str:
    minutes = at.hour * 100 + at.minute
    names = ((600, "凌晨"), (900, "早上"), (1130, "上午"), (1230, "中午"), (1800, "下午"))
    return next((name for until, name in names if minutes < until), "晚上")


_WORDS: dict[str, dict[str, Part]] = {
    "en": {
        "Mo": lambda at: ordinal(at.month),
        "MMM": lambda at: EN_MONTHS[at.month - 1][:3],
        "MMMM": lambda at: EN_MONTHS[at.month - 1],
        "Qo": lambda at: ordinal(quarter(at)),
        "Do": lambda at: ordinal(at.day),
        "DDDo": lambda at: ordinal(day_of_year(at)),
        "do": lambda at: ordinal(weekday(at)),
        "dd": lambda at: EN_DAYS[weekday(at)][:2],
        "ddd": lambda at: EN_DAYS[weekday(at)][:3],
        "dddd": lambda at: EN_DAYS[weekday(at)],
        "e": lambda at: str(weekday(at)),
        "w": lambda at: str(week(at)),
        "ww": lambda at: f"{week(at):02}",
        "wo": lambda at: ordinal(week(at)),
        "Wo": lambda at: ordinal(at.isocalendar().week),
        "gggg": lambda at: f"{week_and_year(at)[1]:04}",
        "gg": lambda at: f"{week_and_year(at)[1] % 100:02}",
        "A": lambda at: "AM" if at.hour < 12 else "PM",
        "a": lambda at: "am" if at.hour < 12 else "pm",
    },
    "zh": {
        "Mo": lambda at: f"{at.month}月",
        "MMM": lambda at: f"{at.month}月",
        "MMMM": lambda at: f"{ZH_DIGITS[at.month - 1]}月",
        "Qo": lambda at: str(quarter(at)),
        "Do": lambda at: f"{at.day}日",
        "DDDo": lambda at: f"{day_of_year(at)}日",
        "do": lambda at: f"{weekday(at)}日",
        "dd": lambda at: ZH_DAYS[weekday(at)],
        "ddd": lambda at: f"周{ZH_DAYS[weekday(at)]}",
        "dddd": lambda at: f"星期{ZH_DAYS[weekday(at)]}",
        "e": lambda at: str(at.weekday()),
        "w": lambda at: str(at.isocalendar().week),
        "ww": lambda at: f"{at.isocalendar().week:02}",
        "wo": lambda at: f"{at.isocalendar().week}周",
        "Wo": lambda at: f"{at.isocalendar().week}周",
        "gggg": lambda at: f"{at.isocalendar().year:04}",
        "gg": lambda at: f"{at.isocalendar().year % 100:02}",
        "A": _zh_half,
        "a": _zh_half,
    },
}


# How long ago

_SPANS = {  # one, several
    "en": {
        "s": ("a few seconds",) * 2,
        "m": ("a minute", "{n} minutes"),
        "h": ("an hour", "{n} hours"),
        "d": ("a day", "{n} days"),
        "M": ("a month", "{n} months"),
        "y": ("a year", "{n} years"),
    },
    "zh": {
        "s": ("几秒",) * 2,
        "m": ("1 分钟", "{n} 分钟"),
        "h": ("1 小时", "{n} 小时"),
        "d": ("1 天", "{n} 天"),
        "M": ("1 个月", "{n} 个月"),
        "y": ("1 年", "{n} 年"),
    },
}


def _half_up(number: float) -> int:
    return int(number + 0.5)


def distance(span: timedelta, locale: str) -> str:
    """A span in words as moment.js rounds it: “a few seconds”, “3 days”, “a month”."""
    seconds = abs(span.total_seconds())
    months = seconds / 86400 / (146097 / 4800)
    steps = (
        ("s", _half_up(seconds), 45),
        ("m", _half_up(seconds / 60), 45),
        ("h", _half_up(seconds / 3600), 22),
        ("d", _half_up(seconds / 86400), 26),
        ("M", _half_up(months), 11),
    )
    unit, number = next(
        ((unit, number) for unit, number, most in steps if number < most),
        ("y", _half_up(months / 12)),
    )
    one, several = _SPANS[language(locale)][unit]
    return one if number <= 1 else several.format(n=number)


# Reading by a form

_READ = {
    "YYYY": r"(?P<year>\d{4})",
    "YY": r"(?P<short>\d{2})",
    "M": r"(?P<month>\d{1,2})",
    "MM": r"(?P<month>\d{1,2})",
    "Mo": r"(?P<month>\d{1,2})(?:st|nd|rd|th|月)",
    "MMM": r"(?P<name>[A-Za-z]{3,9}|\d{1,2}月|[一二三四五六七八九十]{1,2}月)\.?",
    "MMMM": r"(?P<name>[A-Za-z]{3,9}|\d{1,2}月|[一二三四五六七八九十]{1,2}月)",
    "D": r"(?P<day>\d{1,2})",
    "DD": r"(?P<day>\d{1,2})",
    "Do": r"(?P<day>\d{1,2})(?:st|nd|rd|th|日)",
    "H": r"(?P<hour>\d{1,2})",
    "HH": r"(?P<hour>\d{1,2})",
    "h": r"(?P<hour>\d{1,2})",
    "hh": r"(?P<hour>\d{1,2})",
    "m": r"(?P<minute>\d{1,2})",
    "mm": r"(?P<minute>\d{1,2})",
    "s": r"(?P<second>\d{1,2})",
    "ss": r"(?P<second>\d{1,2})",
    "A": r"(?P<half>[AaPp][Mm]|凌晨|早上|上午|中午|下午|晚上)",
    "a": r"(?P<half>[AaPp][Mm]|凌晨|早上|上午|中午|下午|晚上)",
    "Z": r"(?P<zone>Z|[+-]\d{2}:?\d{2})",
    "ZZ": r"(?P<zone>Z|[+-]\d{2}:?\d{2})",
    "X": r"(?P<epoch>-?\d{1,12})",
    "x": r"(?P<milli>-?\d{1,15})",
    "ddd": r"(?:[A-Za-z]{3,9}|周[日一二三四五六])",
    "dddd": r"(?:[A-Za-z]{6,9}|星期[日一二三四五六])",
}


@lru_cache(maxsize=256)
def _reader(form: str, lang: str) -> re.Pattern[str]:
    unfolded = MARK.sub(lambda mark: LONG[lang].get(mark[0], mark[0]), form)
    parts, end, seen = [], 0, set[str]()
    for mark in MARK.finditer(unfolded):
        parts += [_literal(unfolded[end : mark.start()]), _read_part(mark, seen)]
        end = mark.end()
    return re.compile(rf"\s*{''.join(parts)}{_literal(unfolded[end:])}\s*")


def _literal(text: str) -> str:
    return re.sub(r"(?:\\ |\s)+", r"\\s+", re.escape(text))


def _read_part(mark: re.Match[str], seen: set[str]) -> str:
    if mark[1] is not None or mark[2] is not None:
        return _literal(mark[1] or mark[2] or "")
    if mark[0].startswith("S"):
        return r"(?P<fraction>\d{1,9})"
    part = _READ.get(mark[0])
    name = re.search(r"<(\w+)>", part or "")
    if part is None or (name and name[1] in seen):
        raise Fault(_("“{part}” cannot be read from a text.", part=mark[0]))
    seen.update(name.groups() if name else ())
    return part


def read(text: str, form: str, locale: str, *, year: int) -> tuple[datetime, str | None]:
    """``(wall time, offset such as +08:00)`` of a text; ``year`` where the form has none."""
    if len(text) > 200 or len(form) > 200:
        raise Fault(_("“{text}” is not a date in the form {form}.", text=text[:60], form=form[:60]))
    found = _reader(form, language(locale)).fullmatch(text)
    if not found:
        raise Fault(_("“{text}” is not a date in the form {form}.", text=text, form=form))
    parts = {key: part for key, part in found.groupdict().items() if part is not None}
    try:
        if "epoch" in parts or "milli" in parts:
            seconds = int(parts.get("epoch") or 0) or int(parts.get("milli", 0)) // 1000
            return datetime(1970, 1, 1) + timedelta(seconds=seconds), "Z"  # noqa: DTZ001 - naive UTC
        return _assembled(parts, year), parts.get("zone")
    except (ValueError, OverflowError):
        raise Fault(_("“{text}” is not a date in the form {form}.", text=text, form=form)) from None


def _assembled(parts: dict[str, str], year: int) -> datetime:
    hour, half = int(parts.get("hour", 0)), parts.get("half", "").lower()
    if half:
        late = half in {"pm", "下午", "晚上"} or (half == "中午" and hour < 11)
        hour = hour % 12 + (12 if late else 0)
        hour = 12 if half == "中午" and hour == 0 else hour
    return datetime(  # noqa: DTZ001 - a clock on the wall
        _year(parts, year),
        _month(parts),
        int(parts.get("day", 1)),
        hour,
        int(parts.get("minute", 0)),
        int(parts.get("second", 0)),
    )


def _year(parts: dict[str, str], year: int) -> int:
    if "short" in parts:
        number = int(parts["short"])
        return 1900 + number if number > 68 else 2000 + number
    return int(parts.get("year", year))


def _month(parts: dict[str, str]) -> int:
    name = parts.get("name")
    if name is None:
        return int(parts.get("month", 1))
    if name.endswith("月"):
        digits = name.removesuffix("月")
        return int(digits) if digits.isdecimal() else ZH_DIGITS.index(digits) + 1
    starts = [month[:3].lower() for month in EN_MONTHS]
    return starts.index(name[:3].lower()) + 1
