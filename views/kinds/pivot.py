"""Pivot: records crossed by one or two fields for the rows and one for the columns."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import current_app, g, request

from tracker import fieldtypes, limits
from tracker.crossing import ALL
from tracker.errors import Missing, Refused
from tracker.grouping import By
from tracker.permissions import Viewer
from tracker.schema import Field, Table
from tracker.text import _, label, say
from views.cards import narrowed
from views.charts.names import measure_value
from views.charts.plan import BUCKET_NAMES, group_fields
from views.kinds import ViewKind, registry
from views.pivots.plan import (
    ADDING,
    SHARES,
    TOP,
    Plan,
    checked,
    listed,
    measure_name,
    measure_ways,
    plan_of,
)
from views.pivots.sheet import Sheet, column_ref, lay_out
from views.viewing import Viewing

ALONE = ("share", "heat", "top", "rank")
SETTINGS = {"row", "row_by", "row2", "row2_by", "column", "column_by", "m1", "m2", "m3", *ALONE}
TILE_ROWS = 12


@registry.register
class PivotKind(ViewKind):
    """``options``: ``rows`` (one or two ``{"field", "bucket"}``), ``column``, ``measures``,
    ``share``, ``heat``, ``top``, ``rank``; the address may say them too, as `SETTINGS`.
    """

    key = "pivot"
    name = _("Pivot")
    icon = "grid-dots"
    order = 55
    template = "pivot.html"
    tools = ("filter", "search")

    def defaults(self, table: Table | None, viewer: Viewer) -> dict[str, Any]:
        """By the first choice or place, and by month where there is a date."""
        if table is None:
            return {}
        offered = group_fields(table)
        family = {one.id: fieldtypes.get(one).family for one in offered}
        liked = [one for one in offered if family[one.id] == "one"]
        row = next(iter([*liked, *offered]), None)
        time = next((one for one in offered if family[one.id] == "time" and one != row), None)
        return {
            "rows": [{"field": row.id, "bucket": "month"}] if row else [],
            "column": {"field": time.id, "bucket": "month"} if time else None,
            "measures": [{"kind": "count", "field": None}],
        }

    def check_options(
        self, options: dict[str, Any], table: Table | None, viewer: Viewer
    ) -> dict[str, Any]:
        if table is None:
            raise Missing
        return checked(options, table)

    def context(self, viewing: Viewing) -> dict[str, Any]:
        made = laid_out(viewing, limits.PIVOT_ROWS)
        return {
            **made,
            "setup": controls(viewing, made["plan"]),
            "scope": made["sheet"].records
            if made["sheet"] and not narrowed(viewing)
            else viewing.scope.count(),
            "may_export": viewing.scope.access.may_export,
            "query_string": urlencode(dict(request.args)),
        }

    def data(self, viewing: Viewing, what: str) -> Any:
        """``numbers`` for programs; ``export``: all rows as a workbook."""
        if what == "export":
            from views.pivots.book import answer

            return answer(viewing, plan_of(asked(viewing), viewing.table))
        if what != "numbers":
            raise Missing
        plan = plan_of(asked(viewing), viewing.table)
        return current_app.json.response(told(lay_out(viewing, plan, viewing.query)))

    def tile(self, viewing: Viewing) -> dict[str, Any]:
        return laid_out(viewing, TILE_ROWS)


def laid_out(viewing: Viewing, rows: int) -> dict[str, Any]:
    """The plan and its sheet; ``problem`` says why there is none."""
    made: dict[str, Any] = {"plan": None, "sheet": None, "problem": None}
    try:
        made["plan"] = plan = plan_of(asked(viewing), viewing.table)
        first = asked_first(viewing)
        made["sheet"] = sheet = lay_out(viewing, plan, viewing.query, page=(first, rows))
    except Refused as refused:
        return {**made, "problem": say(refused.text, g.lang)}
    after = first + rows if sheet.rows > first + rows else None
    return {
        **made,
        "title": title(plan),
        "measured": [measure_name(one, g.lang) for one in plan.measures],
        "ranks": ranks(plan, sheet),
        "first": first,
        "after": after,
        "before": max(0, first - rows) if first else None,
    }


def asked_first(viewing: Viewing) -> int:
    raw = viewing.params.get("from", "")
    return int(raw) if raw.isascii() and raw.isdecimal() and len(raw) < 7 else 0


def asked(viewing: Viewing) -> dict[str, Any]:
    """The view's options with the address's over them."""
    given, options = viewing.params, {**viewing.options}
    saved = [*listed(options.get("rows")), None, None]
    options["rows"] = [
        _by(given, name) if name in given else old
        for name, old in zip(("row", "row2"), saved, strict=False)
    ]
    if "column" in given:
        options["column"] = _by(given, "column")
    if any(one in given for one in ("m1", "m2", "m3")):
        options["measures"] = [_measure(given[one]) for one in ("m1", "m2", "m3") if given.get(one)]
    return {**options, **{one: given[one] for one in ALONE if one in given}}


def _by(given: Any, name: str) -> dict[str, Any] | None:
    field = given.get(name)
    return {"field": field, "bucket": given.get(f"{name}_by", "month")} if field else None


def _measure(raw: str) -> dict[str, Any]:
    kind, _colon, field = raw.partition(":")
    return {"kind": kind, "field": field}


def told(sheet: Sheet) -> dict[str, Any]:
    """The sheet as JSON: labels, numbers and where they lead."""

    def numbers(given: list[Any]) -> list[Any]:
        return [{"value": one.value, "text": one.text, "href": one.href} for one in given]

    return {
        "columns": [one.label for one in sheet.columns],
        "rows": [
            {"label": one.label, "depth": one.depth, "numbers": numbers(one.numbers)}
            for one in sheet.lines
        ],
        "total": numbers(sheet.total),
    }


def title(plan: Plan) -> str:
    """The pivot in words: “Number of records by Branch, Start (month)”."""
    several = "、" if g.lang == "zh" else ", "
    fields = []
    for one in [*plan.rows, *([plan.column] if plan.column else [])]:
        named = label(one.field, g.lang)
        if one.timely:
            words = _("{name} ({bucket})", name=named, bucket=BUCKET_NAMES[one.bucket])
            named = words.to(g.lang)
        fields.append(named)
    measured = several.join(measure_name(one, g.lang) for one in plan.measures)
    return _("{measure} by {group}", measure=measured, group=several.join(fields)).to(g.lang)


# ── what can be set ──────────────────────────────────────────────────────────


def ranks(plan: Plan, sheet: Sheet) -> dict[str, Any]:
    """Where each heading leads: sorted by it, the largest first, and the other way round."""
    now = plan.rank

    def one(measure: int, column: str | None) -> dict[str, Any]:
        active = now.measure == measure and now.column == column
        sign = "" if active and now.falling else "-"
        about = f"m{measure}" + ("" if column is None else f":{column}")
        order = ("descending" if now.falling else "ascending") if active else None
        return {"href": changed(rank=sign + about, **{"from": ""}), "order": order}

    by_name = now.measure is None
    name = {
        "href": changed(rank="-name" if by_name and not now.falling else "name", **{"from": ""}),
        "order": ("descending" if now.falling else "ascending") if by_name else None,
    }
    refs = [None if head.key == ALL else column_ref(head) for head in sheet.columns]
    places = range(len(plan.measures))
    return {"name": name, "columns": [[one(place, ref) for place in places] for ref in refs]}


def controls(viewing: Viewing, plan: Plan | None) -> dict[str, Any]:
    """The settings as lists of ``(value, words, chosen)``."""
    offered = group_fields(viewing.table)
    rows = list(plan.rows) if plan else []
    column = plan.column if plan else None
    ways = [(measure_value(one), measure_name(one, g.lang)) for one in measure_ways(viewing.table)]
    chosen = [measure_value(one) for one in plan.measures] if plan else ["count"]
    chosen_by: list[By | None] = [
        rows[0] if rows else None,
        rows[1] if len(rows) > 1 else None,
        column,
    ]
    return {
        "dimensions": [
            {
                "name": name,
                "fields": _fields(offered, one.field if one else None),
                "buckets": _chosen(BUCKET_NAMES, one.bucket if one else "month"),
                "unset": bool(place),
            }
            for place, (name, one) in enumerate(
                zip(("row", "row2", "column"), chosen_by, strict=True)
            )
        ],
        "timely": [one.id for one in offered if fieldtypes.get(one).family == "time"],
        "measures": [
            [(value, words, chosen[at : at + 1] == [value]) for value, words in ways]
            for at in range(limits.PIVOT_MEASURES)
        ],
        "shares": _chosen(SHARES, plan.share if plan else ""),
        "adding": any(one.kind in ADDING for one in plan.measures) if plan else False,
        "heat": bool(plan and plan.heat),
        "top": plan.top if plan else TOP,
        "most": limits.PIVOT_COLUMNS,
        "kept": [(k, v) for k, v in request.args.items() if k not in SETTINGS | {"from"}],
        "rank": str(asked(viewing).get("rank") or "name")[:210],
        "changed": any(one in request.args for one in SETTINGS),
    }


def _fields(offered: list[Field], chosen: Field | None) -> list[tuple[str, str, bool]]:
    return [(str(one.id), label(one, g.lang), one == chosen) for one in offered]


def _chosen(words: Any, chosen: str) -> list[tuple[str, str, bool]]:
    return [(key, text.to(g.lang), key == chosen) for key, text in words.items()]


def changed(**settings: str) -> str:
    """This view's address with other settings; empty ones left out."""
    params = {**request.args.to_dict(), **settings}
    shown = {key: value for key, value in params.items() if value != "" or key not in settings}
    path = request.path if not request.path.endswith("/tile") else request.path[:-5]
    return f"{path}?{urlencode(shown)}"
