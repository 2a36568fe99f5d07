"""Shaping bases, tables and fields: create, rename, reorder, delete to a bin and restore.

Everything takes effect at once; renaming and deleting touch definitions only, never data.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tracker import circles, clock, db, ddl, fieldtypes, limits, models, schema, searchindex
from tracker.computed import checking, computing, settling
from tracker.errors import Missing, Refused
from tracker.fieldtypes import clean_text
from tracker.keys import slug
from tracker.permissions import Viewer, need_coordinator, need_maker
from tracker.text import LANGUAGES, _


def clean_name(raw: Any) -> str:
    """A name for people to read: one line, not empty, within the limit."""
    name = " ".join(clean_text(raw).split())
    if not name:
        raise Refused(_("A name is needed."), {"name": _("A name is needed.")})
    if len(name) > limits.NAME_LENGTH:
        text = _("At most {limit} characters fit.", limit=limits.NAME_LENGTH)
        raise Refused(text, {"name": text})
    return name


def create_base(
    viewer: Viewer, name: str, *, key: str = "", names: Any = None, icon: str = "table"
) -> schema.Base:
    """A new base; its maker becomes its first coordinator."""
    need_maker(viewer)
    name = clean_name(name)
    with db.write():
        taken = {row.key for row in models.Base.select(models.Base.key)}
        if key and key in taken:
            raise Refused(_("There is already a base with the key {key}.", key=key))
        ord = models.Base.select().count()
        row = models.Base.create(
            key=key or slug(name, taken, fallback="base"),
            name=name,
            names=names,
            icon=icon,
            ord=ord,
        )
        role = models.Role.create(
            base=row,
            key="coordinator",
            name="管理员",
            names={"en": "Coordinator"},
            coordinator=True,
        )
        if viewer.person_id:
            models.RoleMember.create(role=role, person=viewer.person_id)
        schema.changed()
    return schema.current().base(row.id)


def update_base(viewer: Viewer, base: schema.Base, **changes: Any) -> None:
    """Change ``name``, ``names`` or ``icon``."""
    need_coordinator(viewer, base.id)
    _update(models.Base, base.id, changes)


def delete_base(viewer: Viewer, base: schema.Base) -> None:
    """To the bin, with everything in it; its automations and duties rest."""
    need_coordinator(viewer, base.id)
    _bin(models.Base, base.id)


def binned_bases(viewer: Viewer) -> list[models.Base]:
    """The bases in the bin that this viewer coordinates, the last one first."""
    lying = models.Base.select().where(models.Base.deleted_at.is_null(False))
    rows = lying.order_by(models.Base.deleted_at.desc(), models.Base.id.desc())
    return [row for row in rows if viewer.coordinates_base(row.id)]


def restore_base(viewer: Viewer, base_id: int) -> schema.Base:
    """Back from the bin, as it was."""
    if base_id not in {row.id for row in binned_bases(viewer)}:
        raise Missing
    _update(models.Base, base_id, {"deleted_at": None})
    return schema.current().base(base_id)


def create_table(
    viewer: Viewer,
    base: schema.Base,
    name: str,
    *,
    key: str = "",
    names: Any = None,
    icon: str = "table",
    title: str | None = "名称",
) -> schema.Table:
    """A new table, by default with one text field that names its records."""
    need_coordinator(viewer, base.id)
    name = clean_name(name)
    if len(base.tables) >= limits.TABLES_PER_BASE:
        raise Refused(_("A base has at most {limit} tables.", limit=limits.TABLES_PER_BASE))
    with db.write():
        taken = _keys(models.Table, models.Table.base == base.id)
        if key and key in taken:
            raise Refused(_("There is already a table with the key {key}.", key=key))
        row = models.Table.create(
            base=base.id,
            key=key or slug(name, taken, fallback="table"),
            name=name,
            names=names,
            icon=icon,
            ord=len(base.tables),
        )
        ddl.create_table(row.id)
        searchindex.make(row.id)
        schema.changed()
    table = schema.current().table(row.id)
    if title:
        add_field(viewer, table, "text", title, names={"en": "Name"}, required=True)
        table = schema.current().table(row.id)
    return table


def update_table(viewer: Viewer, table: schema.Table, **changes: Any) -> None:
    """Change ``name``, ``names``, ``icon`` or ``options``."""
    need_coordinator(viewer, table.base_id)
    if "options" in changes:
        changes["options"] = {**table.options, **changes["options"]}
    with db.write():
        _update(models.Table, table.id, changes)
        now = schema.current().table(table.id)
        if (now.title and now.title.id) != (table.title and table.title.id):
            computing.renamed(now)


def delete_table(viewer: Viewer, table: schema.Table) -> None:
    need_coordinator(viewer, table.base_id)
    _bin(models.Table, table.id)


def add_field(
    viewer: Viewer,
    table: schema.Table,
    type: str,
    name: str,
    *,
    key: str = "",
    names: Any = None,
    options: dict[str, Any] | None = None,
    help: str = "",
    help_names: Any = None,
    required: bool = False,
    unique: bool = False,
    default: Any = None,
) -> schema.Field:
    """A new field at the end; existing records are empty in it."""
    need_coordinator(viewer, table.base_id)
    kind = fieldtypes.registry.get(type)
    name = clean_name(name)
    if len(table.fields) >= limits.FIELDS_PER_TABLE:
        raise Refused(_("A table has at most {limit} fields.", limit=limits.FIELDS_PER_TABLE))
    refuse_same_name(table, name)
    checked = kind.check_options(options or {}, {})
    if kind.computed:
        checked = checking.check(viewer, table, _draft(table, type, name, checked))
    elif checked.get("limit"):
        checked = checking.check_limit(viewer, checked)
    with db.write():
        taken = _keys(models.Field, models.Field.table == table.id)
        if key and key in taken:
            raise Refused(_("There is already a field with the key {key}.", key=key))
        row = models.Field.create(
            table=table.id,
            key=key or slug(name, taken, fallback="f"),
            name=name,
            names=names,
            type=type,
            options=checked,
            help=clean_text(help)[: limits.HELP_LENGTH],
            help_names=clean_help(help_names),
            required=required,
            unique=unique and kind.stored,
            default=default,
            ord=max([field.ord for field in table.fields], default=-1) + 1,
        )
        make_storage(row, table)
        schema.changed()
        settling.settle()
    return schema.current().table(table.id).field(row.id)


def _draft(table: schema.Table, type: str, name: str, options: dict[str, Any]) -> schema.Field:
    """A field as it would be."""
    return schema.Field(0, table.id, "", name, {}, type, options, "", False, False, None, 0)


def make_storage(row: models.Field, table: schema.Table) -> None:
    """The column, junction or counter behind a new field."""
    if row.type == "link" and not row.options.get("junction"):
        options = {**row.options, "junction": row.id}
        models.Field.update(options=options).where(models.Field.id == row.id).execute()
        ddl.create_junction(row.id)
    if row.type == "autonumber":
        models.Counter.create(field=row)
        db.execute(f"ALTER TABLE t{table.id} ADD COLUMN f{row.id} BIGINT")
        db.execute(f"UPDATE t{table.id} SET f{row.id} = id")
        last = db.query(f"SELECT COALESCE(MAX(id), 0) FROM t{table.id}")[0][0]
        models.Counter.update(next=last + 1).where(models.Counter.field == row).execute()
        return
    field = schema._field(row)
    if not fieldtypes.is_computed(field):  # those are housed when they are settled
        ddl.add_column(field)
    if row.unique:
        ddl.set_unique(field, True)


def add_pair(
    viewer: Viewer, field: schema.Field, name: str, *, key: str = "", names: Any = None
) -> schema.Field:
    """The other side of a link field, in the table it links to: one junction, read both ways."""
    target = schema.current().table(field.options["table"])
    options = {
        "table": field.table_id,
        "junction": field.options["junction"],
        "reverse": not field.options.get("reverse", False),
        "pair": field.id,
    }
    other = add_field(viewer, target, "link", name, key=key, names=names, options=options)
    with db.write():
        row = models.Field.get_by_id(field.id)
        row.options = {**row.options, "pair": other.id}
        row.save()
        schema.changed()
    return other


def refuse_same_name(table: schema.Table, name: str, *, but: int = 0) -> None:
    if any(field.name == name and field.id != but for field in table.fields):
        text = _("There is already a field called “{name}”.", name=name)
        raise Refused(text, {"name": text})


def update_field(viewer: Viewer, field: schema.Field, **changes: Any) -> None:
    """Change name, names, help, required, unique, default or options, given by keyword."""
    table = schema.current().table(field.table_id)
    need_coordinator(viewer, table.base_id)
    if "name" in changes:
        changes["name"] = clean_name(changes["name"])
        refuse_same_name(table, changes["name"], but=field.id)
    if "options" in changes:
        kind = fieldtypes.get(field)
        checked = kind.check_options(changes["options"], field.own_options)
        if kind.computed:
            draft = replace(field, options={**field.own_options, **checked})
            checked = checking.check(viewer, table, draft, before=field)
        elif checked.get("limit"):
            checked = checking.check_limit(viewer, checked)
        changes["options"] = {**field.own_options, **checked}
        _refuse_circle(viewer, field, changes["options"])
    if "help" in changes:
        changes["help"] = clean_text(changes["help"])[: limits.HELP_LENGTH]
    if "help_names" in changes:
        changes["help_names"] = clean_help(changes["help_names"])
    if changes.get("unique", field.unique) != field.unique:
        _change_unique(field, bool(changes["unique"]))
    _update(models.Field, field.id, changes)


def _refuse_circle(viewer: Viewer, field: schema.Field, options: dict[str, Any]) -> None:
    """A link that begins to say what stands above is refused while something stands in a circle."""
    new = replace(field, options=options)
    why = None if circles.refuses(field) else circles.standing(viewer, new)
    if why is not None:
        raise Refused(why)


def clean_help(names: Any) -> dict[str, str] | None:
    """Help in other languages, without the empty ones."""
    given = {lang: clean_text((names or {}).get(lang))[: limits.HELP_LENGTH] for lang in LANGUAGES}
    return {lang: text for lang, text in given.items() if text} or None


def _change_unique(field: schema.Field, unique: bool) -> None:
    if unique:
        doubled = db.query(
            f"SELECT 1 FROM t{field.table_id} WHERE deleted_at IS NULL AND {field.column} "
            f"IS NOT NULL GROUP BY {field.column} HAVING COUNT(*) > 1 LIMIT 1"
        )
        if doubled:
            raise Refused(_("Some records share a value in this field, so it cannot be unique."))
    with db.write():
        ddl.set_unique(field, unique)


def order_fields(viewer: Viewer, table: schema.Table, ids: list[int]) -> None:
    """Put the fields in this order; those not named keep theirs, after."""
    need_coordinator(viewer, table.base_id)
    rest = [field.id for field in table.fields if field.id not in ids]
    with db.write():
        for ord, field_id in enumerate([one for one in ids if one in table.by_id] + rest):
            models.Field.update(ord=ord).where(models.Field.id == field_id).execute()
        schema.changed()


def order_tables(viewer: Viewer, base: schema.Base, ids: list[int]) -> None:
    """Put the tables in this order; those not named keep theirs, after."""
    need_coordinator(viewer, base.id)
    own = [table.id for table in base.tables]
    with db.write():
        for ord, table_id in enumerate(sorted(own, key=[*ids, *own].index)):
            models.Table.update(ord=ord).where(models.Table.id == table_id).execute()
        schema.changed()


def delete_field(viewer: Viewer, field: schema.Field) -> None:
    """To the bin: the values stay until it is emptied."""
    table = schema.current().table(field.table_id)
    need_coordinator(viewer, table.base_id)
    if table.title and table.title.id == field.id and len(table.fields) > 1:
        raise Refused(_("This field names the records. Choose another title field first."))
    if field.unique:
        with db.write():
            ddl.set_unique(field, False)
    _bin(models.Field, field.id)


def restore_field(viewer: Viewer, field_id: int) -> schema.Field:
    """Back from the bin, with its values and its rights."""
    row = models.Field.get_or_none(models.Field.id == field_id)
    if row is None:
        raise Missing
    table = schema.current().table(row.table_id)
    need_coordinator(viewer, table.base_id)
    if any(field.name == row.name for field in table.fields):
        row.name = f"{row.name} ({row.id})"
    row.deleted_at = None
    with db.write():
        row.unique = False
        row.save()
        searchindex.renew(row.table_id)
        schema.changed()
        settling.settle()
    return schema.current().table(row.table_id).field(field_id)


def restore_table(viewer: Viewer, table_id: int) -> schema.Table:
    row = models.Table.get_or_none(models.Table.id == table_id)
    if row is None:
        raise Missing
    need_coordinator(viewer, row.base_id)
    _update(models.Table, table_id, {"deleted_at": None})
    return schema.current().table(table_id)


def binned(viewer: Viewer, base: schema.Base) -> dict[str, list[Any]]:
    """What lies in the bin of a base: ``{"tables": rows, "fields": rows}``."""
    need_coordinator(viewer, base.id)
    tables = models.Table.select().where(
        models.Table.base == base.id, models.Table.deleted_at.is_null(False)
    )
    live = [table.id for table in base.tables]
    fields = models.Field.select().where(
        models.Field.table.in_(live), models.Field.deleted_at.is_null(False)
    )
    return {"tables": list(tables), "fields": list(fields)}


def _keys(model: Any, where: Any) -> set[str]:
    """All keys in use, those in the bin included: keys never return."""
    return {row.key for row in model.select(model.key).where(where)}


def _update(model: Any, row_id: int, changes: dict[str, Any]) -> None:
    if "name" in changes:
        changes["name"] = clean_name(changes["name"])
    with db.write():
        model.update(**changes).where(model.id == row_id).execute()
        schema.changed()
        settling.settle()


def _bin(model: Any, row_id: int) -> None:
    _update(model, row_id, {"deleted_at": clock.now()})
