"""Another type for a field: what does not convert is said before; it can be taken back after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import g, request

from tracker import fieldtypes, retype, schema
from tracker.errors import Missing, Problem
from tracker.fieldtypes import FieldType
from tracker.text import Text, _, label
from views import fieldsettings, http, typed
from views.pages import configure
from views.pages.configure_fields import FIELD, here, load
from views.room import Room

room = Room("configure_types")
OPTIONS = ("precision", "symbol", "table", "single", "max", "format", "code", "most")
ASKED = (
    "percent",
    "progress",
    "rating",
    "duration",
    "barcode",
    "attachment",
)  # as in the field's settings


@room.page(f"{FIELD}/type", loads="coordinator")
def choose(base_id: int, table_id: int, field_id: int) -> Any:
    """The types to choose from; with ``?to=number`` also what the change would do."""
    return page(base_id, table_id, field_id, request.args)


def page(base_id: int, table_id: int, field_id: int, source: Mapping[str, str]) -> Any:
    base, table = load(base_id, table_id)
    field = table.field(field_id)
    kind = wanted(source)
    report, problem = None, ""
    if kind is not None:
        try:
            report = retype.plan(g.viewer, field, kind.key, options_of(kind, source))
        except Problem as refused:
            problem = refused.to(g.lang)
    listed = (label(table, g.lang), here(table))
    return http.page(
        "configure_type.html",
        base=base,
        table=table,
        field=field,
        kinds=[one for one in fieldtypes.registry if one.written and one.key != field.type],
        kind=kind,
        setting=fieldsettings.new_of(g.viewer, table, kind.key) if kind else None,
        chosen=source,
        asked=kind is not None and kind.key in ASKED,
        chosen_typed=typed.Typed(source if any(one.startswith("opt_") for one in source) else None),
        report=report,
        problem=problem,
        crumbs=configure.crumbs(base, listed, (label(field, g.lang), "")),
    )


def wanted(source: Mapping[str, str]) -> FieldType | None:
    key = source.get("to", "")
    return fieldtypes.registry.get(key) if key in fieldtypes.registry else None


def options_of(kind: FieldType, source: Mapping[str, str]) -> dict[str, Any]:
    """The options of the new type; those of a choice come from the values."""
    found: dict[str, Any] = {
        name: source[f"opt_{name}"] for name in OPTIONS if source.get(f"opt_{name}")
    }
    if kind.key == "link":
        found["table"] = fieldsettings.target(g.viewer, found.get("table"))
    return found


@room.page(f"{FIELD}/type", post=True, loads="coordinator")
def change(base_id: int, table_id: int, field_id: int) -> Any:
    _base, table = load(base_id, table_id)
    field, kind = table.field(field_id), wanted(request.form)
    if kind is None:
        raise Missing
    try:
        report = retype.apply(g.viewer, field, kind.key, options_of(kind, request.form))
    except Problem as problem:
        return typed.again(
            problem, lambda: page(base_id, table_id, field_id, request.form), form="type"
        )
    text: Text = _("“{name}” is of the type {type} now.", name=label(field, g.lang), type=kind.name)
    if report.fails:
        text = _(
            "“{name}” is of the type {type} now. {n} values wait beside it to be put right.",
            name=label(field, g.lang),
            type=kind.name,
            n=report.fails,
        )
    return http.go(f"{here(table)}?field={field_id}#field-{field_id}", toast=text)


@room.page(f"{FIELD}/type/undo", post=True, loads="coordinator")
def undo(base_id: int, table_id: int, field_id: int) -> Any:
    """The old type with its values; later edits are converted back."""
    _base, table = load(base_id, table_id)
    field = table.field(field_id)
    batch = fieldsettings.last_retype(field)
    if batch is None:
        raise Missing
    retype.undo(g.viewer, batch.id)
    kind = fieldtypes.get(schema.current().fields[field.id])
    text = _("“{name}” is of the type {type} now.", name=label(field, g.lang), type=kind.name)
    return http.go(f"{here(table)}?field={field_id}#field-{field_id}", toast=text)
