"""Configuring a table: its fields in order, each opened in place, its title and its sharing."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, request

from tracker import fieldtypes, schema, tables
from tracker.errors import Problem, Refused
from tracker.schema import Base, Field, Table
from tracker.text import Text, _, label
from views import computedsettings, fieldsettings, http, typed
from views.pages import configure
from views.pages.viewing import crumbs_of
from views.room import Room

room = Room("configure_fields")
SHARING = {
    "rules": (_("By roles only"), _("Who sees a record is what the roles say, nothing more.")),
    "names": (
        _("Names for all"),
        _("Everybody with a role on this table sees every record's name, and the fields ticked."),
    ),
    "ask": (
        _("Names for all, the rest on request"),
        _("As above; the rest of a record opens when its owner or their head agrees."),
    ),
}


def load(base_id: int, table_id: int) -> tuple[Base, Table]:
    base = configure.load(base_id)
    return base, base.table(table_id)


def here(table: Table, extra: str = "") -> str:
    return f"/configure/{table.base_id}/tables/{table.id}{extra}"


@room.page("/configure/<int:base_id>/tables/<int:table_id>", loads="coordinator")
def table(base_id: int, table_id: int) -> Any:
    """The fields of a table; ``?field=12`` opens one, ``?new=text`` a new one of that kind."""
    base, found = load(base_id, table_id)
    g.table_id = found.id
    return http.page("configure_table.html", **context(base, found))


def context(base: Base, found: Table) -> dict[str, Any]:
    open_id = request.view_args.get("field_id") if request.view_args else None
    open_field = found.find(open_id or int(_digits("field")))
    new = request.form.get("type") or request.args.get("new", "")
    return {
        "base": base,
        "table": found,
        "fields": [line(found, one) for one in found.fields],
        "kinds": kinds(),
        "open": fieldsettings.settings_of(g.viewer, found, open_field) if open_field else None,
        "new": fieldsettings.new_of(g.viewer, found, new) if new in fieldtypes.registry else None,
        "sharing": SHARING,
        "gone": gone(base, found),
        "crumbs": configure.crumbs(base, (label(found, g.lang), "")),
        "view_href": crumbs_of(found)[1][1],
    }


def _digits(name: str) -> str:
    text = request.args.get(name, "")
    return text if text.isascii() and text.isdigit() and len(text) < 16 else "0"


def line(table: Table, field: Field) -> dict[str, Any]:
    """One line of the list."""
    return {
        "field": field,
        "kind": fieldtypes.get(field),
        "title": table.title is not None and table.title.id == field.id,
    }


def kinds() -> list[fieldtypes.FieldType]:
    """The kinds of field to choose from, in their order."""
    return [one for one in fieldtypes.registry if one.offered]


def gone(base: Base, table: Table) -> Any:
    """The field that went into the bin just now, for the undo in a toast."""
    wanted = int(_digits("gone"))
    lying = tables.binned(g.viewer, base)["fields"] if wanted else []
    return next((one for one in lying if one.id == wanted and one.table_id == table.id), None)


@room.page("/configure/<int:base_id>/tables/<int:table_id>", post=True, loads="coordinator")
def update_table(base_id: int, table_id: int) -> Any:
    """Names, title field and sharing of a table."""
    _base, found = load(base_id, table_id)
    try:
        tables.update_table(
            g.viewer,
            found,
            name=typed.one_line("name"),
            names=typed.english(),
            options=_table_options(found),
        )
    except Problem as problem:
        return typed.again(problem, lambda: table(base_id, table_id), form="table")
    return http.go(here(found), toast=_("Saved."))


def _table_options(found: Table) -> dict[str, Any]:
    title = found.find(int(request.form.get("title", "0") or 0) if _is_id("title") else 0)
    if title is None and found.fields:
        text = _("Choose the field that names the records.")
        raise Refused(text, {"title": text})
    sharing = request.form.get("sharing", "rules")
    if sharing not in SHARING:
        raise Refused(_("This request cannot be read."))
    shown = [one.id for one in found.fields if str(one.id) in request.form.getlist("names_fields")]
    return {
        "title": title.id if title else None,
        "sharing": sharing,
        "names_fields": shown if sharing != "rules" else [],
    }


def _is_id(name: str) -> bool:
    text = request.form.get(name, "")
    return text.isascii() and text.isdigit() and len(text) < 16


@room.page("/configure/<int:base_id>/tables/<int:table_id>/order", post=True, loads="coordinator")
def order_fields(base_id: int, table_id: int) -> Any:
    _base, found = load(base_id, table_id)
    if request.form.get("move"):
        tables.order_fields(g.viewer, found, configure.moved([one.id for one in found.fields]))
        return http.go(here(found))
    tables.order_fields(g.viewer, found, configure.ids())
    return current_app.json.response(ok=True)


@room.page("/configure/<int:base_id>/tables/<int:table_id>/fields", post=True, loads="coordinator")
def add_field(base_id: int, table_id: int) -> Any:
    _base, found = load(base_id, table_id)
    try:
        made = fieldsettings.add(g.viewer, found, request.form)
    except Problem as problem:
        return typed.again(problem, lambda: table(base_id, table_id), form="new")
    text: Text = _("“{name}” is added.", name=label(made, g.lang))
    return http.go(f"{here(found)}?field={made.id}#field-{made.id}", toast=text)


FIELD = "/configure/<int:base_id>/tables/<int:table_id>/fields/<int:field_id>"


@room.page(FIELD, post=True, loads="coordinator")
def update_field(base_id: int, table_id: int, field_id: int) -> Any:
    _base, found = load(base_id, table_id)
    field = found.field(field_id)
    try:
        fieldsettings.save(g.viewer, found, field, form=request.form)
    except Problem as problem:
        return typed.again(problem, lambda: table(base_id, table_id), form="field")
    return http.go(f"{here(found)}#field-{field_id}", toast=_("Saved."))


@room.page(f"{FIELD}/delete", post=True, loads="coordinator")
def delete_field(base_id: int, table_id: int, field_id: int) -> Any:
    """To the bin, with its values; the next page offers to undo it."""
    _base, found = load(base_id, table_id)
    field = found.field(field_id)
    try:
        tables.delete_field(g.viewer, field)
    except Problem as problem:
        return typed.again(problem, lambda: table(base_id, table_id), form="field")
    return http.go(f"{here(found)}?gone={field_id}")


@room.page(f"{FIELD}/pair", post=True, loads="coordinator")
def add_pair(base_id: int, table_id: int, field_id: int) -> Any:
    """Show a link field from the other side, too."""
    _base, found = load(base_id, table_id)
    field = found.field(field_id)
    try:
        fieldsettings.pair(g.viewer, field, typed.one_line("pair_name"), typed.english("pair_en"))
    except Problem as problem:
        return typed.again(problem, lambda: table(base_id, table_id), form="field")
    target = schema.current().table(field.options["table"])
    text = _("{table} now shows the records that link to it.", table=label(target, g.lang))
    return http.go(f"{here(found)}?field={field_id}#field-{field_id}", toast=text)


@room.page("/configure/<int:base_id>/tables/<int:table_id>/formula", post=True, loads="coordinator")
def try_formula(base_id: int, table_id: int) -> Any:
    """What a formula gives on the first record; nothing is written."""
    _base, found = load(base_id, table_id)
    sent = request.get_json(silent=True)
    source = sent.get("formula") if isinstance(sent, dict) else None
    if not isinstance(source, str):
        raise Refused(_("This request cannot be read."))
    return current_app.json.response(computedsettings.tried(g.viewer, found, source))
