"""What there is: who asks, bases, tables, fields and views; coordinators shape them too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import g, request

from tracker import db, definitions, fieldtypes, publicids, schema, tables
from tracker.computed import formulas
from tracker.models import View
from tracker.permissions import Access, Viewer, access, need_coordinator
from views.api import columns, faults, gate, loading
from views.api.gate import ApiRoom

room = ApiRoom("api_meta")
BASE = "/api/v0/meta/bases/<app:base>"
SCOPES = (
    *("data.records:read", "data.records:write", "data.recordComments:read"),
    *("data.recordComments:write", "schema.bases:read", "schema.bases:write"),
    *("webhook:manage", "user.email:read"),
)
VIEW_KINDS = {"grid": "grid", "calendar": "calendar", "kanban": "kanban", "gallery": "gallery"}


@room.call("GET", "/api/v0/meta/whoami", loads="own account")
def whoami() -> Any:
    viewer = g.viewer
    number = publicids.person(viewer.person_id)
    return {"id": number, "email": viewer.email, "scopes": list(SCOPES)}


@room.call("GET", "/api/v0/meta/bases", loads="bases")
def bases() -> Any:
    return {"bases": [_base(g.viewer, one) for one in definitions.bases_of(g.viewer)]}


def _base(viewer: Viewer, base: schema.Base) -> dict[str, Any]:
    level = "create" if viewer.coordinates_base(base.id) else "edit"
    return {"id": publicids.base(base.id), "name": base.name, "permissionLevel": level}


@room.call("GET", f"{BASE}/tables", loads="base")
def base_tables(base: str) -> Any:
    """Each table with the fields and views that are there for this person."""
    found = loading.base(g.viewer, base)
    included = request.args.getlist("include[]") + request.args.getlist("include")
    shown = "visibleFieldIds" in included
    seen = definitions.tables_of(g.viewer, found)
    return {"tables": [_table(access(g.viewer, one), shown=shown) for one in seen]}


def _table(rights: Access, *, shown: bool = False) -> dict[str, Any]:
    table, title = rights.table, rights.table.title
    named = title if title and rights.level(title.id) >= 1 else next(iter(rights.fields), None)
    told = {
        "id": publicids.table(table.id),
        "name": table.name,
        "primaryFieldId": publicids.field(named.id) if named else "",
        "fields": [_field(rights, one) for one in rights.fields],
        "views": [
            _view(rights, one, shown=shown) for one in definitions.views_of(rights.viewer, table)
        ],
    }
    if table.options.get("description"):
        told["description"] = table.options["description"]
    return told


def _field(rights: Access, field: schema.Field) -> dict[str, Any]:
    """The field; a link to a table that is closed to this person does not say to which, and a
    computed field does not name what they may not see.
    """
    told = columns.described(field)
    if fieldtypes.is_computed(field):
        _cover(rights.viewer, field, told["options"])
    target = field.options.get("table") if "linkedTableId" in told.get("options", {}) else None
    if target and not loading.table_is_open(rights.viewer, target):
        told["options"].pop("linkedTableId")
        told["options"].pop("inverseLinkFieldId", None)
    return told


def _cover(viewer: Viewer, field: schema.Field, options: dict[str, Any]) -> None:
    """Take out of a computed field's options what names a hidden field."""
    if field.type == "formula":
        seen = {one: loading.field_is_open(viewer, one) for one in formulas.named(field)}
        named = {publicids.field(one) for one, open in seen.items() if open}
        options["referencedFieldIds"] = [
            one for one in options["referencedFieldIds"] if one in named
        ]
        options["formula"] = options["formula"] if all(seen.values()) else ""
        return
    for name, ours in (("recordLinkFieldId", "link"), ("fieldIdInLinkedTable", "field")):
        if options.get(name) and not loading.field_is_open(viewer, field.options[ours]):
            options[name] = None
            if field.type == "lookup":
                options["result"] = None


def _view(rights: Access, view: View, *, shown: bool) -> dict[str, Any]:
    kind = VIEW_KINDS.get(view.kind, "grid")
    told = {"id": publicids.view(view.id), "name": view.name, "type": kind}
    if shown and kind == "grid":
        options: dict[str, Any] = view.options or {}
        gone = set(options.get("hidden") or [])
        seen = [one for one in rights.fields if one.id not in gone]
        told["visibleFieldIds"] = [publicids.field(one.id) for one in seen]
    return told


# ── shaping ──────────────────────────────────────────────────────────────────


@room.call("POST", "/api/v0/meta/bases", loads="administrators and coordinators")
def create_base() -> Any:
    content = gate.fields_of_body()
    name, drafts = _name(content), content.get("tables")
    if not isinstance(drafts, list) or not drafts:
        raise faults.bad_request("A base needs at least one table")
    with db.write():
        made = tables.create_base(g.viewer, name)
        viewer = gate.viewer_again()
        for draft in drafts:
            _create_table(viewer, schema.current().base(made.id), draft)
    seen = definitions.tables_of(viewer, schema.current().base(made.id))
    told = [_table(access(viewer, one)) for one in seen]
    return {"id": publicids.base(made.id), "tables": told}


@room.call("POST", f"{BASE}/tables", loads="base")
def create_table(base: str) -> Any:
    found = loading.base(g.viewer, base)
    need_coordinator(g.viewer, found.id)
    with db.write():
        made = _create_table(g.viewer, found, gate.fields_of_body())
    return _table(access(g.viewer, made))


def _create_table(viewer: Viewer, base: schema.Base, content: Any) -> schema.Table:
    if not isinstance(content, Mapping):
        raise faults.bad_request()
    name, drafts = _name(content), content.get("fields")
    if not isinstance(drafts, list) or not drafts:
        raise faults.bad_request("A table needs at least one field")
    if any(one.name == name for one in base.tables):
        raise faults.Fault("DUPLICATE_TABLE_NAME", f'Table "{name}" already exists')
    said = _description(content)
    made = tables.create_table(viewer, base, name, title=None)
    if said["description"]:
        tables.update_table(viewer, made, options=said)
    for draft in drafts:
        _create_field(viewer, schema.current().table(made.id), draft)
    return schema.current().table(made.id)


@room.call("PATCH", f"{BASE}/tables/<table>", loads="table")
def update_table(base: str, table: str) -> Any:
    rights = loading.table(g.viewer, base, table)
    need_coordinator(g.viewer, rights.table.base_id)
    content = gate.fields_of_body()
    changes: dict[str, Any] = {"name": _name(content)} if "name" in content else {}
    if "description" in content:
        changes["options"] = _description(content)
    if not changes:
        raise faults.bad_request()
    tables.update_table(g.viewer, rights.table, **changes)
    return _table(access(g.viewer, schema.current().table(rights.table.id)))


@room.call("POST", f"{BASE}/tables/<table>/fields", loads="table")
def create_field(base: str, table: str) -> Any:
    rights = loading.table(g.viewer, base, table)
    need_coordinator(g.viewer, rights.table.base_id)
    with db.write():
        made = _create_field(g.viewer, rights.table, gate.fields_of_body())
    return columns.described(made)


def _create_field(viewer: Viewer, table: schema.Table, content: Any) -> schema.Field:
    if not isinstance(content, Mapping):
        raise faults.bad_request()
    name, ours = _name(content), columns.our_type(content.get("type"))
    if any(one.name == name for one in table.fields):
        raise faults.Fault("DUPLICATE_OR_EMPTY_FIELD_NAME", f'Field "{name}" already exists')
    seen = definitions.tables_of(viewer, schema.current().base(table.base_id))
    options = columns.our_options(ours, content.get("options"), seen)
    said = _text(content, "description")
    made = tables.add_field(viewer, table, ours, name, options=options, help=said)
    if ours == "link" and made.options["table"] != table.id:
        _add_other_side(viewer, made, table.name)
    return schema.current().table(table.id).field(made.id)


def _add_other_side(viewer: Viewer, made: schema.Field, name: str) -> None:
    """A link is read from both tables, the other side named after this table."""
    taken = {one.name for one in schema.current().table(made.options["table"]).fields}
    tries = [name, *(f"{name} {number}" for number in range(2, len(taken) + 3))]
    tables.add_pair(viewer, made, next(one for one in tries if one not in taken))


@room.call("PATCH", f"{BASE}/tables/<table>/fields/<field>", loads="field")
def update_field(base: str, table: str, field: str) -> Any:
    rights = loading.table(g.viewer, base, table)
    need_coordinator(g.viewer, rights.table.base_id)
    found = loading.field_in_path(rights, field)
    content = gate.fields_of_body()
    changes: dict[str, Any] = {"name": _name(content)} if "name" in content else {}
    if "description" in content:
        changes["help"] = _text(content, "description")
    if not changes:
        raise faults.bad_request()
    tables.update_field(g.viewer, found, **changes)
    return columns.described(schema.current().table(rights.table.id).field(found.id))


def _name(content: Mapping[str, Any]) -> str:
    name = content.get("name")
    if not isinstance(name, str):
        raise faults.bad_request("A name is needed")
    return tables.clean_name(name)


def _text(content: Mapping[str, Any], key: str) -> str:
    text = content.get(key)
    if text is not None and not isinstance(text, str):
        raise faults.bad_request()
    return text or ""


def _description(content: Mapping[str, Any]) -> dict[str, str]:
    return {"description": tables.clean_text(_text(content, "description"))[:1_000]}
