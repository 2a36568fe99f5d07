"""A base file becomes a base: all of it or nothing, at rest unless it is told to start."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tracker import circles, db, indexes, limits, models, permissions, schema
from tracker.errors import Missing, TooMuch
from tracker.permissions import Viewer
from tracker.text import Text, _
from tracker.transfer.basefile import archive, people
from tracker.transfer.basefile.archive import Reader
from tracker.transfer.basefile.filling import Filler, Progress
from tracker.transfer.basefile.making import Maker
from tracker.transfer.basefile.references import Names, damaged


@dataclass
class Report:
    """What came in. ``made`` are the addresses of people made; ``notes`` what differs, in words."""

    base: schema.Base
    counts: dict[str, int]
    made: list[str] = field(default_factory=list)
    notes: list[Text] = field(default_factory=list)


def read(
    viewer: Viewer,
    path: Path,
    *,
    data_dir: Path,
    start: bool = False,
    name: str = "",
    look: Callable[[schema.Base], None] | None = None,
    progress: Progress | None = None,
) -> Report:
    """Make a base from a base file. ``start``: automations and chases that were on go on.

    Who makes bases may; people and departments that are not here are made for administrators
    alone (people inactive, without a password), others hear `Refused` then. ``look`` sees the base
    before it stands; what breaks it there is damage.
    """
    permissions.need_maker(viewer)
    with archive.opened(path) as file, db.write():
        with _as_damage():
            report = _read(viewer, file, data_dir / "files", start=start, progress=progress)
            if look is not None:
                look(report.base)
        _note(viewer, report, name or path.name)
    indexes.make_missing()
    db.analyze()
    return report


@contextmanager
def _as_damage() -> Iterator[None]:
    """What is missing in a file, or of another kind than we write, is damage."""
    try:
        yield
    except (LookupError, TypeError, AttributeError, ValueError, Missing) as error:
        raise damaged() from error


def _read(
    viewer: Viewer, file: Reader, folder: Path, *, start: bool, progress: Progress | None
) -> Report:
    said, names = _said(file), Names()
    everybody, departments = (file.whole(f"{name}.json") for name in ("people", "departments"))
    made = people.bring(viewer, everybody, departments, names)
    maker = Maker(viewer, said, names, start=start)
    maker.schema()
    filler = Filler(file, said, names, folder)
    filler.all(progress)
    maker.computed()
    maker.definitions()
    _compare(file.counts, filler)
    counts = {name: len(said[name]) for name in ("tables", "forms", "views", "automations")}
    counts |= {"records": filler.done, "links": filler.links, "comments": filler.comments}
    counts |= {"files": filler.files}
    base = schema.current().base(maker.base_id)
    notes = [*maker.notes, *_circles(base), *_resting(maker), *_made(made)]
    return Report(base, counts, made, notes)


def _said(file: Reader) -> dict[str, Any]:
    said = file.whole("base.json")
    if not isinstance(said, dict) or len(said["tables"]) > limits.TABLES_PER_BASE:
        raise damaged()
    if int(file.counts.get("records", 0)) > limits.BASEFILE_RECORDS:
        n = f"{limits.BASEFILE_RECORDS:,}"
        raise TooMuch(_("A base file has at most {n} records.", n=n))
    return said


def _compare(counts: dict[str, int], filler: Filler) -> None:
    """As many came in as the manifest says went out."""
    found = {"records": filler.done, "links": filler.links, "comments": filler.comments}
    if any(counts.get(name, 0) != count for name, count in found.items()):
        raise damaged()


def _resting(maker: Maker) -> Iterator[Text]:
    if maker.resting:
        yield _(
            "{n} automations and chases were on and are off here: switch them on when all is well.",
            n=maker.resting,
        )


def _circles(base: schema.Base) -> Iterator[Text]:
    """Circles that once were let be are told, not refused: a file gives back all it took."""
    for one in (one for table in base.tables for one in table.fields):
        with suppress(TooMuch):
            why = circles.standing(permissions.system(), one)
            if why is not None and not one.options.get("reverse"):
                yield why


def _made(made: list[str]) -> Iterator[Text]:
    if made:
        yield _("{n} people were made. They cannot sign in until they are invited.", n=len(made))


def _note(viewer: Viewer, report: Report, name: str) -> None:
    """The log keeps who read what in, and what they were told."""
    notes = [one.to(viewer.context.lang) for one in report.notes]
    info = {"file": name[-200:], "base": report.base.id, "counts": report.counts, "notes": notes}
    models.Batch.create(kind="base-file", table_id=0, person_id=viewer.person_id, info=info)
