"""Groups of a grid: from the address or the view, as headings in words, folded by the reader.

Levels over fields that are gone or closed to the reader are left out.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

from tracker import fieldtypes, grouped, limits
from tracker.errors import Refused
from tracker.grouped import Group, Level
from tracker.grouping import BUCKETS, By
from tracker.query import Query
from tracker.schema import Field, Table
from tracker.text import _, label
from views.charts.times import time_label
from views.viewing import Viewing

USUAL = "month"
DRAWN = {"choice", "choices", "stage", "rating"}  # whose values are more than words
FOLD_LENGTH = 60  # characters of a key that tell a folded group from another


def levels(viewing: Viewing) -> list[Level]:
    """The levels that the records are grouped by now, the outermost first."""
    raw = viewing.params.get("group")
    asked = _of_address(raw) if raw is not None else viewing.options.get("group_by") or []
    found: list[Level] = []
    for one in asked:
        field = viewing.table.by_id.get(one["field"])
        taken = {level.by.field.id for level in found}
        if field and groupable(field) and field.id not in taken:
            bucket = str(one.get("bucket"))
            by = By(field, bucket if bucket in BUCKETS else USUAL)
            found.append(Level(by, bool(one.get("desc"))))
    return found[: limits.GROUP_LEVELS]


def _of_address(raw: str) -> list[dict[str, Any]]:
    """``12,-15:week``: fields, falling with a minus, times with what they are put together by."""
    made = []
    for part in raw.split(","):
        number, _colon, bucket = part.partition(":")
        digits = number.removeprefix("-")
        if digits.isascii() and digits.isdigit() and len(digits) < 16:
            desc = number.startswith("-")
            made.append({"field": int(digits), "desc": desc, "bucket": bucket})
    return made


def groupable(field: Field) -> bool:
    return field.problem is None and fieldtypes.get(field).groups


def check(value: Any, table: Table) -> list[dict[str, Any]]:
    """Levels as a view keeps them; raises `Refused`."""
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise Refused(_("This request cannot be read."))
    if len(value) > limits.GROUP_LEVELS:
        raise Refused(_("At most {n} levels of groups fit.", n=limits.GROUP_LEVELS))
    return [_checked(one, table) for one in value]


def _checked(one: dict[str, Any], table: Table) -> dict[str, Any]:
    field = table.find(one.get("field"))
    if field is None:
        raise Refused(_("There is no field called {name}.", name=str(one.get("field"))[:60]))
    if not groupable(field):
        raise Refused(_("Records cannot be grouped by “{field}”.", field=field.name))
    bucket = one.get("bucket") or USUAL
    if bucket not in BUCKETS:
        raise Refused(_("Dates are put together by day, week, month, quarter or year."))
    return {"field": field.id, "desc": bool(one.get("desc")), "bucket": bucket}


def stored(found: Sequence[Level]) -> list[dict[str, Any]]:
    """Levels as the menus and the view know them."""
    return [
        {"field": one.by.field.id, "desc": one.descending, "bucket": one.by.bucket} for one in found
    ]


# ── headings ─────────────────────────────────────────────────────────────────


def headings(
    query: Query, found: Sequence[Level], groups: Sequence[Group]
) -> list[tuple[int, int, str, str]]:
    """``(level, count, label as HTML, what a fold is remembered by)``, one query a level."""
    for at, level in enumerate(found):
        keys = {one.keys[at] for one in groups if one.level == at} - {None}
        grouped.load_names(query, level.by, [grouped.value(level.by, key) for key in keys])
    return [
        (
            one.level,
            one.count,
            heading(query, found[one.level].by, one.keys[-1]),
            "" if one.keys[-1] is None else str(one.keys[-1])[:FOLD_LENGTH],
        )
        for one in groups
    ]


def opening(
    query: Query, found: Sequence[Level], path: Sequence[Any], count: int
) -> list[tuple[int, int, str, str]]:
    """The headings over the first records of the page, before the groups are counted."""
    made = [Group(at, tuple(path[: at + 1]), 0, count) for at in range(len(path))]
    return headings(query, found, made)


def heading(query: Query, by: By, key: Any) -> str:
    """The label of a group as safe HTML."""
    kind, context = fieldtypes.get(by.field), query.viewer.context
    if key is None:
        return f"<i>{html.escape(_('Without').to(context.lang))}</i>"
    if kind.family == "checkbox":
        return html.escape((_("Yes") if key else _("No")).to(context.lang))
    if by.timely:
        return html.escape(time_label(key, by.bucket, context))
    value = grouped.value(by, key)
    if kind.widget in DRAWN:
        return kind.html(value, by.field, context)
    return html.escape(kind.text(value, by.field, context)) or "<i>–</i>"


def describe(found: Sequence[Level], lang: str) -> list[dict[str, Any]]:
    """The levels for scripts: which field, and its name."""
    return [{"field": one.by.field.id, "name": label(one.by.field, lang)} for one in found]
