"""Which field type fits a column, counted over all of its cells."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tracker.transfer.cells import Cell, CellError, Link
from tracker.transfer.guess import Guess

CHOICES = 30  # more different texts than that are not a list of options
KEPT = 2_000  # different texts of one column that are counted one by one
SHARE = 0.9  # of the filled cells must fit a type
PRECISION = 9
LONG_TEXT = 200
_SAMPLES = 5

_MONTH, _DAY_OF = "(?:1[0-2]|0?[1-9])", "(?:3[01]|[12]\\d|0?[1-9])"
_DAY = "|".join(rf"\d{{4}}{sep}{_MONTH}{sep}{_DAY_OF}" for sep in ("-", "/", r"\."))
_DAY = rf"(?:{_DAY}|\d{{4}}年{_MONTH}月{_DAY_OF}日)"
_SLASHED = "|".join(rf"\d\d?{sep}\d\d?{sep}(?:\d{{4}}|\d\d)" for sep in ("-", "/", r"\."))
_CLOCK = r"(?:[T ]+\d{1,2}[:：]\d\d(?:[:：]\d\d(?:\.\d+)?)?\s*(?:[AaPp][Mm])?(?:Z|[+-]\d\d:?\d\d)?)"
_SIGN = r"(?:[¥￥$€£]|RMB|CNY|USD|EUR)"
_AMOUNT = r"\d[\d,]*(?:\.\d+)?"
_KINDS = re.compile(
    rf"""(?P<code>0\d+|\d{{16,}})
    |(?P<mobile>1[3-9]\d{{9}})
    |(?P<integer>[-+]?\d+)
    |(?P<decimal>[-+]?\d*\.\d+(?:[eE][-+]?\d+)?|[-+]?\d+[eE][-+]?\d+)
    |(?P<grouped>[-+]?[1-9]\d{{0,2}}(?:,\d{{3}})+(?:\.\d+)?)
    |(?P<comma>[-+]?\d+,\d+|[-+]?\d{{1,3}}(?:\.\d{{3}})+,\d+|[-+]?\d{{1,3}}(?:\.\d{{3}}){{2,}})
    |(?P<percent>[-+]?\d+(?:\.\d+)?\s?[%％])
    |(?P<money>-?\s?{_SIGN}\s?-?{_AMOUNT}|-?{_AMOUNT}\s?(?:元|RMB|CNY|USD|EUR|€))
    |(?P<day>{_DAY})
    |(?P<moment>{_DAY}{_CLOCK})
    |(?P<slashed>{_SLASHED})
    |(?P<slashmoment>(?:{_SLASHED}){_CLOCK})
    |(?P<phone>(?:\+|00)?[\d()（）][\d()（）\ .-]{{6,18}}\d(?:\s?(?:转|ext\.?|x)\s?\d{{1,6}})?)
    """,
    re.VERBOSE,
)
_MIDNIGHT = re.compile(r"[T ](?:0?0[:：]00(?:[:：]00(?:\.0+)?)?|12:00(?::00)? [Aa][Mm])$")
_EMAIL = re.compile(r"[^\s@<>,;:]{1,64}@[^\s@<>,;:]+\.[^\s@<>,;:]{2,}")
_YES_NO = (
    {"是", "否"},
    {"有", "无"},
    {"yes", "no"},
    {"y", "n"},
    {"true", "false"},
    {"t", "f"},
    {"√", "×"},
)
_TICKS = {"√", "✓", "✔", "☑"}
_CODE_NAME = re.compile(
    r"(?:^|[\W_\d])(?:code|id|no|nr|number|zip|postcode|fips|uuid)(?:$|[\W_\d])"
    r"|代码|编码|编号|代号|标识码|识别号|信用|邮编|证号|账号|帐号|卡号|号码|工号|学号"
)
_PHONE_NAME = re.compile(r"phone|mobile|(?:^|[\W_])(?:tel|fax)(?:$|[\W_])|电话|手机|联系方式|传真")
_DURATION_NAME = re.compile(r"duration|elapsed|length|hours|时长|耗时|用时|工时|历时")
_WITH_DECIMALS = {"decimal", "grouped", "comma", "money", "percent"}
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass
class Tally:
    """What one column holds, counted cell by cell."""

    header: str = ""
    filled: int = 0
    errors: int = 0
    types: Counter[type] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)  # of texts
    texts: dict[str, int] = field(default_factory=dict)  # the first KEPT different ones
    orders: set[str] = field(default_factory=set)
    firsts: set[str] = field(default_factory=set)  # the first numbers of 1/2/2024 …
    seconds: set[str] = field(default_factory=set)  # … and the second ones
    signs: Counter[str] = field(default_factory=Counter)
    targets: int = 0
    precision: int = 0
    longest: int = 0
    several_lines: bool = False
    prose: bool = False  # mostly plain text: no need to look closer
    mobile_numbers: int = 0
    midnights: int = 0  # moments at 00:00
    fitting: int = 0  # values that fit the guessed type, where it is not text
    example_error: str = ""
    samples: list[Cell] = field(default_factory=list)

    def add(self, cell: Any) -> None:
        self.filled += 1
        kind = type(cell)
        self.types[kind] += 1
        if kind is str or kind is Link:
            self._add_text(cell)
        elif kind is float:
            if self.precision < PRECISION:
                self.precision = max(self.precision, _decimals(f"{cell:.15g}"))
        elif kind is datetime:
            self.midnights += cell.hour == cell.minute == cell.second == 0
        elif kind is int:
            self.mobile_numbers += 13_000_000_000 <= cell <= 19_999_999_999
        elif kind is CellError:
            self.errors += 1
            self.example_error = self.example_error or cell.text
            return
        if len(self.samples) < _SAMPLES and cell not in self.samples:
            self.samples.append(cell)

    def _add_text(self, text: str) -> None:
        if text in self.texts:
            self.texts[text] += 1
        elif len(self.texts) < KEPT:
            self.texts[text] = 1
        elif not self.prose:
            self._classify(text, 1)
            self.prose = self.kinds["text"] > KEPT and self.kinds["text"] > self.filled / 2
        else:
            self.kinds["text"] += 1
        if len(text) > self.longest:
            self.longest = len(text)
            self.several_lines = self.several_lines or "\n" in text
        if type(text) is Link and text.target.startswith(("http://", "https://")):
            self.targets += 1

    def _classify(self, text: str, count: int) -> None:
        kind = kind_of(text)
        self.kinds[kind] += count
        if kind in {"slashed", "slashmoment"}:
            self.orders.add(_order(text))
            first, second = re.split(r"[-/.]", text)[:2]
            self.firsts.add(first.zfill(2))
            self.seconds.add(second.zfill(2))
        elif kind == "money":
            self.signs[re.sub(r"[\d\s.,-]", "", text)] += count
        if kind in {"moment", "slashmoment"} and _MIDNIGHT.search(text):
            self.midnights += count
        if kind in _WITH_DECIMALS and self.precision < PRECISION:
            self.precision = max(self.precision, _decimals(text, "," if kind == "comma" else "."))

    def is_typed(self) -> bool:
        """Whether the column holds mostly numbers, dates and the like; before `guess`."""
        texts = sum(n for text, n in self.texts.items() if kind_of(text) == "text")
        return self.filled > 0 and texts + self.kinds["text"] <= self.filled * 0.2

    def misfits(self) -> int:
        """How many values do not fit the guessed type."""
        return self.filled - self.errors - self.fitting if self.fitting else 0

    def guess(self, *, currency: str | None = None) -> Guess:
        """The type for the column. ``currency``: the sign that its cells are formatted with."""
        for text, count in self.texts.items():
            self._classify(text, count)
        counted, self.texts = self.texts, {}
        total = self.filled - self.errors
        if not total:
            return Guess("text")
        enough = total * SHARE
        return (
            self._moments(enough)
            or self._addresses(enough)
            or self._numbers(enough, currency)
            or self._durations(enough)
            or self._yes_no(total, counted)
            or self._choices(total, counted)
            or Guess("long_text" if self.longest > LONG_TEXT or self.several_lines else "text")
        )

    def _moments(self, enough: float) -> Guess | None:
        days = self.types[date] + self.kinds["day"] + self.kinds["slashed"]
        moments = self.types[datetime] + self.kinds["moment"] + self.kinds["slashmoment"]
        if days + moments < enough:
            return None
        self.fitting = days + moments
        style: dict[str, str] = {}
        if self.kinds["slashed"] or self.kinds["slashmoment"]:
            if {"dmy", "mdy"} <= self.orders:
                return None
            style = {"order": next(iter(self.orders - {"?"}), None) or self._likely_order()}
        only_midnight = self.midnights == moments  # 1/5/2011 00:00:00 throughout: days
        return Guess("date" if only_midnight else "datetime", style=style)

    def _likely_order(self) -> str:
        """Where no number is above 12: a first of each month tells; else the American way."""
        return "dmy" if self.firsts == {"01"} and len(self.seconds) > 1 else "mdy"

    def _addresses(self, enough: float) -> Guess | None:
        for kind in ("email", "url"):
            if self.kinds[kind] >= enough:
                self.fitting = self.kinds[kind]
                return Guess(kind)
        if self.targets >= enough:
            return Guess("url")
        phones = self.kinds["phone"] + self.kinds["mobile"]
        named = bool(_PHONE_NAME.search(self.header.lower()))
        if self.mobile_numbers + phones >= enough and (
            self.mobile_numbers or self.kinds["mobile"] or named
        ):
            return Guess("phone")
        return None

    def _numbers(self, enough: float, currency: str | None) -> Guess | None:
        kinds = self.kinds
        if kinds["code"]:
            return None
        stored = self.types[int] + self.types[float] + self.types[Decimal]
        whole = self.types[int] + kinds["integer"] + kinds["mobile"]
        plain = whole + self.types[float] + self.types[Decimal] + kinds["decimal"]
        written = kinds["grouped"] + kinds["comma"] + kinds["percent"]
        if kinds["money"] and plain + written + kinds["money"] >= enough:
            self.fitting = plain + written + kinds["money"]
            sign = self.signs.most_common(1)[0][0]
            return Guess("currency", {"precision": max(2, self.precision), "symbol": sign})
        if plain + written < enough:
            return None
        self.fitting = plain + written
        if currency is not None and stored >= enough:
            precision = max(2, self.precision)
            return Guess("currency", {"precision": precision, "symbol": currency or "¥"})
        if whole == plain + written and _is_code(self.header):
            self.fitting = 0
            return Guess("text")
        style = {"decimal": ","} if kinds["comma"] and not kinds["decimal"] else {}
        if kinds["percent"] >= enough:
            return Guess("percent", {"precision": self.precision}, style)
        precision = min(PRECISION, self.precision + (2 if kinds["percent"] else 0))
        return Guess("number", {"precision": precision}, style)

    def _durations(self, enough: float) -> Guess | None:
        """Lengths of time, where the name of the column says that its clock times are that."""
        if self.types[timedelta] < enough or not _DURATION_NAME.search(self.header.lower()):
            return None
        self.fitting = self.types[timedelta]
        return Guess("duration", {"format": "h:mm:ss"})

    def _yes_no(self, total: int, counted: dict[str, int]) -> Guess | None:
        if self.types[bool] == total:
            return Guess("checkbox")
        words = {text.casefold() for text in counted}
        if not words or sum(counted.values()) < total:
            return None
        if words <= _TICKS or (total > 1 and any(words == pair for pair in _YES_NO)):
            return Guess("checkbox")
        return None

    def _choices(self, total: int, counted: dict[str, int]) -> Guess | None:
        repeated = sum(counted.values()) == total and total >= 3 * len(counted) and total >= 6
        if not repeated or len(counted) > CHOICES or self.longest > 60 or self.several_lines:
            return None
        return Guess("single_choice", {"choices": list(counted)})


def kind_of(text: str) -> str:
    """What a text looks like: integer, day, email … or just text."""
    first = text[0]
    if first.isdecimal() or first in "+-.(¥￥$€£（" or text[:3] in {"RMB", "CNY", "USD", "EUR"}:
        if len(text) < 50 and (match := _KINDS.fullmatch(text)):
            kind = str(match.lastgroup)
            return "text" if kind.startswith("slash") and not _order(text) else kind
        return "text"
    if first in "hH" and text[:8].lower().startswith(("http://", "https://")):
        return "text" if any(sign.isspace() for sign in text) else "url"
    if "@" in text and len(text) < 255 and _EMAIL.fullmatch(text):
        return "email"
    return "text"


def _is_code(header: str) -> bool:
    """Whether the name of a column says that its numbers are codes, not amounts."""
    return bool(_CODE_NAME.search(_CAMEL.sub("_", header).lower()))


def _decimals(text: str, point: str = ".") -> int:
    tail = text.rpartition(point)[2] if point in text and "e" not in text.lower() else ""
    return 0 if tail == "0" else min(PRECISION, sum(sign.isdecimal() for sign in tail))


def _order(text: str) -> str:
    """mdy or dmy where the numbers leave no choice, ``?`` where they do, "" for no date at all."""
    first, second = (int(part) for part in re.split(r"[-/.]", text)[:2])
    if not (0 < first <= 31 and 0 < second <= 31) or (first > 12 and second > 12):
        return ""
    if first > 12:
        return "dmy"
    if second > 12:
        return "mdy"
    return "?"
