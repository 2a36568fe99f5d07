"""Commands over records: import, export and query."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import orjson

from tracker import conditions, db, fieldtypes, models, permissions, schema, tables
from tracker.errors import Missing, Refused
from tracker.grouping import BUCKETS, By, groups
from tracker.permissions import Viewer
from tracker.query import Query, Record
from tracker.schema import Base, Field
from tracker.text import _, label
from tracker.transfer import exporting, importing
from views import console
from views.console import FILE, House, as_json

CHUNK = 500
SHOWN = 20  # rejected rows and warnings that are told in words
seen_as = click.option("--as", "email", metavar="EMAIL", help="As this person sees it.")


# ── files ────────────────────────────────────────────────────────────────────


@click.command("import")
@click.argument("target", metavar="BASE/TABLE")
@click.argument("file", type=FILE)
@click.option("--create", is_flag=True, help="Make the table from the file.")
@click.option("--sheet", help="Which sheet of a workbook (else the first with data).")
@click.option(
    "--header-row", type=click.IntRange(0), help="Where the names of the columns stand; 0: nowhere."
)
@click.option("--key", metavar="FIELD", help="Rows update the record with the same value here.")
@click.option("--encoding", help="Of a csv file, such as gb18030 (else found out).")
@click.option("--delimiter", help="Of a csv file (else found out).")
@click.option("--dry-run", is_flag=True, help="Only tell what would happen.")
@seen_as
@as_json
def import_file(
    target: str,
    file: Path,
    create: bool,
    key: str | None,
    email: str | None,
    as_json: bool,
    **how: Any,
) -> None:
    """Import an .xlsx or .csv file."""
    with console.house() as house, console.progress(_("Importing")) as told:
        viewer = house.viewer(email)
        how["progress"] = told
        if create:
            report = _create(viewer, target, file, how)
        else:
            report = _import(viewer, target, file, key, how)
    console.tell(report.json(house.lang), _say_import(report, house), as_json=as_json)


def _import(
    viewer: Viewer, target: str, file: Path, key: str | None, how: dict[str, Any]
) -> importing.Report:
    try:
        table = console.table_called(target)
        rights = permissions.access(viewer, table)
    except (Missing, Refused):
        raise Refused(
            _("There is no table {path}. Add --create to make it from the file.", path=target[:120])
        ) from None
    field = _field(rights, key) if key is not None else None
    return importing.run(viewer, table, file, key_field=field and field.id, **how)


def _field(rights: permissions.Access, ref: str) -> Field:
    try:
        return rights.field(ref)
    except Missing:
        raise Refused(_("There is no field called {name}.", name=ref[:60])) from None


def _create(viewer: Viewer, target: str, file: Path, how: dict[str, Any]) -> importing.Report:
    """A new table; its base is made, too, when it is missing, and goes again if this fails."""
    base_ref, _slash, name = target.partition("/")
    if not base_ref or not name:
        raise console.no_table(target)
    try:
        base, made = schema.current().base(base_ref), False
    except Missing:
        base, made = tables.create_base(viewer, base_ref), True
    done = False
    try:
        if not made and _has_table(base, name):
            raise Refused(
                _("There is already a table {path}. Leave out --create to add to it.", path=target)
            )
        report = importing.create_from(viewer, base, file, name, **how)
        done = not how["dry_run"]
    finally:
        if made and not done:
            with db.write():
                models.Base.delete().where(models.Base.id == base.id).execute()
                schema.changed()
    return report


def _has_table(base: Base, name: str) -> bool:
    try:
        base.table(name)
    except Missing:
        return False
    return True


def _say_import(report: importing.Report, house: House) -> str:
    lang = house.lang
    lines = [
        _(
            "{rows} rows: {created} created, {updated} updated, {same} unchanged, "
            "{rejected} rejected; {warned} cells with a warning.",
            rows=report.rows,
            created=report.created,
            updated=report.updated,
            same=report.same,
            rejected=len(report.rejected),
            warned=report.warned,
        ).to(lang)
    ]
    lines += [note.to(lang) for note in report.notes]
    if report.skipped:
        lines.append(_("Columns left out: {names}.", names=", ".join(report.skipped)).to(lang))
    for row, reason in report.rejected[:SHOWN]:
        lines.append(_("Row {row}: {reason}", row=row, reason=reason).to(lang))
    for one in report.warnings[:SHOWN]:
        text = _("Row {row}, {column}: {reason}", row=one.row, column=one.column, reason=one.reason)
        lines.append(text.to(lang))
    return "\n".join(lines)


@click.command()
@click.argument("target", metavar="BASE/TABLE")
@click.argument("file", type=FILE)
@click.option("--where", metavar="JSON", help="Only records that meet this condition.")
@seen_as
@as_json
def export(target: str, file: Path, where: str | None, email: str | None, as_json: bool) -> None:
    """Export records as .xlsx or .csv, by the ending of FILE."""
    format = file.suffix.lower().lstrip(".")
    if format not in exporting.FORMATS:
        raise Refused(_("Name the file .xlsx or .csv: that says in which format to export."))
    with console.house() as house, console.progress(_("Exporting")) as told:
        query = _query(house, target, email, where)
        unfinished = file.with_name(f".{file.name}.unfinished")
        try:
            written = exporting.export(query, format, unfinished, progress=told)
            unfinished.replace(file)
        finally:
            unfinished.unlink(missing_ok=True)
    words = _("{n} records in {path}.", n=written.rows, path=str(file))
    found = {"rows": written.rows, "shortened": written.shortened, "file": str(file)}
    console.tell(found, words.to(house.lang), as_json=as_json)


# ── asking ───────────────────────────────────────────────────────────────────


@click.command("query")
@click.argument("target", metavar="BASE/TABLE")
@click.option(
    "--where", metavar="JSON", help='Such as {"field": "state", "op": "is", "value": "done"}.'
)
@click.option("--group", metavar="FIELD", help="Count records by the values of a field.")
@click.option("--bucket", type=click.Choice(BUCKETS), default="day", help="How dates are grouped.")
@click.option("--count", is_flag=True, help="Only how many.")
@click.option("--limit", type=click.IntRange(1), help="At most so many records.")
@seen_as
@as_json
def ask(
    target: str,
    where: str | None,
    group: str | None,
    bucket: str,
    count: bool,
    limit: int | None,
    email: str | None,
    as_json: bool,
) -> None:
    """Records, as a person may see them."""
    with console.house() as house:
        found = _query(house, target, email, where)
        if group is not None:
            _tell_groups(found, By(_field(found.access, group), bucket), as_json=as_json)
        elif count:
            number = found.count()
            console.tell({"count": number}, str(number), as_json=as_json)
        else:
            _tell_records(found, limit, as_json=as_json)


def _query(house: House, target: str, email: str | None, where: str | None) -> Query:
    table = console.table_called(target)
    try:
        found = Query(house.viewer(email), table)
    except Missing:
        raise console.no_table(target) from None
    if where is None:
        return found
    try:
        condition = orjson.loads(where)
    except orjson.JSONDecodeError as error:
        raise Refused(_("--where is not JSON: {why}.", why=str(error))) from None
    visible = found.access.visible_table
    return found.where(conditions.check(condition, visible, found.viewer.context))


def _tell_groups(found: Query, by: By, *, as_json: bool) -> None:
    told = [
        {"value": _group_value(by.field, group.keys[0], found), "count": group.count}
        for group in groups(found, [by])
    ]
    words = "\n".join(f"{one['count']}\t{one['value']}" for one in told)
    console.tell({"groups": told}, words, as_json=as_json)


def _group_value(field: Field, key: Any, found: Query) -> Any:
    """A group's key as a program reads it: names for ids, numbers as numbers."""
    kind, context = fieldtypes.get(field), found.viewer.context
    if key is None or kind.family == "time":
        return key
    if kind.family == "checkbox":
        return bool(key)
    if kind.family in {"many", "link"}:
        return kind.text([key], field, context)
    return (
        kind.text(key, field, context) if kind.family == "one" else kind.json(key, field, context)
    )


def _records(found: Query, limit: int | None) -> Iterator[Record]:
    ids = found.ids() if limit is None else found.ids(limit)
    for start in range(0, len(ids), CHUNK):
        yield from found.fetch(ids[start : start + CHUNK])


def _tell_records(found: Query, limit: int | None, *, as_json: bool) -> None:
    """One after the other, so that a million take no more memory than one."""
    context = found.viewer.context
    kinds = [(one, fieldtypes.get(one)) for one in found.fields]
    if as_json:
        click.echo('{"records":[', nl=False)
        for number, record in enumerate(_records(found, limit)):
            fields = {one.name: kind.json(record[one], one, context) for one, kind in kinds}
            told: dict[str, Any] = {"id": record.id, "fields": fields}
            if record.strays:
                names = found.table.by_id
                told["strays"] = {names[key].name: text for key, text in record.strays.items()}
            click.echo(("," if number else "") + orjson.dumps(told).decode(), nl=False)
        click.echo("]}")
        return
    click.echo("\t".join(["id", *(label(one, context.lang) for one, _kind in kinds)]))
    for record in _records(found, limit):
        cells = [" ".join(kind.text(record[one], one, context).split()) for one, kind in kinds]
        click.echo("\t".join([str(record.id), *cells]))
