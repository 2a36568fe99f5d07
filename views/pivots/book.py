"""A pivot as a workbook: the numbers themselves, of what the viewer may export."""

from __future__ import annotations

import tempfile
from typing import Any

from flask import g, send_file

from tracker import clock, fieldtypes
from tracker.crossing import ALL
from tracker.grouping import Measure
from tracker.numeric import precision
from tracker.text import _, label
from views.pages.exporting import TYPES, clean
from views.pivots.plan import Plan, measure_name
from views.pivots.sheet import Head, Line, Number, Sheet, lay_out
from views.viewing import Viewing


def answer(viewing: Viewing, plan: Plan) -> Any:
    """All rows as .xlsx; `Forbidden` where nothing of the table may leave."""
    from tracker.transfer import exporting, writing  # the workbook library, which few need

    query = exporting.exportable(viewing.query)
    sheet = lay_out(viewing, plan, query)
    file = tempfile.TemporaryFile()  # noqa: SIM115 - open until it is sent
    try:
        columns = [writing.OutColumn(label(one.field, g.lang)) for one in plan.rows]
        columns += [
            writing.OutColumn(_column(plan, head, one), "number", _format(one))
            for head in sheet.columns
            for one in plan.measures
        ]
        title = label(viewing.view, g.lang)
        writing.write_xlsx(file, columns, list(_rows(sheet)), title=title)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    day = clock.today(g.viewer.context.zone).isoformat()
    name = clean(f"{label(viewing.table, g.lang)} {title} {day}.xlsx")
    return send_file(file, mimetype=TYPES["xlsx"], as_attachment=True, download_name=name)


def _column(plan: Plan, head: Head, measure: Measure) -> str:
    named = measure_name(measure, g.lang)
    if plan.column is None:
        return named
    whole = _("Together").to(g.lang) if head.key == ALL else head.label
    return whole if len(plan.measures) == 1 else f"{whole} · {named}"


def _format(measure: Measure) -> str:
    """Excel's format of a measured number."""
    if measure.field is None or measure.kind == "unique":
        return "#,##0"
    kind = fieldtypes.get(measure.field)
    places = precision(measure.field) if kind.scaled else 2
    return f"#,##0.{'0' * places}" if places else "#,##0"


def _rows(sheet: Sheet) -> Any:
    """Rows with a column for each row field, the heading repeated, and all together at the end."""
    blank = [""] * (len(sheet.plan.rows) - 1)
    heading = ""
    for line in sheet.lines:
        yield [*_labels(line, heading, blank), *map(_value, line.numbers)]
        heading = heading if line.depth else line.label
    yield [_("All records").to(g.lang), *blank, *map(_value, sheet.total)]


def _labels(line: Line, heading: str, blank: list[str]) -> list[str]:
    return [heading, line.label] if line.depth else [line.label, *blank]


def _value(number: Number) -> Any:
    return number.value
