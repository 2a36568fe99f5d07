"""The duty matrix: who × period as one viewer may see it, departments folded into a tree.

Coordinators see all owers, heads those below them, others their own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tracker import dutyperiods, owing, schema
from tracker.dutyperiods import Period
from tracker.models import Duty, Person
from tracker.owing import Cell, Ower
from tracker.permissions import Viewer
from tracker.query import Query
from tracker.text import label


@dataclass
class Tally:
    """How the owers below a department stand in one period."""

    owers: int = 0
    done: int = 0
    late: int = 0
    exempt: int = 0
    overdue: int = 0

    def add(self, cell: Cell) -> None:
        self.owers += 1
        self.done += cell.state == "done"
        self.late += cell.state == "late"
        self.exempt += cell.state == "exempt"
        self.overdue += cell.overdue


@dataclass
class Row:
    """A department or person. ``cells`` are its own, by period; ``tallies`` of those below it."""

    id: int
    name: str
    depth: int
    parent: int | None
    owes: bool
    cells: list[Cell] = field(default_factory=list)
    tallies: list[Tally] = field(default_factory=list)


@dataclass(frozen=True)
class Matrix:
    """``rows`` in the order of the tree, each parent before what is folded into it."""

    duty: Duty
    periods: list[Period]
    rows: list[Row]


def matrix(
    viewer: Viewer,
    duty: Duty,
    periods: int = 8,
    *,
    now: datetime | None = None,
    until: Period | None = None,
    within: Collection[int] = (),
) -> Matrix:
    """The duty over its last periods, or those up to ``until``; of owers ``within`` some
    departments alone.

    `duties.load` has checked that it is there for the viewer.
    """
    every = owing.tree()
    shown = owing.periods(duty, periods, now=now)
    if until is not None:
        shown = dutyperiods.latest(duty.definition, until.first, periods)
    owers = _visible(viewer, duty, owing.owers(duty, every), every)
    if within:
        owers = {one: ower for one, ower in owers.items() if {*ower.path[-1:]} & {*within}}
    cells = owing.status(duty, shown, owing=owers, departments=every, now=now)
    _close_records(viewer, duty, cells)
    if not owing.of_departments(duty):
        return Matrix(duty, shown, [_row(one, viewer, shown, cells) for one in owers.values()])
    named = _above(viewer, duty, owers, every)
    named = named & {*within} if within else named
    return Matrix(duty, shown, _rows(viewer.context.lang, named, owers, every, shown, cells))


def _visible(
    viewer: Viewer, duty: Duty, owers: Mapping[int, Ower], every: Mapping[int, Ower]
) -> dict[int, Ower]:
    """The owers whose state this viewer may see."""
    if viewer.coordinates_base(duty.base_id):
        return dict(owers)
    seen = set(viewer.headed)
    if not owing.of_departments(duty):
        rows = Person.select(Person.id).where(Person.department.in_(seen))
        seen = {row.id for row in rows} | {viewer.person_id or 0}
    own = owing.own_ower(viewer, duty, owers, every)
    return {one: ower for one, ower in owers.items() if one in seen or one == own}


def _close_records(viewer: Viewer, duty: Duty, cells: owing.Cells) -> None:
    """Take out the ids of records this viewer may not open."""
    filed = {cell.record_id for row in cells.values() for cell in row.values() if cell.record_id}
    table = schema.current().table(duty.table_id)
    opened = {record.id for record in Query(viewer, table).only([]).fetch(sorted(filed))}
    for row in cells.values():
        for period, cell in row.items():
            if cell.record_id not in opened:
                row[period] = Cell(cell.state, cell.overdue, None, cell.filed_at, cell.reason)


def _row(ower: Ower, viewer: Viewer, periods: Iterable[Period], cells: owing.Cells) -> Row:
    own = [cells[ower.id][period.label] for period in periods]
    return Row(ower.id, label(ower, viewer.context.lang), 0, None, owes=True, cells=own)


def _rows(
    lang: str,
    named: Collection[int],
    owers: Mapping[int, Ower],
    every: Mapping[int, Ower],
    periods: list[Period],
    cells: owing.Cells,
) -> list[Row]:
    """Owers and the departments above them, as a tree; tallies on those that hold others."""
    rows: list[Row] = []
    for one in _in_tree_order(named, every):
        parents = [above for above in every[one].path[:-1] if above in named]
        row = Row(
            one,
            label(every[one], lang),
            depth=len(parents),
            parent=parents[-1] if parents else None,
            owes=one in owers,
        )
        below = [ower for ower in owers.values() if one in ower.path and ower.id != one]
        row.cells = [cells[one][period.label] for period in periods] if row.owes else []
        row.tallies = [_tally(period, below, cells) for period in periods] if below else []
        rows.append(row)
    return rows


def _above(
    viewer: Viewer, duty: Duty, owers: Mapping[int, Ower], every: Mapping[int, Ower]
) -> set[int]:
    """The owers, and the departments over them that this viewer speaks for."""
    above = {one for ower in owers.values() for one in ower.path if one in every}
    if viewer.coordinates_base(duty.base_id):
        return above
    return set(owers) | (above & set(viewer.headed))


def _in_tree_order(named: Iterable[int], every: Mapping[int, Ower]) -> list[int]:
    """Depth first, siblings as the organisation orders them."""
    place = {one: number for number, one in enumerate(every)}
    return sorted(named, key=lambda one: [place.get(part, 0) for part in every[one].path])


def _tally(period: Period, below: Iterable[Ower], cells: owing.Cells) -> Tally:
    tally = Tally()
    for ower in below:
        tally.add(cells[ower.id][period.label])
    return tally
