"""The command line, ``rounds``: serving, checking, people, bases and backups."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import click

from tracker import accounts, checks, db, models, organisation, roles, running, schema
from tracker import settings as settings_module
from tracker.errors import Missing, Refused
from tracker.text import _
from tracker.transfer import backup as backups
from views import basecommands, console, excelcommands, recordcommands, telemetry
from views.console import FILE, as_json


@click.group(cls=console.Commands, context_settings={"help_option_names": ["-h", "--help"]})
def rounds() -> None:
    """Rounds 走访: visits and activities, tracked by the people who make them."""


for command in (
    recordcommands.import_file,
    recordcommands.export,
    recordcommands.ask,
    excelcommands.make_template,
    excelcommands.hand_in,
    excelcommands.relate,
):
    rounds.add_command(command)


# ── running ──────────────────────────────────────────────────────────────────


@rounds.command()
@click.option("--host", help="Address to listen on (else ROUNDS_HOST).")
@click.option("--port", help="Port to listen on (else ROUNDS_PORT).")
def serve(host: str | None, port: str | None) -> None:
    """Serve the pages, with a worker inside."""
    given = {"ROUNDS_HOST": host, "ROUNDS_PORT": port}
    chosen = {name: value for name, value in given.items() if value is not None}
    settings = settings_module.load({**os.environ, **chosen})
    with running.sharing(settings.data_dir):
        # The app stands above this room and is looked up when it runs.
        importlib.import_module("app").serve(settings)


@rounds.command()
def worker() -> None:
    """Do what is due, without serving pages; any number may run."""
    from automations.worker import Worker

    telemetry.write_logs()
    with console.house() as house:
        Worker(house.settings).run()


@rounds.command()
@click.option("--rebuild-search", is_flag=True, help="First make all search indexes anew.")
@as_json
def check(rebuild_search: bool, as_json: bool) -> None:
    """Look whether everything is as it should be."""
    if rebuild_search:
        with console.house():
            checks.rebuild_search()
    found = checks.check(settings_module.load())
    lang = console.language()
    problems = [text.to(lang) for text in found.problems]
    lines = [*(f"{name}: {value}" for name, value in found.facts.items())]
    if not problems:
        lines.append(_("Everything is in order.").to(lang))
    told = {"ok": not problems, **found.facts, "problems": problems}
    console.tell(told, "\n".join(lines), as_json=as_json)
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        raise click.exceptions.Exit(1)


# ── people ───────────────────────────────────────────────────────────────────


@rounds.group()
def user() -> None:
    """People."""


@user.command("add")
@click.argument("email")
@click.option("--name", required=True, help="What they are called.")
@click.option("--admin", is_flag=True, help="They administer the whole installation.")
@click.option("--department", metavar="PATH", help="Such as 总部/华东; made where it is missing.")
@click.option(
    "--role", "held", metavar="BASE:ROLE", multiple=True, help="May be given several times."
)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@as_json
def add_user(
    email: str,
    name: str,
    admin: bool,
    department: str | None,
    held: tuple[str, ...],
    password_stdin: bool,
    as_json: bool,
) -> None:
    """Add somebody who can sign in."""
    with console.house() as house:
        password = _password(from_stdin=password_stdin)
        with db.write():
            found = [_role(one) for one in held]
            place = organisation.at_path(department) if department is not None else None
            person = accounts.add_person(
                email, name=name, password=password, admin=admin, department=place
            )
            for role in found:
                roles.add_member(house.viewer(), role, person_id=person.id)
        words = _("{name} can sign in as {email}.", name=person.name, email=person.email)
        told = {"id": person.id, "email": person.email, "name": person.name}
        console.tell(told, words.to(house.lang), as_json=as_json)


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
        if not password:
            raise Refused(_("There is no password on standard input."))
        return password
    if not sys.stdin.isatty():
        raise Refused(_("Give the password on standard input, with --password-stdin."))
    return str(click.prompt("Password 密码", hide_input=True, confirmation_prompt=True))


def _role(path: str) -> models.Role:
    """The role named by ``BASE:ROLE``, each a key or a name."""
    base_ref, _colon, role_ref = path.partition(":")
    try:
        base = schema.current().base(base_ref)
    except Missing:
        raise Refused(_("There is no base {name}.", name=base_ref[:60])) from None
    for role in models.Role.select().where(models.Role.base == base.id):
        if role_ref in {role.key, role.name, *(role.names or {}).values()}:
            return role
    raise Refused(_("{base} has no role {name}.", base=base.name, name=role_ref[:60]))


@rounds.group()
def token() -> None:
    """Keys with which programs act for a person."""


@token.command("add")
@click.argument("email")
@click.option("--name", required=True, help="What the key is for.")
@as_json
def add_token(email: str, name: str, as_json: bool) -> None:
    """Make a key; it is shown once."""
    with console.house():
        secret = accounts.add_token(console.person_called(email), name)
    console.tell({"token": secret}, secret, as_json=as_json)


# ── bases ────────────────────────────────────────────────────────────────────


@rounds.group()
def base() -> None:
    """Bases."""


for command in (basecommands.install, basecommands.export, basecommands.read_in):
    base.add_command(command)


# ── backups ──────────────────────────────────────────────────────────────────


@rounds.command()
@click.argument("directory", type=FILE)
@as_json
def backup(directory: Path, as_json: bool) -> None:
    """Save everything into a new directory; the server may be running."""
    with console.house() as house:
        manifest = backups.backup(directory, house.settings)
    words = _(
        "{rows} rows and {files} files are saved in {path}.",
        rows=f"{manifest.rows:,}",
        files=len(manifest.files),
        path=str(directory),
    )
    told = {"directory": str(directory), "rows": manifest.rows, "files": len(manifest.files)}
    told |= {"bytes": manifest.bytes, "made_at": manifest.made_at}
    console.tell(told, words.to(house.lang), as_json=as_json)


@rounds.command()
@click.argument("directory", type=FILE)
@as_json
def restore(directory: Path, as_json: bool) -> None:
    """Put a backup in the place of what stands; that is kept aside."""
    done = backups.restore(directory, settings_module.load())
    lang = console.language()
    words = _(
        "Restored {rows} rows as of {at} (UTC).",
        rows=f"{done.manifest.rows:,}",
        at=done.manifest.made_at,
    ).to(lang)
    if done.replaced:
        words += "\n" + _("What stood before is in {path}.", path=str(done.replaced)).to(lang)
    told = {"directory": str(directory), "rows": done.manifest.rows}
    told |= {"made_at": done.manifest.made_at}
    told["replaced"] = str(done.replaced) if done.replaced else None
    console.tell(told, words, as_json=as_json)
