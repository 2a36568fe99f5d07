"""A table that can be used at once: with a title field, a grid and a form."""

from __future__ import annotations

from typing import Any

from tracker import db, definitions, fieldtypes, models, schema, tables
from tracker.permissions import Viewer, need_coordinator
from tracker.schema import Base, Table
from tracker.text import Text, _

GRID = _("Grid")
FORM = _("New: {table}")


def start(viewer: Viewer, base: Base, name: str, *, names: dict[str, str] | None = None) -> Table:
    """A new empty table, furnished."""
    with db.write():
        table = tables.create_table(viewer, base, name, names=names)
        # chosen, so that another order of the fields gives the records no other names
        tables.update_table(viewer, table, options={"title": table.fields[0].id})
        return furnish(viewer, table)


def furnish(viewer: Viewer, table: Table) -> Table:
    """Give a table without views a grid, and one without forms a form that asks every field."""
    need_coordinator(viewer, table.base_id)
    with db.write():
        if not definitions.views_of(viewer, table):
            models.View.create(base=table.base_id, table=table.id, kind="grid", **_both(GRID))
        if not definitions.forms_of(viewer, table):
            named = _both(FORM, table=table.name)
            models.Form.create(table=table.id, definition=_asking(table), **named)
        schema.changed()
    return schema.current().table(table.id)


def _both(text: Text, **params: Any) -> dict[str, Any]:
    said = Text(text.message, **params)
    return {"name": said.to("zh")[:120], "names": {"en": said.to("en")[:120]}}


def _asking(table: Table) -> dict[str, Any]:
    written = [one for one in table.fields if fieldtypes.get(one).written]
    return {
        "sections": [{"title": "", "names": {}, "questions": [question(one) for one in written]}]
    }


def question(field: Any) -> dict[str, Any]:
    """A question that asks for a field in its own words."""
    return {
        "field": field.id,
        "label": "",
        "names": {},
        "help": "",
        "required": field.required,
        "default": None,
        "show_if": None,
    }
