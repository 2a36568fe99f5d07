"""History in words: who changed what, when and through what, and what lies in the bin."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from tracker import clock, fieldtypes, models, permissions, schema
from tracker.errors import Forbidden, Missing
from tracker.periods import short_day
from tracker.permissions import Viewer
from tracker.query import Query
from tracker.schema import Table
from tracker.text import Text, _, label

BIN_ROWS = 200
KINDS = {
    "create": _("added the record"),
    "update": _("changed"),
    "delete": _("deleted the record"),
    "restore": _("restored the record"),
}
THROUGH = {
    "page": _("on a page"),
    "paste": _("by pasting"),
    "bulk": _("for many records at once"),
    "form": _("through a form"),
    "automation": _("by an automation"),
    "alert": _("as the answer to an alert"),
    "import": _("by an import"),
    "excel": _("by a filled-in template"),
    "api": _("through the interface for programs"),
    "undo": _("by undoing"),
    "setup": _("when the base was set up"),
}


def through(via: str) -> Text | None:
    """What a change was made through, in words; None for ways without a name."""
    return THROUGH.get(via.partition(":")[0])


def say_moment(moment: datetime, viewer: Viewer) -> str:
    local = clock.to_local(moment, viewer.context.zone)
    return f"{short_day(local.date().isoformat(), viewer.context)} {local:%H:%M}"


def entries(viewer: Viewer, table: Table, rows: list[models.Change]) -> list[dict[str, Any]]:
    """Entries for the page, newest first; ``undo`` where the viewer can take it back now."""
    _load_names(viewer, table, rows)
    rights = permissions.access(viewer, table)
    later: set[int] = set()
    told, answerers = [], _answerers(viewer, rows)
    for row in rows:
        told.append(_entry(rights, row, later) | answerers.get(row.via, {}))
        later |= set(row.values)
    return told


def _answerers(viewer: Viewer, rows: list[models.Change]) -> dict[str, dict[str, Any]]:
    """Who answered the alerts that changes came from: the automation only wrote it down."""
    ids = [int(row.via[6:]) for row in rows if row.via.startswith("alert:")]
    if not ids:
        return {}
    alert, people = models.Alert, viewer.context.directory
    found = dict(alert.select(alert.id, alert.answered_by).where(alert.id.in_(ids)).tuples())
    people.load_people(one for one in found.values() if one)
    return {
        f"alert:{one}": {"who": people.person(person), "seed": person}
        for one, person in found.items()
        if person
    }


def _entry(rights: permissions.Access, row: models.Change, later: set[int]) -> dict[str, Any]:
    viewer, table = rights.viewer, rights.table
    lang, own = viewer.context.lang, row.person_id == viewer.person_id
    lines = _lines(viewer, table, row) if row.kind == "update" else []
    open_still = all(rights.writable(one) and one not in later for one in row.values)
    person = viewer.context.directory.person(row.person_id) if row.person_id else ""
    return {
        "id": row.id,
        "who": person or _("Rounds").to(lang),
        "seed": row.person_id,
        "at": say_moment(row.at, viewer),
        "what": KINDS.get(row.kind, _("changed")).to(lang),
        "through": through(row.via),
        "lines": lines,
        "undo": own and row.kind == "update" and open_still and not row.via.startswith("undo"),
    }


def _lines(viewer: Viewer, table: Table, row: models.Change) -> list[tuple[str, str, str]]:
    """``(field, old, new)`` in words; the names in them are loaded already."""
    told = []
    for field_id, (old, new) in row.values.items():
        field = table.by_id[field_id]
        kind, context = fieldtypes.get(field), viewer.context
        told.append(
            (
                label(field, context.lang),
                kind.text(old, field, context),
                kind.text(new, field, context),
            )
        )
    return told


def _load_names(viewer: Viewer, table: Table, rows: Iterable[models.Change]) -> None:
    """Names of all people and linked records in the entries: one query a kind, one a link."""
    rows = list(rows)
    directory = viewer.context.directory
    people = {row.person_id for row in rows if row.person_id}
    for field in table.fields:
        ids = {one for row in rows for one in _ids(row.values.get(field.id))}
        widget = fieldtypes.get(field).widget
        if widget == "person":
            people |= ids
        elif widget == "department":
            directory.load_departments(ids)
        elif widget == "link" and ids:
            _load_titles(viewer, field.options["table"], ids)
    directory.load_people(people)


def _load_titles(viewer: Viewer, table_id: int, ids: set[int]) -> None:
    target = schema.current().tables.get(table_id)
    if target is None or not permissions.possible_access(viewer, target).lanes:
        return
    for record in Query(viewer, target).only([]).fetch(sorted(ids)):
        title = record.title or f"#{record.id}"
        viewer.context.directory.records[table_id, record.id] = title


def _ids(pair: Any) -> list[int]:
    """The ids in an ``[old, new]`` of any shape."""
    found: list[int] = []
    for value in pair or []:
        parts = value if isinstance(value, list) else [value]
        found += [one for one in parts if isinstance(one, int) and not isinstance(one, bool)]
    return found


def own_change(viewer: Viewer, change_id: int) -> tuple[models.Change, Table]:
    """A change that this viewer may take back: their own, or any for coordinators."""
    change = models.Change.get_or_none(models.Change.id == change_id) if change_id < 2**53 else None
    if change is None:
        raise Missing
    table = schema.current().table(change.table_id)
    permissions.access(viewer, table)
    own = change.person_id is not None and change.person_id == viewer.person_id
    mine = own or viewer.coordinates_base(table.base_id)
    if change.kind != "delete":
        Query(viewer, table).only([]).one(change.record_id)
        if not mine:
            raise Forbidden(_("Only the one who made a change, or a coordinator, can undo it."))
    elif not mine:
        raise Missing
    return change, table


def binned(viewer: Viewer, table: Table) -> list[dict[str, Any]]:
    """What the viewer may both read and delete, and so restore; the latest deleted first."""
    query = Query(viewer, table)
    scope = query.scope
    title = table.title if table.title and query.access.level(table.title.id) >= 1 else None
    model = scope.model
    shown = scope.column(title) if title and fieldtypes.get(title).stored else None
    columns = [model.id, model.deleted_at, model.updated_by, *([] if shown is None else [shown])]
    select = model.select(*columns).where(model.deleted_at.is_null(False))
    for test in (scope.rows, scope.union(list(query.access.lanes), "delete")):
        select = select.where(test) if test is not True else select
    rows = list(select.order_by(model.deleted_at.desc(), model.id.desc()).limit(BIN_ROWS).tuples())
    viewer.context.directory.load_people(row[2] for row in rows if row[2])
    return [_binned(viewer, title, *row) for row in rows]


def _binned(
    viewer: Viewer, title: Any, record_id: int, at: Any, person: int | None, value: Any = None
) -> dict[str, Any]:
    name = ""
    if title is not None and value is not None:
        kind = fieldtypes.get(title)
        name = kind.text(kind.column(title).python_value(value), title, viewer.context)
    return {
        "id": record_id,
        "title": name or f"#{record_id}",
        "at": say_moment(datetime.fromisoformat(str(at)), viewer),
        "who": viewer.context.directory.person(person) if person else "",
    }
