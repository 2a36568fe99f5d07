"""Which column of a file goes into which field, standing or new, and its cells on their way."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from tracker import fieldtypes, limits, permissions, schema, tables
from tracker.errors import Refused
from tracker.folding import fold
from tracker.permissions import Access, Viewer
from tracker.schema import Field, Table
from tracker.text import _
from tracker.transfer import reading
from tracker.transfer.converting import Converter
from tracker.transfer.reading import Preview

Plan = Mapping[str, Any]  # column name → field (id, key, name) | new field (dict) | None: left out
_MEMORY = 8 * 1024 * 1024  # bytes of a spool that stay in memory
OF_STORAGE = {"junction", "reverse", "pair", "column"}  # options that only the product sets
_NAMING = re.compile(r"name|title|subject|名|标题|主题", re.I)


@dataclass
class Column:
    """A column that is imported; ``field.id`` is negative until a ``new`` field is made."""

    place: int  # among the cells of a row
    name: str
    field: Field
    new: dict[str, Any] | None
    convert: Converter


def as_guessed(preview: Preview) -> dict[str, Any]:
    """The plan that makes a new field of every column."""
    return {
        column.name: {"type": column.guess.type, "options": column.guess.options}
        for column in preview.columns
    }


def by_name(rights: Access, preview: Preview) -> dict[str, Any]:
    """The plan that puts each column into the field of its name, in any language."""
    known: dict[str, int] = {}
    for one in rights.fields:
        if fieldtypes.get(one).written:
            for name in (one.name, *one.names.values(), one.key):
                known.setdefault(_squeezed(name), one.id)
    return {column.name: known.get(_squeezed(column.name)) for column in preview.columns}


def is_like(rights: Access, preview: Preview) -> bool:
    """Whether the file has the shape of the table, as our own exports have: its fields alone."""
    names = {_squeezed(name) for one in rights.fields for name in (one.name, *one.names.values())}
    return all(_squeezed(column.name) in names for column in preview.columns)


def _squeezed(name: str) -> str:
    return fold(" ".join(name.split()))


def planned(
    viewer: Viewer, rights: Access | None, base_id: int, *, preview: Preview, plan: Plan
) -> list[Column]:
    """The columns to import. ``rights`` is None for a table that is still to be made."""
    unknown = set(plan) - {column.name for column in preview.columns}
    if unknown:
        raise Refused(_("The file has no column called “{name}”.", name=sorted(unknown)[0][:60]))
    names = {one.name for one in rights.table.fields} if rights else set()
    found: list[Column] = []
    for place, column in enumerate(preview.columns):
        wanted = plan.get(column.name)
        if wanted is None:
            continue
        if isinstance(wanted, dict):
            permissions.need_coordinator(viewer, base_id)
            new = _definition(wanted, column.name, names, base_id)
            field = _provisional(new, -place - 1)
        else:
            assert rights is not None  # noqa: S101 - a new table has no fields to name
            new, field = None, _standing(rights, wanted)
        convert = Converter(
            field,
            viewer,
            guess=column.guess,
            new_options=viewer.coordinates_base(base_id),
            names=wanted.get("names") if isinstance(wanted, dict) else None,
        )
        found.append(Column(place, column.name, field, new, convert))
    _check(found, rights)
    return found


def _definition(wanted: dict[str, Any], name: str, taken: set[str], base_id: int) -> dict[str, Any]:
    """A new field as `tables.add_field` wants it; its name is cut and made unique if need be."""
    kind = fieldtypes.registry.get(str(wanted.get("type")))
    options = {k: v for k, v in (wanted.get("options") or {}).items() if k not in OF_STORAGE}
    if kind.family == "link":
        options["table"] = schema.current().base(base_id).table(options.get("table", 0)).id
    if not kind.written:
        raise Refused(_("A column cannot become a field of the type “{type}”.", type=kind.name))
    full = tables.clean_name(wanted["name"]) if wanted.get("name") else " ".join(name.split())
    short, number = full[: limits.NAME_LENGTH], 2
    while short in taken:
        tail = f" {number}"
        short, number = full[: limits.NAME_LENGTH - len(tail)] + tail, number + 1
    taken.add(short)
    return {
        "type": kind.key,
        "name": short,
        "options": kind.check_options(options, {}),
    }


def _provisional(new: dict[str, Any], number: int) -> Field:
    return Field(
        id=number,
        table_id=0,
        key="",
        name=new["name"],
        names={},
        type=new["type"],
        options=new["options"],
        help="",
        required=False,
        unique=False,
        default=None,
        ord=0,
    )


def _standing(rights: Access, ref: Any) -> Field:
    found = rights.field(ref)
    if not fieldtypes.get(found).written:
        text = _("“{field}” is filled in by itself. Leave this column out.", field=found.name)
        raise Refused(text, {found.id: text})
    return found


def _check(columns: list[Column], rights: Access | None) -> None:
    if not columns:
        raise Refused(_("No column of the file goes into a field. Choose at least one."))
    ids = [column.field.id for column in columns]
    doubled = next((column for column in columns if ids.count(column.field.id) > 1), None)
    if doubled is not None:
        raise Refused(_("Two columns go into the field “{field}”.", field=doubled.field.name))
    count = sum(column.new is not None for column in columns)
    if count + (len(rights.table.fields) if rights else 0) > limits.FIELDS_PER_TABLE:
        raise Refused(_("A table has at most {limit} fields.", limit=limits.FIELDS_PER_TABLE))


def title_of(columns: Iterable[Column]) -> Column | None:
    """The column whose values best name the records of a new table."""
    texts = [column for column in columns if column.field.type == "text"]
    listed = [column for column in columns if column.field.type == "single_choice"]
    named = [column for column in (*texts, *listed) if _NAMING.search(column.name)]
    return next(iter([*named, *texts]), None)


class Spool:
    """Converted rows on their way from the file into the database: memory stays flat."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_MEMORY)  # noqa: SIM115 - see close

    def add(self, number: int, values: list[Any], strays: dict[str, str]) -> None:
        """``values`` in the order of the columns, ``strays`` by place among them."""
        self._file.write(orjson.dumps((number, values, strays)) + b"\n")

    def __iter__(self) -> Iterator[tuple[int, list[Any], dict[str, str]]]:
        self._file.seek(0)
        for line in self._file:
            yield orjson.loads(line)

    def close(self) -> None:
        self._file.close()


Warn = Callable[[int, Column, Any], None]


def fill(spool: Spool, columns: list[Column], row: reading.Row, warn: Warn) -> None:
    """Convert a row into the spool; ``warn(row number, column, problem)`` for odd cells."""
    values, strays = [], {}
    for place, column in enumerate(columns):
        value, problem = column.convert(row.cells[column.place])
        values.append(value)
        if problem is not None:
            warn(row.number, column, problem)
            if problem.stray:
                strays[str(place)] = problem.kept
    spool.add(row.number, values, strays)


def made(columns: list[Column], viewer: Viewer, table: Table) -> Iterator[tuple[Column, Field]]:
    """The columns with their real fields: new fields and new options are made now."""
    for column in columns:
        fresh = [{"name": name} for name in column.convert.fresh]
        if column.new is not None:
            new = dict(column.new)
            if fresh:
                choices = [*new["options"].get("choices", []), *fresh]
                new["options"] = {**new["options"], "choices": choices}
            table = schema.current().table(table.id)
            yield column, tables.add_field(viewer, table, new.pop("type"), new.pop("name"), **new)
        elif fresh:
            yield column, _with_options(viewer, column.field.id, fresh)
        else:
            yield column, schema.current().fields[column.field.id]


def _with_options(viewer: Viewer, field_id: int, fresh: list[dict[str, str]]) -> Field:
    field = schema.current().fields[field_id]
    standing = field.options.get("choices", [])
    known = {option["name"] for option in standing}
    added = [option for option in fresh if option["name"] not in known]
    tables.update_field(viewer, field, options={**field.options, "choices": [*standing, *added]})
    return schema.current().fields[field_id]


def option_ids(column: Column, field: Field) -> dict[int, int]:
    """The ids that new options got, by the numbers the converter gave them."""
    ids = {option["name"]: option["id"] for option in field.options.get("choices", [])}
    return {number: ids[name] for name, number in column.convert.fresh.items()}
