"""What a filled-in template changes, sorted for the page: conflicts first, then what is refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tracker.models import Batch
from tracker.roundtrip import trips
from tracker.roundtrip.cells import CONFLICT, KEPT, THEIRS
from tracker.schema import Table

SHOWN = 200  # rows of a kind on the page; all of them count


@dataclass
class Told:
    """Rows by what they are, the first of each, and how many there are in all."""

    conflicts: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    new: list[dict[str, Any]] = field(default_factory=list)
    theirs: list[dict[str, Any]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    files: list[dict[str, Any]] = field(default_factory=list)
    names: list[dict[str, Any]] = field(default_factory=list)
    among: int = 0
    missing: list[str] = field(default_factory=list)

    @property
    def troubled(self) -> list[dict[str, Any]]:
        """The files that somebody should look at."""
        return [one for one in self.files if _is_troubled(one)]

    @property
    def calm(self) -> list[dict[str, Any]]:
        return [one for one in self.files if not _is_troubled(one)]

    @property
    def remarked(self) -> bool:
        """Whether of some file more is to be told than its rows."""
        return any(one["refused"] or one["notes"] or one["removed"] for one in self.files)

    @property
    def came(self) -> int:
        return self.among - len(self.missing)


def _is_troubled(file: dict[str, Any]) -> bool:
    names = ("refused", "rejected", "conflicts", "notes", "removed")
    return any(file[name] for name in names)


def told(trip: Batch, table: Table, lines: Iterable[dict[str, Any]], only: int | None) -> Told:
    """The lines of one file (``only``) or of all, sorted out."""
    looked = trip.info.get("looked") or {}
    files = [{"number": number, **one} for number, one in enumerate(looked.get("files", []))]
    found = Told(files=files, names=looked.get("names", []))
    found.among, found.missing = looked.get("among", 0), looked.get("missing", [])
    for name in ("changed", "new", "same", "rejected", "conflicts", "removed", "rows"):
        found.counts[name] = sum(one[name] for one in files)
    found.counts["conflict_rows"] = found.counts["theirs_rows"] = 0
    for line in lines:
        if only is None or line["file"] == only:
            _sort(line, found, one_file=len(files) == 1)
    if trip.kind == trips.DONE:
        found.names = []
    return found


def _sort(line: dict[str, Any], found: Told, *, one_file: bool) -> None:
    states = {cell["state"] for cell in line["cells"]}
    line["name"] = f"{line['file']}:{line['row']}"
    line["of"] = "" if one_file else found.files[line["file"]]["file"]
    if line["kind"] == "rejected":
        line["cells"] = []  # what is wrong is told in its sentences
        _add(found.rejected, line)
    elif CONFLICT in states:
        found.counts["conflict_rows"] += 1
        _add(found.conflicts, line)
    elif line["kind"] == "new":
        _add(found.new, line)
    elif line["kind"] == "changed":
        line["cells"] = [cell for cell in line["cells"] if cell["state"] not in {THEIRS, KEPT}]
        _add(found.changed, line)
    elif THEIRS in states:
        found.counts["theirs_rows"] += 1
        _add(found.theirs, line)


def _add(rows: list[dict[str, Any]], line: dict[str, Any]) -> None:
    if len(rows) < SHOWN:
        rows.append(line)
