"""Chart: records grouped, measured and drawn in many ways, or what the log says of their stages."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from typing import Any

from flask import current_app, g, render_template, send_file

from tracker import clock
from tracker.errors import Forbidden, Missing, Refused
from tracker.permissions import Viewer
from tracker.query import Query
from tracker.schema import Table
from tracker.text import _, label, say
from views.cards import narrowed
from views.charts.drawing import Drawing, unit_of
from views.charts.names import measure_name
from views.charts.plan import BUCKET_NAMES, Plan, plan_of
from views.charts.settings import SETTINGS, controls, liked, options_of, stored
from views.kinds import ViewKind, registry
from views.viewing import Viewing

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@registry.register
class ChartKind(ViewKind):
    """``options``: ``chart``, ``group``, ``bucket``, ``measure``, ``more`` (measures), ``split``;
    where they differ from what suits the field, ``ranking`` and ``top``; ``cumulative``, ``gaps``,
    ``target``, ``compare`` (``date`` and ``span``), ``steps`` (stages), ``during`` (a period).
    The address may say them too, measures as ``sum:15``.
    """

    key = "chart"
    name = _("Chart")
    icon = "chart-bar"
    order = 50
    template = "chart.html"
    tools = ("filter", "search")

    def defaults(self, table: Table | None, viewer: Viewer) -> dict[str, Any]:
        if table is None:
            return {}
        group = liked(table)
        return {
            "chart": "bar",
            "group": group.id if group else None,
            "bucket": "month",
            "measure": {"kind": "count", "field": None},
            "more": [],
            "split": None,
        }

    def check_options(
        self, options: dict[str, Any], table: Table | None, viewer: Viewer
    ) -> dict[str, Any]:
        if table is None:
            raise Missing
        return stored(plan_of(options, table), options, table)

    def context(self, viewing: Viewing) -> dict[str, Any]:
        options = options_of(viewing)
        made = drawn(viewing, options)
        return {
            **made,
            "setup": controls(viewing, made["plan"], options),
            "may_export": viewing.scope.access.may_export,
            "shown": (shown := viewing.query.count()),
            "scope": viewing.scope.count() if narrowed(viewing) else shown,
        }

    def data(self, viewing: Viewing, what: str) -> Any:
        """``series``: what js/chart.js draws, for programs; ``drawing``: as the page shows it;
        ``chart.xlsx``: its numbers."""
        if what == "series":
            return current_app.json.response(drawn(viewing)["data"] or {})
        if what == "drawing":
            return render_template("_chart_stage.html", **drawn(viewing))
        if what == "chart.xlsx":
            return sheet(viewing)
        raise Missing

    def as_shown(self, viewing: Viewing) -> dict[str, Any]:
        if not any(one in viewing.params for one in SETTINGS):
            return {}
        options = options_of(viewing)
        return stored(plan_of(options, viewing.table), options, viewing.table)

    def tile(self, viewing: Viewing) -> dict[str, Any]:
        return drawn(viewing)


def drawn(viewing: Viewing, options: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The plan and its drawing; ``problem`` says why there is none."""
    made: dict[str, Any] = {"plan": None, "drawing": None, "data": None, "problem": None}
    try:
        made["plan"] = plan = plan_of(options or options_of(viewing), viewing.table)
        made["drawing"] = drawing = plan.kind.draw(viewing, plan, viewing.query.order([]))
    except Refused as refused:
        return {**made, "problem": say(refused.text, g.lang)}
    return {**made, "data": picture(drawing), "title": title(plan)}


# ── what the page draws ──────────────────────────────────────────────────────


def picture(drawing: Drawing) -> dict[str, Any]:
    """The drawing as JSON for js/chart.js: names, colours, numbers and where they lead.

    The rest beyond the top belongs into a ring; beside bars it would dwarf them, so words say it.
    """
    plan = drawing.plan
    own = plan.split is None and len(plan.measures) == 1
    last = None if plan.kind.keeps_rest or drawing.rest is None else -1
    return {
        "chart": plan.chart,
        "timely": plan.timely,
        "stacked": plan.adds_up,
        "total": drawing.total,
        "note": drawing.note,
        "names": drawing.names,
        "units": [unit_of(one, _context()).json() for one in plan.measures],
        "target": plan.target,
        "targets": drawing.targets,
        "categories": [one.label for one in drawing.categories[:last]],
        "colors": [one.color for one in drawing.categories[:last]] if own else [],
        "wholes": [one.text for one in drawing.wholes[:last]],
        "layers": [
            {
                "name": layer.label,
                "key": layer.keys[0] if plan.kind.from_log else None,
                "color": layer.color,
                "rest": len(layer.keys) > 1,
                "values": [one.value for one in marks[:last]],
                "texts": [one.text for one in marks[:last]],
                "hrefs": [one.href for one in marks[:last]],
            }
            for layer, marks in zip(drawing.layers, drawing.marks, strict=True)
        ],
        **plan.kind.told(drawing, g.lang),
    }


def _context() -> Any:
    return g.viewer.context


def title(plan: Plan) -> str:
    """The chart in words: “Number of records by Start (month), split by State”."""
    if plan.kind.from_log:
        by = label(plan.grouping.field, g.lang)
        return _("{chart}: {field}", chart=plan.kind.name.to(g.lang), field=by).to(g.lang)
    measured = " · ".join(measure_name(one, g.lang) for one in plan.measures)
    if plan.by is None:
        return measured
    by = label(plan.grouping.field, g.lang)
    if plan.by.timely:
        words = _("{name} ({bucket})", name=by, bucket=BUCKET_NAMES[plan.by.bucket])
        by = words.to(g.lang)
    if plan.split is None:
        return _("{measure} by {group}", measure=measured, group=by).to(g.lang)
    split = label(plan.split.field, g.lang)
    return _("{measure} by {group} and {split}", measure=measured, group=by, split=split).to(g.lang)


# ── as a file ────────────────────────────────────────────────────────────────


def sheet(viewing: Viewing) -> Any:
    """The chart's numbers as a workbook, of what the viewer may export alone."""
    from tracker.transfer import exporting, writing  # bring the workbook library

    query = exporting.exportable(viewing.query.order([]))
    plan = plan_of(options_of(viewing), viewing.table)
    _need_fields(plan, query)
    drawing = plan.kind.draw(viewing, plan, query)
    name = f"{label(viewing.view, g.lang)} {clock.today(g.viewer.context.zone).isoformat()}.xlsx"
    units = [unit_of(plan.measures[one.measure], _context()) for one in drawing.layers]
    columns = [writing.OutColumn(drawing.names)]
    for layer, unit in zip(drawing.layers, units, strict=True):
        format = exporting.column_of(unit.field, g.viewer).number_format if unit.field else None
        columns.append(writing.OutColumn(layer.label, "number", format or "General"))
    shown = list(zip(drawing.marks, units, strict=True))
    rows = (
        [one.label, *(unit.sheet(marks[place].value) for marks, unit in shown)]
        for place, one in enumerate(drawing.categories)
    )
    file = tempfile.TemporaryFile()  # noqa: SIM115 - open until it is sent
    writing.write_xlsx(file, columns, rows, title=label(viewing.view, g.lang))
    file.seek(0)
    return send_file(file, mimetype=XLSX, as_attachment=True, download_name=clean(name))


def _need_fields(plan: Plan, query: Query) -> None:
    """Fields of the chart that may be read but not exported go into no file."""
    bys = [one.field for one in (plan.by, plan.split) if one is not None]
    measured = [one.field for one in plan.measures if one.field is not None]
    compared = [plan.compare[0]] if plan.compare else []
    if any(query.access.level(one.id) < 1 for one in (*bys, *measured, *compared)):
        raise Forbidden(_("You may not export from this table."))


def clean(name: str) -> str:
    """A file name that no system refuses."""
    return "".join("_" if one in '\\/:*?"<>|' or ord(one) < 32 else one for one in name)
