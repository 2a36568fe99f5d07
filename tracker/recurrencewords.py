"""A recurrence in words of both languages, and such words read again: every 2 weeks on Mon, Wed."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from tracker import limits, recurrence
from tracker.periods import weekday
from tracker.recurrence import LAST, Rule
from tracker.text import Text, _

MONDAY = date(2024, 1, 1)
EVERY: dict[str, tuple[Text, Text]] = {  # one, several
    "DAILY": (_("every day"), _("every {every} days")),
    "WEEKLY": (_("every week"), _("every {every} weeks")),
    "MONTHLY": (_("every month"), _("every {every} months")),
    "YEARLY": (_("every year"), _("every {every} years")),
}
NTH = {
    1: _("the 1st"),
    2: _("the 2nd"),
    3: _("the 3rd"),
    4: _("the 4th"),
    LAST: _("the last"),
}


def said(rule: Rule, *, whole: bool = False) -> Text:
    """``every 2 weeks on Mon, Wed, 10 in all, except 3 days``; ``whole`` names those days."""
    text = _said(rule)
    if whole and rule.without:
        days = " ".join(one.isoformat() for one in rule.without)
        return _("{rule}, except {days}", rule=text, days=days)
    if len(rule.without) == 1:
        return _("{rule}, except {days}", rule=text, days=rule.without[0].isoformat())
    if rule.without:
        return _("{rule}, except {n} days", rule=text, n=len(rule.without))
    return text


def _said(rule: Rule) -> Text:
    one, several = EVERY[rule.freq]
    text = one if rule.interval == 1 else Text(several.message, every=rule.interval)
    if rule.days:
        text = _on_days(text, rule)
    elif rule.monthday == LAST:
        text = _("{rule} on the last day", rule=text)
    elif rule.monthday:
        text = _("{rule} on day {day}", rule=text, day=rule.monthday)
    if rule.count:
        return _("{rule}, {count} in all", rule=text, count=rule.count)
    if rule.until:
        return _("{rule}, until {day}", rule=text, day=rule.until.isoformat())
    return text


def _on_days(text: Text, rule: Rule) -> Text:
    named = _Weekdays(rule.days)
    if rule.nth:
        return _("{rule} on {nth} {days}", rule=text, nth=NTH[rule.nth], days=named)
    return _("{rule} on {days}", rule=text, days=named)


class _Weekdays(Text):
    """Mon, Wed — 周一、周三."""

    __slots__ = ("days",)

    def __init__(self, days: tuple[int, ...]) -> None:
        super().__init__("{days}", days="")
        self.days = days

    def to(self, lang: str) -> str:
        names = [weekday(MONDAY + recurrence.DAY * one, lang) for one in self.days]
        return ("、" if lang == "zh" else ", ").join(names)


# ── read ─────────────────────────────────────────────────────────────────────

_EVERY = (
    re.compile(r"^every (?:(\d+) )?(day|week|month|year)s?"),
    re.compile(r"^每 ?(?:(\d+) ?)?个?(天|日|周|星期|月|年)"),
)
_UNITS = {"day": "DAILY", "week": "WEEKLY", "month": "MONTHLY", "year": "YEARLY"}
_UNITS |= {"天": "DAILY", "日": "DAILY", "周": "WEEKLY", "星期": "WEEKLY"}
_UNITS |= {"月": "MONTHLY", "年": "YEARLY"}
_COUNT = re.compile(r"[,，] ?(?:共 ?)?(\d+) ?(?:in all|times|次)$")
_UNTIL = re.compile(r"[,，] ?(?:until|到|直到) ?(\d{4}-\d\d-\d\d)$")
_EXCEPT = re.compile(r"[,，、] ?(?:except|除了?) ?((?:\d{4}-\d\d-\d\d ?)+)外?$")
_LAST_DAY = re.compile(r"^ ?(?:on the last day|的?最后一天)$")
_ON_DAY = re.compile(r"^ ?(?:on day (\d+)|的? ?(\d+) ?[日号])$")
_NTH = re.compile(r"^(?:the (1st|2nd|3rd|4th|last)|第 ?([1-4一二三四]) ?个|(最后)一?个) ?")
_NAMES = re.compile(r"(mon|tue|wed|thu|fri|sat|sun)[a-z]*|(?:周|星期)?([一二三四五六日天])")
_PLACES = {"1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "last": LAST, "最后": LAST}
_PLACES |= {str(one): one for one in range(1, 5)} | dict(zip("一二三四", range(1, 5), strict=True))
_EN = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def read(text: str) -> Rule:
    """An RRULE, or words as `said` writes them → the rule; raises `Refused`."""
    folded = " ".join(text.lower().split())
    if "freq=" in folded:
        return recurrence.read(folded.upper())
    for pattern in _EVERY:
        found = pattern.match(folded)
        if found:
            parts = [f"FREQ={_UNITS[found[2]]}", f"INTERVAL={found[1] or 1}"]
            rest, without = _exceptions(folded[found.end() :])
            rest, end = _ending(rest)
            return recurrence.read(";".join([*parts, *_named(rest, text), *end, *without]))
    raise recurrence.unread(text)


def _exceptions(rest: str) -> tuple[str, list[str]]:
    found = _EXCEPT.search(rest)
    if not found:
        return rest, []
    return rest[: found.start()], ["EXDATE=" + ",".join(found[1].split())]


def _ending(rest: str) -> tuple[str, list[str]]:
    for pattern, name in ((_COUNT, "COUNT"), (_UNTIL, "UNTIL")):
        found = pattern.search(rest)
        if found:
            return rest[: found.start()], [f"{name}={found[1]}"]
    return rest, []


def _named(rest: str, text: str) -> list[str]:
    """The days that stand behind the frequency."""
    if not rest:
        return []
    if _LAST_DAY.match(rest):
        return ["BYMONTHDAY=-1"]
    day = _ON_DAY.match(rest)
    if day:
        return [f"BYMONTHDAY={day[1] or day[2]}"]
    rest = re.sub(r"^ ?(?:on |的)? ?", "", rest)
    place = _NTH.match(rest)
    which = _PLACES[place[1] or place[2] or place[3]] if place else ""
    rest = rest[place.end() :] if place else rest
    found = [_NAMES.fullmatch(one.strip()) for one in re.split(r"[,，、]| and |和", rest)]
    if not all(found):
        raise recurrence.unread(text)
    return ["BYDAY=" + ",".join(f"{which}{_weekday(one)}" for one in found if one)]


def _weekday(found: re.Match[str]) -> str:
    place = _EN.index(found[1]) if found[1] else "一二三四五六日天".index(found[2])
    return recurrence.DAYS[min(place, 6)]


# ── chosen ───────────────────────────────────────────────────────────────────


def controls(lang: str) -> dict[str, Any]:
    """The words of the controls (js/recurrence.js), and how far their numbers go."""
    units = {"DAILY": _("days"), "WEEKLY": _("weeks"), "MONTHLY": _("months"), "YEARLY": _("years")}
    words = {
        "never": _("Does not repeat"),
        "DAILY": _("Daily"),
        "WEEKLY": _("Weekly"),
        "MONTHLY": _("Monthly"),
        "YEARLY": _("Yearly"),
        "every": _("every"),
        "on": _("Which days"),
        "weekday": _("Weekday"),
        "sameDay": _("on the same day"),
        "lastDay": _("on the last day"),
        "ends": _("Ends"),
        "noEnd": _("without end"),
        "until": _("until a day"),
        "after": _("after a number"),
        "times": _("times in all"),
        "exceptDay": _("except {day}", day="{day}"),
        "except": _("except {n} days", n="{n}"),
        "back": _("Put them back"),
    }
    return {
        **{key: word.to(lang) for key, word in words.items()},
        "units": {key: word.to(lang) for key, word in units.items()},
        "days": [weekday(MONDAY + recurrence.DAY * one, lang) for one in range(7)],
        "nth": [(str(number), word.to(lang)) for number, word in NTH.items()],
        "mostInterval": limits.RECURRENCE_INTERVAL,
        "mostCount": limits.RECURRENCE_COUNT,
    }
