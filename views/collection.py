"""How a duty stands, made ready for pages: marks per period, tallies and bars per department."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask import g

from tracker import clock, dutymatrix
from tracker.dutyperiods import Period
from tracker.models import Duty
from tracker.owing import Cell
from tracker.permissions import Viewer
from tracker.text import Text, _

STATES: dict[str, tuple[str, str, Text]] = {  # state → (mark, class, word)
    "done": ("●", "ok", _("filed")),
    "late": ("◐", "attention", _("filed late")),
    "owed": ("○", "info", _("not filed yet")),
    "overdue": ("✕", "late", _("overdue")),
    "exempt": ("–", "muted", _("exempt")),
    "future": ("", "muted", _("not due yet")),
}


def head(period: Period) -> dict[str, Any]:
    """A column: its short name and its cut-off on the reader's wall."""
    due = clock.to_local(period.due, g.viewer.context.zone)
    return {
        "label": period.label,
        "name": period.label.removeprefix(f"{period.first.year}-"),
        "due": f"{due:%m-%d %H:%M}",
        "now": period.first <= clock.today(g.viewer.context.zone) < period.end,
    }


def row(found: dutymatrix.Row) -> dict[str, Any]:
    """A line: its own marks, or the tallies of those folded into it."""
    marks = [mark(cell) for cell in found.cells] if found.owes else []
    tallies = [] if found.owes else [tally(one) for one in found.tallies]
    return {"row": found, "marks": marks, "tallies": tallies}


def mark(cell: Cell) -> dict[str, Any]:
    state = "overdue" if cell.state == "owed" and cell.overdue else cell.state
    sign, cls, word = STATES[state]
    return {"sign": sign, "cls": cls, "word": word, "record": cell.record_id, "reason": cell.reason}


def tally(found: dutymatrix.Tally) -> dict[str, Any]:
    filed = found.done + found.late
    asked = found.owers - found.exempt
    cls = "ok" if filed >= asked else "late" if found.overdue else "info"
    return {"filed": filed, "asked": asked, "cls": cls, "overdue": found.overdue}


def collection(viewer: Viewer, duty: Duty, within: Collection[int] = ()) -> dict[str, Any]:
    """How far this period's collection is, by the top departments, or those ``within`` alone: for
    tiles and the start page.
    """
    found = dutymatrix.matrix(viewer, duty, 1, within=within)
    parents = [one for one in found.rows if one.tallies]
    depth = min((one.depth for one in parents), default=0)
    if sum(one.depth == depth for one in parents) == 1:
        depth += 1  # below the head office
    at = depth if any(one.depth == depth for one in parents) else depth - 1  # one unit, its own
    groups = [(one, tally(one.tallies[-1])) for one in parents if one.depth == at]
    missing = [one for one in found.rows if one.owes and one.cells[-1].state == "owed"]
    return {
        "duty": duty,
        "period": head(found.periods[-1]) if found.periods else None,
        "groups": groups,
        "missing": missing,
        "whole": sum(one.owes for one in found.rows),
    }
