"""A pivot resolved: row fields, a column field and measures, as far as its viewer sees them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tracker import fieldtypes, limits
from tracker.crossing import AGGREGATES
from tracker.errors import Refused
from tracker.grouping import BUCKETS, By, Measure
from tracker.schema import Field, Table
from tracker.text import Text, _, label
from views.charts.plan import MEASURE_NAMES, group_fields, measure_fields

TOP = 20  # columns shown before the rest is put together
SHARES = {
    "": _("Numbers alone"),
    "row": _("Share of the row"),
    "column": _("Share of the column"),
    "total": _("Share of all"),
}
MEASURES: dict[str, Text] = {**MEASURE_NAMES, "unique": _("Different {field}")}
ADDING = {"count", "sum"}  # measures of which a share can be told
RANK = re.compile(r"-?(name|m[0-2](:.{0,200})?)", re.S)
UNFIT = {
    "rows": _("A pivot needs a field for its rows."),
    "column": _("A pivot cannot have columns by this."),
    "measures": _("This cannot be measured."),
}


@dataclass(frozen=True)
class Rank:
    """What the rows are sorted by: their names, or a measure in one column (None: in all)."""

    measure: int | None
    column: str | None
    falling: bool

    @classmethod
    def of(cls, raw: str, measures: int) -> Rank:
        """``name``, ``-m0``, ``m1:2026-11``; whatever else sorts by name."""
        falling, rest = raw.startswith("-"), raw.lstrip("-")
        what, _colon, column = rest.partition(":")
        if not RANK.fullmatch(raw) or what == "name" or int(what[1:]) >= measures:
            return cls(None, None, falling)
        return cls(int(what[1:]), column if _colon else None, falling)


@dataclass(frozen=True)
class Plan:
    """``lost`` tells that fields of the view are gone, or not open to this viewer."""

    rows: tuple[By, ...]
    column: By | None
    measures: tuple[Measure, ...]
    share: str
    heat: bool
    top: int
    rank: Rank
    lost: bool = False


def plan_of(options: Mapping[str, Any], table: Table) -> Plan:
    """The plan of stored options. Fields that are gone or hidden are left out; without any for the
    rows there is no pivot, and `Refused` says so.
    """
    raw_rows = [one for one in listed(options.get("rows")) if one]
    rows = [one for one in (_by(raw, table) for raw in raw_rows[:2]) if one]
    if not rows:
        raise Refused(UNFIT["rows"], field="rows")
    column = _by(options.get("column"), table)
    if len(rows) == 2 and rows[0] == rows[1]:
        rows = rows[:1]
    if column in rows:
        column = None
    asked = listed(options.get("measures"))[: limits.PIVOT_MEASURES]
    measures = [one for one in (_measure(raw, table) for raw in asked) if one]
    lost = len(rows) < len(raw_rows[:2]) or len(measures) < len(asked)
    lost = lost or bool(options.get("column") and column is None)
    share = options.get("share")
    return Plan(
        rows=tuple(rows),
        column=column,
        measures=tuple(measures) or (Measure(),),
        share=share if isinstance(share, str) and share in SHARES else "",
        heat=bool(options.get("heat")),
        top=_top(options.get("top")) or TOP,
        rank=Rank.of(str(options.get("rank") or "name")[:210], len(measures) or 1),
        lost=lost,
    )


def checked(options: Mapping[str, Any], table: Table) -> dict[str, Any]:
    """Options as they may be stored; raises `Refused` for what does not stand."""
    rows = [_need(raw, table, "rows") for raw in listed(options.get("rows"))[:2] if raw]
    if not rows:
        raise Refused(UNFIT["rows"], field="rows")
    column = _need(options["column"], table, "column") if options.get("column") else None
    if rows[0] in rows[1:] or column in rows:
        raise Refused(_("Rows and columns need fields that differ."), field="column")
    measures = []
    for raw in listed(options.get("measures"))[: limits.PIVOT_MEASURES]:
        measure = _measure(raw, table)
        if measure is None:
            raise Refused(UNFIT["measures"], field="measures")
        measures.append(measure)
    top = _top(options.get("top"))
    if options.get("top") and top is None:
        text = _("A pivot shows 1 to {n} columns.", n=limits.PIVOT_COLUMNS)
        raise Refused(text, field="top")
    rank = str(options.get("rank") or "name")
    return {
        "rows": [_stored(one) for one in rows],
        "column": _stored(column) if column else None,
        "measures": [
            {"kind": one.kind, "field": one.field.id if one.field else None}
            for one in measures or [Measure()]
        ],
        "share": options["share"] if options.get("share") in SHARES else "",
        "heat": bool(options.get("heat")),
        "top": top,
        "rank": rank if RANK.fullmatch(rank) else "name",
    }


def listed(raw: Any) -> list[Any]:
    return raw if isinstance(raw, list) else []


def _stored(by: By) -> dict[str, Any]:
    return {"field": by.field.id, "bucket": by.bucket}


def _need(raw: Any, table: Table, option: str) -> By:
    found = _by(raw, table)
    if found is None:
        raise Refused(UNFIT[option], field=option)
    return found


def _by(raw: Any, table: Table) -> By | None:
    if not isinstance(raw, dict):
        return None
    field = _field(raw.get("field"), group_fields(table))
    if field is None:
        return None
    bucket = str(raw.get("bucket"))
    timely = fieldtypes.get(field).family == "time"
    return By(field, bucket if timely and bucket in BUCKETS else "month")


def _measure(raw: Any, table: Table) -> Measure | None:
    kind = raw.get("kind") if isinstance(raw, dict) else None
    if kind == "count":
        return Measure()
    if not isinstance(kind, str) or kind not in AGGREGATES:
        return None
    offered = group_fields(table) if kind == "unique" else measure_fields(table)
    field = _field(raw.get("field"), offered)
    return Measure(kind, field) if field else None


def _field(ref: Any, offered: list[Field]) -> Field | None:
    return next((one for one in offered if str(one.id) == str(ref)), None)


def _top(raw: Any) -> int | None:
    text = str(raw or "")
    good = text.isascii() and text.isdecimal() and 1 <= int(text[:6]) <= limits.PIVOT_COLUMNS
    return int(text) if good else None


# ── words ────────────────────────────────────────────────────────────────────


def measure_name(measure: Measure, lang: str) -> str:
    words = MEASURES[measure.kind]
    if measure.field is None:
        return words.to(lang)
    return Text(words.message, field=label(measure.field, lang)).to(lang)


def measure_ways(table: Table) -> list[Measure]:
    """Everything that can be measured: the number of records, figures of numbers, differences."""
    ways = [Measure()]
    ways += [
        Measure(kind, one)
        for one in measure_fields(table)
        for kind in AGGREGATES
        if kind not in {"count", "unique"}
    ]
    return ways + [Measure("unique", one) for one in group_fields(table)]
