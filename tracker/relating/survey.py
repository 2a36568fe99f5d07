"""What several files have to do with each other: columns of one that name the rows of another.

A column points to a key when its values are found among the key's; what is not found is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tracker import limits
from tracker.errors import Refused, TooMuch
from tracker.folding import fold
from tracker.text import _
from tracker.transfer import reading
from tracker.transfer.cells import CellError, as_text
from tracker.transfer.nearness import normal, of_texts
from tracker.transfer.reading import Preview

_ENOUGH = 0.6  # of the different values of a column must be found in a key
_NEARLY = 0.5  # of the rows must differ in a column called id for it to be a key
_SHOWN = 200  # unknown values that are offered to be settled
_NOT_LINKS = {"date", "datetime", "checkbox", "currency", "number", "duration", "percent"}
_ID = re.compile(r"[\s_-]*(id|key|code|no|编号|代码)$", re.I)


@dataclass
class Profile:
    """A column: how many cells are filled, and their different values (None for too many)."""

    name: str
    type: str
    filled: int = 0
    values: set[str] | None = field(default_factory=set)

    def add(self, text: str) -> None:
        self.filled += 1
        if self.values is not None:
            self.values.add(text)
            if len(self.values) > limits.RELATED_VALUES:
                self.values = None


@dataclass
class Source:
    """One file on its way to a table called ``table``."""

    path: Path
    file: str
    table: str
    preview: Preview
    columns: list[Profile]
    rows: int = 0


@dataclass
class Link:
    """``column`` of file ``source`` names rows of file ``target`` by their ``key``.

    ``unknown`` values are in no row of the target; ``near`` are keys that may be meant by them.
    ``single`` when each key is of one row.
    """

    source: int
    column: str
    target: int
    key: str
    different: int
    unknown: dict[str, list[str]]
    sure: dict[str, str]
    lost: int
    single: bool


@dataclass
class Survey:
    """All files, and the links between them that were found."""

    sources: list[Source]
    links: list[Link]


def survey(files: list[tuple[Path, str]], lang: str) -> Survey:
    """Read ``files`` (path, name) and find out how they hang together. `Refused` if one cannot."""
    if len(files) < 2:
        raise Refused(_("Choose at least two files."))
    if len(files) > limits.RELATED_FILES:
        raise TooMuch(_("At most {n} files fit into one upload.", n=limits.RELATED_FILES))
    taken: set[str] = set()
    sources = [_source(path, name, lang, taken) for path, name in files]
    links = []
    for number, source in enumerate(sources):
        for column in source.columns:
            found = _best(sources, number, column)
            if found is not None:
                links.append(found)
    return Survey(sources, links)


def _source(path: Path, name: str, lang: str, taken: set[str]) -> Source:
    seen = reading.preview(path, lang=lang)
    if not seen.columns:
        raise Refused(next(iter(seen.notes), _("There is no data in this file.")))
    table, number = " ".join(Path(name).stem.split())[: limits.NAME_LENGTH - 4] or "1", 2
    while table in taken:
        table, number = f"{Path(name).stem[: limits.NAME_LENGTH - 8]} {number}", number + 1
    taken.add(table)
    columns = [Profile(column.name, column.guess.type) for column in seen.columns]
    source = Source(path, name, table, seen, columns)
    for row in _rows(source):
        source.rows += 1
        for profile, cell in zip(columns, row.cells, strict=True):
            if cell is not None and not isinstance(cell, CellError):
                profile.add(as_text(cell))
    return source


def _rows(source: Source) -> Iterator[reading.Row]:
    seen = source.preview
    return reading.rows(
        source.path,
        sheet=seen.sheet,
        header_row=seen.header_row,
        encoding=seen.encoding,
        delimiter=seen.delimiter,
    )


# ── which key ────────────────────────────────────────────────────────────────


def _is_key(source: Source, column: Profile) -> bool:
    """Whether the values tell rows apart: all of them, or nearly and by name an id."""
    if not column.values or column.type in {"date", "datetime", "checkbox"}:
        return False
    if column.filled == source.rows == len(column.values):
        return True
    nearly = len(column.values) >= source.rows * _NEARLY and column.filled == source.rows
    return nearly and fold(column.name.strip()) == "id"


def _best(sources: list[Source], number: int, column: Profile) -> Link | None:
    """The key that the values of a column are found in; None when it is no reference."""
    values = column.values
    if not values:
        return None
    own, numeric = _is_key(sources[number], column), column.type in _NOT_LINKS
    rated = [
        (akin, share, -place, key)
        for place, target in enumerate(sources)
        for key in target.columns
        if key is not column
        and _is_key(target, key)
        and (place != number or _points_within(sources[number], column))
        and (akin := _akin(column.name, target.table, key.name)) >= (own or numeric)
        and (share := len(values & (key.values or set())) / len(values)) >= _ENOUGH
        and (len(values) > 1 or akin)
    ]
    if not rated:
        return None
    *_rate, back, key = max(rated, key=lambda one: one[:3])
    place = -back
    return _link(sources, (number, column), (place, key))


def _points_within(source: Source, column: Profile) -> bool:
    """Whether a column may point to rows of its own file: not where it names its own row."""
    return not _is_key(source, column) and column.filled < source.rows * 0.9


def _akin(column: str, table: str, key: str) -> bool:
    """Whether the name of a column speaks of a table: ``person_id`` of ``person``."""
    stem = normal(_ID.sub("", column))
    names = {normal(table), normal(_ID.sub("", key))} - {""}
    names |= {re.sub("ies$", "y", one) for one in names} | {one.rstrip("s") for one in names}
    return bool(stem) and any(stem == one or stem.endswith(one) for one in names)


def _link(sources: list[Source], source: tuple[int, Profile], target: tuple[int, Profile]) -> Link:
    number, column = source
    place, key = target
    known = key.values or set()
    missing = sorted((column.values or set()) - known)
    near = of_texts(known)
    unknown, sure = {}, {}
    for text in missing[:_SHOWN]:
        found = near.near(text)
        unknown[text] = [one.text for one in found]
        if found and found[0].sure:
            sure[text] = found[0].text
    return Link(
        source=number,
        column=column.name,
        target=place,
        key=key.name,
        different=len(column.values or ()),
        unknown=unknown,
        sure=sure,
        lost=len(missing),
        single=len(known) == sources[place].rows,
    )


def plain(survey: Survey) -> dict[str, Any]:
    """As JSON holds it, for the page and the command line."""
    return {
        "files": [
            {
                "file": one.file,
                "table": one.table,
                "rows": one.rows,
                "columns": [column.name for column in one.columns],
            }
            for one in survey.sources
        ],
        "links": [dict(vars(link)) for link in survey.links],
    }
