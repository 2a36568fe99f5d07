"""Times as a chart writes them, and the empty days between the full ones."""

from __future__ import annotations

from datetime import date, timedelta

from tracker.context import Context
from tracker.periods import month_start

MOST_POINTS = 400  # empty days, weeks … are filled in up to here
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def time_label(key: str, bucket: str, context: Context) -> str:
    """``11-21``, ``11-16 – 11-22``, ``11月``, ``Q4``; with the year where it is not this one."""
    year = "" if key[:4] == context.today()[:4] else key[:4]
    if bucket == "year":
        return key
    if bucket == "quarter":
        return f"{key[:4]} {key[5:]}" if year else key[5:]
    if bucket == "month":
        return _month(key, year, context.lang)
    if bucket == "week":
        first = date.fromisoformat(key)
        return f"{key if year else key[5:]} – {first + timedelta(days=6):%m-%d}"
    return key if year else key[5:]


def _month(key: str, year: str, lang: str) -> str:
    month = int(key[5:7])
    if lang == "zh":
        return f"{year}年{month}月" if year else f"{month}月"
    return f"{MONTHS[month - 1]} {year}".strip()


def without_gaps(keys: list[str], bucket: str) -> list[str]:
    """Every bucket between the first and the last, unless those are too many to draw."""
    if len(keys) < 2:
        return keys
    filled, key = [keys[0]], keys[0]
    while key != keys[-1]:
        key = _next(key, bucket)
        filled.append(key)
        if len(filled) > MOST_POINTS:
            return keys
    return filled


def _next(key: str, bucket: str) -> str:
    if bucket in {"day", "week"}:
        days = timedelta(days=7 if bucket == "week" else 1)
        return (date.fromisoformat(key) + days).isoformat()
    if bucket == "month":
        return month_start(date(int(key[:4]), int(key[5:7]), 1), 1).isoformat()[:7]
    if bucket == "quarter":
        year, quarter = int(key[:4]), int(key[-1])
        return f"{year + quarter // 4}-Q{quarter % 4 + 1}"
    return str(int(key) + 1).zfill(4)
