"""The settings of a field as a form: what is offered for its kind, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from werkzeug.datastructures import MultiDict

from tracker import choices, circles, db, decimals, fieldtypes, limits, newtable, schema, tables
from tracker.errors import Problem, Refused
from tracker.fieldtypes import FieldType, clean_text
from tracker.models import Batch, Form
from tracker.permissions import Viewer
from tracker.schema import Field, Table
from tracker.text import Text, _, label
from views import computedsettings, typed

NO_DEFAULT = _("Nothing")
BY_WIDGET: dict[str, list[tuple[str, Text]]] = {
    "date": [("today", _("the day it is filed"))],
    "datetime": [("now", _("the moment it is filed"))],
    "person": [("var:me", _("who files it"))],
    "department": [("var:my_department", _("the department of who files it"))],
    "checkbox": [("true", _("ticked"))],
}


# ── what the page shows ──────────────────────────────────────────────────────


def settings_of(viewer: Viewer, table: Table, field: Field) -> dict[str, Any]:
    """Everything the settings of ``field`` show."""
    kind = fieldtypes.get(field)
    return {
        **_offered(viewer, table, kind),
        **computedsettings.about(viewer, table, field.type, field),
        "choices": _shown_choices(form="field", standing=choices.options(field)),
        "field": field,
        "default": default_text(field),
        "defaults": defaults(field, viewer),
        "pair": _pair(field),
        "tree": _tree(field),
        "title": table.title is not None and table.title.id == field.id,
        "retyped": _before(last_retype(field)),
    }


def last_retype(field: Field) -> Batch | None:
    """The change that gave the field the type it has, while it can be taken back."""
    rows = Batch.select().where(
        Batch.kind == "retype", Batch.table_id == field.table_id, Batch.undone_at.is_null()
    )
    for row in rows.order_by(Batch.id.desc()):
        if row.info.get("field") == field.id and not row.info.get("purged"):
            now = row.info["after"]["options"].get("column")
            return row if now == field.options.get("column") else None
    return None


def _before(batch: Batch | None) -> FieldType | None:
    """The type that a field had before."""
    return fieldtypes.registry.get(batch.info["before"]["type"]) if batch else None


def new_of(viewer: Viewer, table: Table, type: str) -> dict[str, Any]:
    """What the form of a new field of a kind shows."""
    kind = fieldtypes.registry.get(type)
    shown = _shown_choices(form="new", standing=[])
    about = computedsettings.about(viewer, table, type, None)
    none = dict.fromkeys(("field", "pair", "tree"))
    return {**_offered(viewer, table, kind), **about, **none, "choices": shown}


def _shown_choices(*, form: str, standing: list[Any]) -> list[Any]:
    """The options as they were typed, where the form came back; else as they stand."""
    said = typed.typed(form)
    return _choices(said.values) if said.sent else standing


def _offered(viewer: Viewer, table: Table, kind: FieldType) -> dict[str, Any]:
    return {
        "kind": kind,
        "template": f"options/{kind.key}.html",
        "targets": schema.current().base(table.base_id).tables,
        "colors": choices.COLORS,
        "may_be_required": kind.written,
        "may_be_unique": kind.written and kind.stored and kind.family in {"text", "number", "time"},
        "defaults": [],
        "typed_default": kind.family in {"text", "number"} and kind.written,
    }


def _pair(field: Field) -> Field | None:
    return schema.current().fields.get(field.options.get("pair") or 0)


def _tree(field: Field) -> bool | None:
    """Whether a link to its own table refuses circles; None for others and for its other side."""
    own = field.options.get("table") == field.table_id and not field.options.get("reverse")
    return circles.refuses(field) if own and fieldtypes.get(field).family == "link" else None


def defaults(field: Field, viewer: Viewer) -> list[tuple[str, str]]:
    """The defaults to choose from, as ``(value, words)``; empty where one is typed."""
    kind, lang = fieldtypes.get(field), viewer.context.lang
    if kind.computed:
        return []
    found = [(value, text.to(lang)) for value, text in BY_WIDGET.get(kind.widget, [])]
    if kind.widget in {"choice", "stage", "choices"}:
        found = [(str(one["id"]), label(one, lang)) for one in choices.options(field)]
    kept = default_text(field)
    if found and kept and all(kept != value for value, _words in found):
        found.append((kept, _said(field, viewer) or kept))
    return found


def _said(field: Field, viewer: Viewer) -> str:
    """A default that was set elsewhere, in words."""
    kind = fieldtypes.get(field)
    try:
        value = kind.parse(field.default, field, viewer.context)
    except Problem:
        return ""
    return kind.text(value, field, viewer.context)


def default_text(field: Field) -> str:
    """A stored default as the form's input has it."""
    raw = field.default
    if raw is None or raw is False:
        return ""
    if isinstance(raw, dict):
        return f"var:{raw.get('var')}"
    if isinstance(raw, list):
        return ",".join(str(one) for one in raw)
    if fieldtypes.get(field).widget in {"choice", "stage"}:
        found = choices.find(field, raw)
        return str(found) if found else ""
    return "true" if raw is True else str(raw)


# ── what comes back ──────────────────────────────────────────────────────────


def add(viewer: Viewer, table: Table, form: MultiDict[str, str]) -> Field:
    """A new field as the form says, asked for in the table's forms that were ticked."""
    kind = fieldtypes.registry.get(form.get("type", ""))
    with db.write():
        made = tables.add_field(
            viewer,
            table,
            kind.key,
            typed.one_line("name", form),
            names=typed.english(),
            options=options(viewer, kind, form, {}),
            help=form.get("help", ""),
            help_names={"en": form.get("help_en", "")},
            required=kind.written and "required" in form,
            unique="unique" in form,
        )
        _pair_up(viewer, made, form)
        if kind.written and "ask" in form:
            _ask(table, made)
    return made


def _pair_up(viewer: Viewer, made: Field, form: Mapping[str, str]) -> None:
    if made.type == "link" and "two_way" in form:
        pair(viewer, made, typed.one_line("pair_name", form), typed.english("pair_en"))


def pair(viewer: Viewer, field: Field, name: str, names: dict[str, str] | None) -> Field:
    """The other side of a link, named as the form says."""
    if fieldtypes.get(field).family != "link" or _pair(field):
        raise Refused(_("This field shows on both sides already."))
    if not name:
        text = _("Say what the field is called on the other side.")
        raise Refused(text, {"pair_name": text})
    try:
        return tables.add_pair(viewer, field, name, names=names)
    except Refused as refused:
        raise Refused(refused.text, {"pair_name": refused.text}) from None


def _ask(table: Table, made: Field) -> None:
    """Put a question at the end of the table's first form."""
    form = Form.select().where(Form.table == table.id, Form.deleted_at.is_null()).order_by(Form.ord)
    first = form.first()
    sections = (first.definition or {}).get("sections") if first else None
    if sections:
        sections[-1].setdefault("questions", []).append(newtable.question(made))
        first.save()


def save(viewer: Viewer, table: Table, field: Field, *, form: MultiDict[str, str]) -> None:
    """The settings of a field as the form says; nothing is kept when one of them is refused."""
    kind = fieldtypes.get(field)
    changes: dict[str, Any] = {
        "name": typed.one_line("name", form),
        "names": typed.english(),
        "help": form.get("help", ""),
        "help_names": {**field.help_names, "en": form.get("help_en", "")},
        "required": kind.written and "required" in form,
        "options": options(viewer, kind, form, field.options),
    }
    if kind.written and kind.stored:
        changes["unique"] = "unique" in form
    with db.write():
        if kind.written and "precision" in changes["options"]:
            decimals.rescale(viewer, field, int(changes["options"]["precision"]))
        tables.update_field(viewer, field, **changes)
        now = schema.current().fields[field.id]
        if kind.written:
            tables.update_field(viewer, now, default=default(kind, now, form, viewer))
        if "title" in form:
            tables.update_table(viewer, table, options={"title": field.id})


def default(kind: FieldType, field: Field, form: MultiDict[str, str], viewer: Viewer) -> Any:
    """The default as it is stored; refused when the field could not take it."""
    raw = clean_text(form.get("default", ""))
    if not raw:
        return None
    if raw.startswith("var:") or raw in {"today", "now"}:
        allowed = {value for value, _text in BY_WIDGET.get(kind.widget, [])}
        if raw not in allowed:
            raise Refused(_("This request cannot be read."))
        return {"var": raw[4:]} if raw.startswith("var:") else raw
    try:
        value = kind.parse(raw, field, viewer.context)
    except Refused as refused:
        raise Refused(refused.text, {"default": refused.text}) from None
    return value if kind.family in {"one", "many", "checkbox"} else raw


def options(
    viewer: Viewer, kind: FieldType, form: MultiDict[str, str], old: dict[str, Any]
) -> dict[str, Any]:
    """What a kind is asked to check: its own inputs (``opt_…``), and choices in rows."""
    found: dict[str, Any] = {
        name[4:]: form.get(name) for name in form if name.startswith("opt_") and len(name) < 40
    }
    if "table" in found:
        found["table"] = target(viewer, found["table"])
    for flag in (name for name in found if found[name] == "on"):
        found[flag] = True
    if kind.computed:
        return computedsettings.options(kind, form, old)
    if kind.family == "link":
        found["limit"] = computedsettings.condition(form.get("opt_limit", ""))
    if kind.widget in {"choice", "stage", "choices"}:
        found["choices"] = _choices(form)
        if not found["choices"]:
            text = _("Name at least one option.")
            raise Refused(text, {"choices": text})
    try:
        return kind.check_options(found, old)
    except Refused as refused:
        raise Refused(refused.text, {_about(kind): refused.text}) from None


def _about(kind: FieldType) -> str:
    """The input that a kind's refusal belongs to."""
    inputs = {"link": "opt_table", "number": "opt_precision", "autonumber": "opt_pattern"}
    inputs |= dict.fromkeys(("currency", "percent", "progress"), "opt_precision")
    inputs |= {"rating": "opt_max", "duration": "opt_format", "barcode": "opt_code"}
    inputs |= {"attachment": "opt_most", "button": "opt_address"}
    return inputs.get(kind.key, "choices")


def target(viewer: Viewer, raw: Any) -> int | None:
    """The table linked to, which the viewer must shape, too."""
    text = str(raw or "")
    found = schema.current().tables.get(int(text)) if text.isascii() and text.isdigit() else None
    return found.id if found and viewer.coordinates_base(found.base_id) else None


def _choices(form: MultiDict[str, str]) -> list[dict[str, Any]]:
    """The options in their order, from one packed value or from the rows of the form."""
    packed = form.get("choices", "")
    if packed:
        return [_choice(one) for one in _unpacked(packed)]
    names = form.getlist("choice_name")
    rows = zip(
        form.getlist("choice_id"),
        names,
        form.getlist("choice_name_en"),
        form.getlist("choice_color"),
        strict=False,
    )
    parts = ("id", "name", "name_en", "color")
    found = [_choice(dict(zip(parts, row, strict=True))) for row in rows]
    return [one for one in found if one["name"]]


def _unpacked(packed: str) -> list[dict[str, Any]]:
    try:
        sent = orjson.loads(packed)
    except orjson.JSONDecodeError:
        sent = None
    if not isinstance(sent, list) or len(sent) > 2 * limits.OPTIONS_PER_CHOICE:
        raise Refused(_("This request cannot be read."))
    return [one for one in sent if isinstance(one, dict) and clean_text(one.get("name"))]


def _choice(sent: Mapping[str, Any]) -> dict[str, Any]:
    english = clean_text(sent.get("name_en"))[: limits.NAME_LENGTH]
    return {
        "id": clean_text(sent.get("id")),
        "name": clean_text(sent.get("name")),
        "names": {"en": english} if english else {},
        "color": clean_text(sent.get("color")),
    }
