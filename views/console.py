"""What every command shares: settings, the open database, output, progress, errors in words."""

from __future__ import annotations

import errno
import logging
import os
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import orjson
import peewee
import psycopg
from tqdm import tqdm

from tracker import db, folding, migrations, models, permissions, running, schema
from tracker import settings as settings_module
from tracker.errors import Missing, Problem, Refused
from tracker.permissions import Viewer
from tracker.settings import Settings
from tracker.text import LANGUAGES, Text, _

LATER = 2  # seconds before a progress bar is worth showing
FILE = click.Path(path_type=Path)
log = logging.getLogger("rounds.console")
as_json = click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object.")


def language() -> str:
    """What the person at the terminal reads: ROUNDS_LANG, else the terminal's language."""
    for name in ("ROUNDS_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        spoken = os.environ.get(name, "")[:2].lower()
        if spoken in LANGUAGES:
            return spoken
    return "zh"


@dataclass(frozen=True)
class House:
    """The installation a command works on."""

    settings: Settings
    lang: str

    def viewer(self, email: str | None = None) -> Viewer:
        """The person with this address, else the product itself, who may do everything."""
        if email is None:
            return permissions.system(self.settings.zone).speaking(self.lang, self.settings.zone)
        return permissions.viewer_for(person_called(email), lang=self.lang, zone=self.settings.zone)


@contextmanager
def house() -> Iterator[House]:
    """Settings read, database open and migrated, and nobody restoring a backup meanwhile."""
    settings = settings_module.load()
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with running.sharing(settings.data_dir):
        db.open_database(settings.database_url)
        try:
            with db.connection():
                migrations.migrate()
                yield House(settings, language())
        finally:
            _close(db.proxy.obj)


def _close(database: Any) -> None:
    """The connection, or all of a pool's."""
    getattr(database, "close_all", database.close)()


def person_called(email: str) -> models.Person:
    key = folding.person_key(email)
    person = models.Person.get_or_none(models.Person.email_key == key)
    if person is None or not person.active:
        raise Refused(_("There is nobody active with the address {email}.", email=email[:80]))
    return person


def table_called(path: str) -> schema.Table:
    """The table named by ``BASE/TABLE``; the same sentence for what is hidden and what is not."""
    try:
        return schema.current().locate(path)
    except Missing:
        raise no_table(path) from None


def no_table(path: str) -> Refused:
    return Refused(
        _("There is no table {path}. Name it BASE/TABLE, by key or by name.", path=path[:120])
    )


# ── output ───────────────────────────────────────────────────────────────────


def tell(found: dict[str, Any], words: str, *, as_json: bool) -> None:
    """The outcome: one JSON object, or words for people."""
    click.echo(orjson.dumps(found).decode() if as_json else words)


@contextmanager
def progress(what: Text) -> Iterator[Callable[[int, int], None]]:
    """``told(done, total)`` moves a bar, on a terminal and once it takes long."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    with tqdm(desc=what.to(language()), delay=LATER, leave=False, file=sys.stderr) as bar:

        def told(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield told


# ── errors ───────────────────────────────────────────────────────────────────


class Commands(click.Group):
    """A group whose commands end with 0, or with one plain sentence on stderr and 1."""

    def main(  # type: ignore[override]  # click overloads it by standalone_mode, which is ours
        self, args: Any = None, prog_name: str | None = None, **extra: Any
    ) -> Any:
        extra["standalone_mode"] = False
        try:
            code = super().main(args=args, prog_name=prog_name or "rounds", **extra)
            sys.stdout.flush()
        except click.exceptions.NoArgsIsHelpError as asked:
            click.echo(asked.ctx.get_help() if asked.ctx else "")
            code = 0
        except BrokenPipeError:  # `| head` has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 0
        except Exception as error:
            sys.exit(_failed(say_error(error).to(language()), error))
        except KeyboardInterrupt:
            sys.exit(_failed(_("Stopped. What was not finished was taken back.").to(language())))
        sys.exit(code if isinstance(code, int) else 0)


def _failed(sentence: str, error: Exception | None = None) -> int:
    log.debug("the command failed", exc_info=error)
    click.echo(" ".join(sentence.split()), err=True)
    return 1


def say_error(error: Exception) -> Text:
    """What went wrong, for a person."""
    if isinstance(error, Problem):
        return error.text
    if isinstance(error, click.Abort):
        return _("Stopped. What was not finished was taken back.")
    if isinstance(error, click.ClickException):
        return _say_usage(error)
    if isinstance(error, peewee.PeeweeException | psycopg.Error | sqlite3.Error | _own_sqlite()):
        return _say_database(error)
    if isinstance(error, OSError):
        return _say_system(error)
    if isinstance(error, MemoryError):
        return _("There is not enough memory for this.")
    return _(
        "This should not have happened: {kind} ({why}). Please report it.",
        kind=type(error).__name__,
        why=str(error)[:300],
    )


def _own_sqlite() -> Any:
    """The errors of the SQLite that is used, where it is not Python's own."""
    return peewee.sqlite3.Error


def _say_usage(error: click.ClickException) -> Text:
    command = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else ""
    help = f"{command or 'rounds'} --help"
    if isinstance(error, click.NoSuchOption):
        return _("There is no option {name}. See: {help}", name=error.option_name, help=help)
    if isinstance(error, click.exceptions.NoSuchCommand):
        return _("There is no command {name}. See: {help}", name=error.command_name, help=help)
    if isinstance(error, click.MissingParameter):
        name = error.param.make_metavar(error.ctx) if error.param and error.ctx else ""
        if error.param is not None and error.param.param_type_name == "option":
            name = error.param.opts[0]
        return _("{name} is missing. See: {help}", name=name, help=help)
    if isinstance(error, click.BadParameter) and error.param is not None:
        name = error.param.opts[0] if error.param.opts else ""
        why = error.message.rstrip(".")
        return _("{name} cannot be understood: {why}. See: {help}", name=name, why=why, help=help)
    return _("{why} See: {help}", why=error.format_message(), help=help)


def _say_database(error: Exception) -> Text:
    why = str(error).strip().splitlines()[0][:300] if str(error).strip() else type(error).__name__
    if "locked" in why or "busy" in why:
        return _("The database is busy: another program is writing. Try again in a moment.")
    if isinstance(error, peewee.OperationalError | psycopg.OperationalError):
        return _("The database cannot be reached: {why}", why=why)
    return _("The database cannot be read: {why}", why=why)


def _say_system(error: OSError) -> Text:
    why = error.strerror or str(error)
    if error.errno == errno.EADDRINUSE:
        return _("Another program uses this port. Choose another one with --port.")
    if error.errno == errno.ENOSPC:
        return _("The disk is full.")
    if error.filename:
        return _("{path}: {why}.", path=str(error.filename), why=why)
    return _("The system refused: {why}.", why=why)
