"""Grids behind a link: records under their columns, in groups with counts and figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from tracker import fieldtypes, grouped, limits, summaries
from tracker.conditions import FALSE
from tracker.errors import TooMuch
from tracker.grouped import Group, Level
from tracker.query import Query, Record
from tracker.schema import Field
from tracker.summaries import Summary
from views import colours, footer, groups, snapshots
from views.shared import hues
from views.shared.lists import listed_fields, narrowed, page
from views.shared.look import Look, Shown
from views.viewing import Viewing

GROUPS = "groups"  # what `only` says to see the headings without records


@dataclass
class Heading:
    """A group on the page. ``row`` is its place among those round it (2.1), ``go`` the sealed place
    of its first record; ``goes_on``: it began on a page before.
    """

    field: Field
    label: Markup
    count: int
    figures: dict[int, str]
    row: str
    level: int
    go: str = ""
    goes_on: bool = False


Line = tuple[Heading | None, Record | None, str]  # one of both, and the row's place


def grid(look: Look) -> Shown:
    """A page of records: searched and sorted by the fields that are shown."""
    viewing = narrowed(look)
    fields, wanted = listed_fields(viewing), footer.chosen(viewing)
    figured = {one.field.id for one in wanted}
    context = {
        **_lines(look, viewing, fields, wanted),
        "fields": fields,
        "sorted": _first_sort(viewing),
        "sortable": {one.id for one in fields if fieldtypes.get(one).family != "link"},
        "colour_key": hues.key_of(viewing),
        "figures": _by_field(wanted, summaries.of_all(viewing.query, wanted)),
        "said": {one.field.id: summaries.KINDS[one.kind] for one in wanted},
        "lead": next((n for n, one in enumerate(fields) if n and one.id in figured), len(fields)),
    }
    scripts = ("shared",) if context["levels"] else ()
    return Shown("shared/records.html", viewing.viewer, context, scripts=scripts)


def _lines(
    look: Look, viewing: Viewing, fields: list[Field], wanted: list[Summary]
) -> dict[str, Any]:
    """The page as lines; in more groups than there may be, without them and saying so."""
    levels, crowded = groups.levels(viewing), None
    if levels:
        try:
            return _grouped(look, viewing, levels, fields, wanted)
        except TooMuch as refused:
            crowded = refused.text
    made = page(look, viewing, viewing.query, fields)
    lines: list[Line] = [(None, one, "") for one in made["records"]]
    return {**made, "lines": lines, "levels": [], "crowded": crowded, "only": ""}


def _first_sort(viewing: Viewing) -> tuple[int, bool] | None:
    one = next(iter(viewing.sorts), None)
    return (int(one["field"]), bool(one.get("desc"))) if one else None


def _by_field(wanted: Sequence[Summary], texts: Sequence[str]) -> dict[int, str]:
    return {one.field.id: text for one, text in zip(wanted, texts, strict=False) if text}


# ── groups ───────────────────────────────────────────────────────────────────


def _grouped(
    look: Look,
    viewing: Viewing,
    levels: list[Level],
    fields: list[Field],
    wanted: list[Summary],
) -> dict[str, Any]:
    """The records from one place of the whole on, or the headings alone."""
    only = GROUPS if look.given.get("only") == GROUPS else ""
    about = [viewing.sorts, "groups", groups.stored(levels), look.search]
    raw = look.given.get("after")
    start, at = look.unseal(raw, *about, only) if raw else (0, None)
    snapshot = snapshots.of(viewing, at=at)
    whole, end = len(snapshot.groups if only else snapshot), start + limits.SHARED_ROWS
    ids = [] if only else list(snapshot.ids[start:end])
    part = snapshot.groups[start:end] if only else _between(snapshot.groups, start, end)
    found = {one.id: one for one in viewing.scope.only(fields).fetch(ids)}

    def sealed(place: int, only: str) -> str:
        return look.seal([place, snapshot.at], *about, only)

    headings = _headings(viewing, levels, part, _places(snapshot.groups), wanted)
    for one, heading in zip(part, headings, strict=True):
        heading.go, heading.goes_on = sealed(one.start, ""), not only and one.start < start
    return {
        "lines": _interleaved(part, headings, [found.get(one) for one in ids], start),
        "marks": colours.of(viewing).marks(list(found)),
        "after": sealed(end, only) if end < whole else "",
        "count": len(snapshot),
        "levels": [one.by.field for one in levels],
        "crowded": None,
        "only": only,
        "q": look.search,
    }


def _headings(
    viewing: Viewing,
    levels: list[Level],
    part: Sequence[Group],
    places: dict[tuple[Any, ...], str],
    wanted: list[Summary],
) -> list[Heading]:
    figured = _outermost(viewing.query, levels[0], part) if wanted else None
    figures = summaries.of_groups(figured, levels, wanted) if figured is not None else {}
    told = groups.headings(viewing.query, levels, part)
    return [
        Heading(
            field=levels[one.level].by.field,
            label=Markup(words),  # noqa: S704 - kinds escape
            count=one.count,
            figures=_by_field(wanted, figures.get(one.keys, [])),
            row=places[one.keys],
            level=one.level,
        )
        for one, (_level, _count, words, _fold) in zip(part, told, strict=True)
    ]


def _outermost(query: Query, level: Level, part: Sequence[Group]) -> Query:
    """The records of the outermost groups that the page has: the figures of others are not made."""
    column = grouped.key(query, level.by)
    test: Any = FALSE
    for key in {one.keys[0] for one in part}:
        test = test | (column.is_null() if key is None else column == key)
    return query.test(test)


def _between(found: Sequence[Group], start: int, end: int) -> list[Group]:
    """The groups that have records between two places."""
    return [one for one in found if one.start < end and one.start + one.count > start]


def _places(found: Sequence[Group]) -> dict[tuple[Any, ...], str]:
    """Where each group stands among those round it: 2.1 is the first of the second."""
    made: dict[tuple[Any, ...], str] = {}
    counts: list[int] = []
    for one in found:
        counts = [*counts[: one.level + 1], *([0] * (one.level + 1 - len(counts)))]
        counts[one.level] += 1
        made[one.keys] = ".".join(map(str, counts))
    return made


def _interleaved(
    part: Sequence[Group],
    headings: Sequence[Heading],
    records: Sequence[Record | None],
    start: int,
) -> list[Line]:
    """Each heading before the first of its records that is on the page."""
    if not records:
        return [(one, None, one.row) for one in headings]
    over: dict[int, list[Heading]] = {}
    for one, heading in zip(part, headings, strict=True):
        over.setdefault(max(one.start, start), []).append(heading)
    lines: list[Line] = []
    row = ""
    for place, record in enumerate(records, start):
        for heading in over.get(place, ()):
            lines.append((heading, None, heading.row))
            row = heading.row
        if record is not None:
            lines.append((None, record, f"{row}.r"))
    return lines
