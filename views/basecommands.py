"""Commands over whole bases: ready ones, and base files out and in."""

from __future__ import annotations

from pathlib import Path

import click

from tracker import schema, solutions
from tracker.errors import Missing, Refused
from tracker.text import _, label
from tracker.transfer.basefile import reading, writing
from tracker.transfer.basefile.reading import Report
from views import basereading, console
from views.console import FILE, House, as_json

start = click.option(
    "--start", is_flag=True, help="Automations and chases that were on go on at once."
)


@click.command("install")
@click.argument("name", metavar="NAME|FILE")
@click.option("--demo", is_flag=True, help="With people and records to look at.")
@as_json
def install(name: str, demo: bool, as_json: bool) -> None:
    """Install a ready base, or what a base file holds."""
    with console.house() as house:
        if name not in solutions.registry and Path(name).is_file():
            if demo:
                raise Refused(_("A base file has no demo; it holds what it holds."))
            _tell(_read(house, Path(name), start=False), house, as_json=as_json)
            return
        if name not in solutions.registry:
            names = ", ".join(one.key for one in solutions.registry)
            raise Refused(
                _("There is no ready base {name}. There are: {names}.", name=name, names=names)
            )
        made = solutions.install(name, demo=demo, lang=house.settings.lang)
        words = _("The base {name} is installed.", name=label(made, house.lang))
        told = {"base": made.key, "name": made.name}
        console.tell(told, words.to(house.lang), as_json=as_json)


@click.command("export")
@click.argument("base", metavar="BASE")
@click.argument("file", type=FILE)
@click.option(
    "--without-records", is_flag=True, help="Only what shapes it: a pattern for other bases."
)
@as_json
def export(base: str, file: Path, without_records: bool, as_json: bool) -> None:
    """Write a whole base into a new base file."""
    with console.house() as house, console.progress(_("Exporting")) as told:
        written = writing.write_file(
            house.viewer(),
            _base(base),
            file,
            data_dir=house.settings.data_dir,
            records=not without_records,
            progress=told,
        )
        lines = [
            _(
                "{records} records and {files} attached files are in {path}.",
                records=f"{written.counts.get('records', 0):,}",
                files=f"{written.counts.get('files', 0):,}",
                path=str(file),
            ),
            *(_("Left out: {what}.", what=one.to(house.lang)) for one in written.left_out),
        ]
        words = "\n".join(one.to(house.lang) for one in lines)
        left = [one.to(house.lang) for one in written.left_out]
        found = {"file": str(file), "bytes": file.stat().st_size, **written.counts}
        console.tell({**found, "left_out": left}, words, as_json=as_json)


def _base(ref: str) -> schema.Base:
    try:
        return schema.current().base(ref)
    except Missing:
        raise Refused(_("There is no base {name}.", name=ref[:60])) from None


@click.command("import")
@click.argument("file", type=FILE)
@start
@as_json
def read_in(file: Path, start: bool, as_json: bool) -> None:
    """Make a base from a base file."""
    with console.house() as house:
        _tell(_read(house, file, start=start), house, as_json=as_json)


def _read(house: House, file: Path, *, start: bool) -> Report:
    if not file.is_file():
        raise Refused(_("There is no file {path}.", path=str(file)))
    with console.progress(_("Importing")) as told:
        return reading.read(
            house.viewer(),
            file,
            data_dir=house.settings.data_dir,
            start=start,
            look=basereading.look,
            progress=told,
        )


def _tell(report: Report, house: House, *, as_json: bool) -> None:
    notes = [one.to(house.lang) for one in report.notes]
    words = _(
        "The base {name} is here, with {records} records.",
        name=label(report.base, house.lang),
        records=f"{report.counts['records']:,}",
    )
    told = {"base": report.base.key, "name": report.base.name, **report.counts}
    told |= {"people": report.made, "notes": notes}
    console.tell(told, "\n".join([words.to(house.lang), *notes]), as_json=as_json)
