"""Commands for Excel and back: templates to fill in, and what filled-in ones change."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from tracker import definitions, permissions, schema
from tracker.errors import Missing, Refused
from tracker.query import Query
from tracker.relating import making
from tracker.relating.survey import Survey, plain, survey
from tracker.roundtrip import applying, looking, rejects, spool, template
from tracker.roundtrip.applying import LEAVE, MINE, Applied, Decisions
from tracker.roundtrip.looking import Looked
from tracker.roundtrip.marks import Signer
from tracker.roundtrip.template import Maker, Wish
from tracker.schema import Field, Table
from tracker.text import _
from views import console
from views.console import FILE, House, as_json
from views.recordcommands import seen_as
from views.viewing import Viewing

SHOWN = 50  # differences that are told in words


# ── templates ────────────────────────────────────────────────────────────────


@click.command("template")
@click.argument("target", metavar="BASE/TABLE")
@click.argument("file", type=FILE)
@click.option("--view", metavar="NAME", help="The records and fields of this view.")
@click.option("--by", metavar="FIELD", help="The department or person field that says whose.")
@click.option("--for", "name", metavar="NAME", help="Only the records of this one; needs --by.")
@click.option("--level", type=click.IntRange(1), help="Departments of this level of the tree.")
@click.option("--due", default="", help="By when; stands in the notes sheet.")
@click.option("--note", default="", help="Stands in the notes sheet.")
@seen_as
@as_json
def make_template(
    target: str,
    file: Path,
    view: str | None,
    by: str | None,
    name: str | None,
    level: int | None,
    due: str,
    note: str,
    email: str | None,
    as_json: bool,
) -> None:
    """Write a template to fill in with Excel; with --by and a .zip one for each."""
    each = file.suffix.lower() == ".zip"
    if (each or name is not None) and by is None:
        raise Refused(_("Say with --by which field tells whose a record is."))
    with console.house() as house, console.progress(_("Writing templates")) as told:
        query = _narrowed(house, target, email, view)
        field = _holder_field(query, by) if by is not None else None
        maker = Maker(query, Signer(house.settings.secret), Wish(field, due, note))
        count = _write(maker, file, name, level if each else None, told)
        words = _("{n} templates in {path}.", n=count, path=str(file)).to(house.lang)
        console.tell({"templates": count, "file": str(file)}, words, as_json=as_json)


def _write(
    maker: Maker,
    file: Path,
    name: str | None,
    level: int | None,
    told: Callable[[int, int], None],
) -> int:
    """The file, whole or not at all; how many templates it holds."""
    field = maker.wish.by
    unfinished = file.with_name(f".{file.name}.unfinished")
    try:
        if file.suffix.lower() == ".zip":
            assert field is not None  # noqa: S101 - asked for by the caller
            found = template.holders(maker.query, field, level=level)
            count = template.archive(maker, found, unfinished, told)
        else:
            maker.write(unfinished, _holder(maker, name) if name is not None else None)
            count = 1
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    return count


def _holder(maker: Maker, name: str) -> template.Holder:
    field = maker.wish.by
    assert field is not None  # noqa: S101 - asked for by the command
    found = [one for one in template.holders(maker.query, field) if one.name == name]
    if len(found) != 1:
        raise Refused(_("There is no {name} in “{field}”.", name=name[:60], field=field.name))
    return found[0]


def _holder_field(query: Query, ref: str) -> Field:
    field = next((one for one in template.holder_fields(query) if ref in {one.key, one.name}), None)
    if field is None:
        raise Refused(_("“{name}” is no field of departments or people.", name=ref[:60]))
    return field


def _narrowed(house: House, target: str, email: str | None, view: str | None) -> Query:
    table, viewer = console.table_called(target), house.viewer(email)
    try:
        query = Query(viewer, table)
    except Missing:
        raise console.no_table(target) from None
    if view is None:
        return query
    for one in definitions.views_of(viewer, table):
        if view in {one.name, *(one.names or {}).values(), str(one.id)}:
            viewing = Viewing(viewer, one, {})
            return viewing.query.only([field.id for field in viewing.shown])
    raise Refused(_("There is no view {name}.", name=view[:60]))


# ── handing in ───────────────────────────────────────────────────────────────


@click.command("handin")
@click.argument("target", metavar="BASE/TABLE")
@click.argument("files", type=FILE, nargs=-1, required=True)
@click.option("--take", is_flag=True, help="Write what is right; without it nothing is written.")
@click.option("--mine", is_flag=True, help="In conflicts take the file (else Rounds stays).")
@click.option("--settle", is_flag=True, help="Take names that differ in case, blanks or signs.")
@click.option("--rejected", type=FILE, help="Write the rows that are not taken into this file.")
@seen_as
@as_json
def hand_in(
    target: str,
    files: tuple[Path, ...],
    take: bool,
    mine: bool,
    settle: bool,
    rejected: Path | None,
    email: str | None,
    as_json: bool,
) -> None:
    """Show what filled-in templates change; with --take, write it."""
    with console.house() as house, tempfile.TemporaryDirectory() as folder:
        table, viewer = console.table_called(target), house.viewer(email)
        lines = Path(folder) / "lines"
        signer = Signer(house.settings.secret)
        named = [(path, path.name) for path in files]
        try:
            looked = looking.look(viewer, table, named, lines, signer=signer)
        except Missing:
            raise console.no_table(target) from None
        picks = _sure(looked) if settle else {}
        if picks:
            looked = looking.look(viewer, table, named, lines, signer=signer, picks=picks)
        applied = None
        if take:
            decisions = Decisions(every=MINE if mine else LEAVE)
            applied = applying.apply(viewer, table, spool.read(lines), decisions)
        if rejected is not None:
            wrong = [one for one in spool.read(lines) if one["kind"] == "rejected"]
            rejects.write(viewer, table, rejected, wrong, signer=signer)
        words = _say(looked, applied, table, list(spool.read(lines)), house.lang)
        console.tell(_json(looked, applied, lines, house.lang), words, as_json=as_json)


def _sure(looked: Looked) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    for one in looked.names:
        if one["near"] and one["near"][0]["sure"]:
            found.setdefault(one["field"], {})[one["text"]] = one["near"][0]["id"]
    return found


def _json(looked: Looked, applied: Applied | None, lines: Path, lang: str) -> dict[str, Any]:
    told = looked.json()
    told["rows"] = [
        {key: value for key, value in line.items() if key not in {"raw", "key"}}
        for line in spool.read(lines)
    ]
    told["taken"] = None
    if applied is not None:
        told["taken"] = {
            "batch": applied.batch,
            "changed": len(applied.changed),
            "new": len(applied.new),
            "rejected": [
                {"file": file, "row": row, "reason": why.to(lang)}
                for file, row, why in applied.rejected
            ],
        }
    return told


def _say(
    looked: Looked, applied: Applied | None, table: Table, lines: list[spool.Line], lang: str
) -> str:
    said = [_say_file(one, lang) for one in looked.files]
    if looked.missing:
        names = ", ".join(looked.missing)
        came = looked.among - len(looked.missing)
        said.append(
            f"{_('{came} of {among} came.', came=came, among=looked.among).to(lang)} "
            f"{_('Not yet: {names}', names=names).to(lang)}"
        )
    for line in lines[:SHOWN]:
        said += _say_line(line, table, lang)
    if applied is None:
        said.append(_("Nothing was written. Add --take to write what is right.").to(lang))
    else:
        done = _(
            "Written: {changed} changed, {new} new; not taken afterwards: {rejected}.",
            changed=len(applied.changed),
            new=len(applied.new),
            rejected=len(applied.rejected),
        )
        said.append(done.to(lang))
    return "\n".join(said)


def _say_file(told: dict[str, Any], lang: str) -> str:
    if told["refused"]:
        return f"{told['file']}: {told['refused']}"
    counts = {key: told[key] for key in ("changed", "new", "rejected", "conflicts", "same")}
    text = _(
        "{file}: {changed} changed, {new} new, {rejected} not taken, {conflicts} in conflict, "
        "{same} the same.",
        file=told["file"],
        **counts,
    )
    return "\n  ".join([text.to(lang), *told["notes"]])


def _say_line(line: spool.Line, table: Table, lang: str) -> list[str]:
    title = line["title"] or f"#{line['row']}"
    said = [
        f"  {_('Row {row}: {reason}', row=line['row'], reason=why).to(lang)}" for why in line["why"]
    ]
    for cell in line["cells"]:
        if cell["state"] in {"changed", "conflict"} and line["kind"] != "rejected":
            name = table.by_id[cell["field"]].name
            mark = "!" if cell["state"] == "conflict" else " "
            said.append(f" {mark}{title} · {name}: {cell['now']} → {cell['given']}")
    return said


# ── linked files ─────────────────────────────────────────────────────────────


@click.command("relate")
@click.argument("base_ref", metavar="BASE")
@click.argument("files", type=FILE, nargs=-1, required=True)
@click.option("--take", is_flag=True, help="Make the tables; without it nothing is made.")
@click.option("--settle", is_flag=True, help="Take names that differ in case, blanks or signs.")
@seen_as
@as_json
def relate(
    base_ref: str,
    files: tuple[Path, ...],
    take: bool,
    settle: bool,
    email: str | None,
    as_json: bool,
) -> None:
    """Make linked tables of several files; shows the links, with --take makes them."""
    with console.house() as house:
        viewer = house.viewer(email)
        try:
            base = schema.current().base(base_ref)
            permissions.need_coordinator(viewer, base.id)
        except Missing:
            raise Refused(_("There is no base {name}.", name=base_ref[:60])) from None
        found = survey([(path, path.name) for path in files], house.lang)
        aliases = {(one.source, one.column): one.sure for one in found.links} if settle else {}
        told = plain(found)
        made = None
        if take:
            made = making.make(viewer, base, found, links=found.links, aliases=aliases)
            told["made"] = [
                {"table": number, "created": report.created, "rejected": len(report.rejected)}
                for number, report in sorted(made.reports.items())
            ]
            told["lost"] = [
                {"file": file, "column": column, "values": count}
                for (file, column), count in made.lost.items()
            ]
        console.tell(told, _say_links(found, made, house.lang), as_json=as_json)


def _say_links(found: Survey, made: making.Made | None, lang: str) -> str:
    names = [one.table for one in found.sources]
    said = [f"{one.table}: {_('{n} rows', n=one.rows).to(lang)}" for one in found.sources]
    for one in found.links:
        said.append(f"{names[one.source]}.{one.column} → {names[one.target]}.{one.key}")
        said += [f"  ? {text} ~ {', '.join(near[:3])}" for text, near in one.unknown.items()]
    if made is None:
        said.append(_("Nothing was made. Add --take to make the tables.").to(lang))
    return "\n".join(said)
