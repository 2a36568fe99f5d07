"""What a profile says beside its time line: standing, contacts, what is open, who knows them.

Everything is read through queries of the viewer, a fixed number of them for any record.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tracker import fieldtypes, rollcall, schema, timeline
from tracker.errors import Missing
from tracker.models import View
from tracker.neglect import Line, Target
from tracker.permissions import Viewer
from tracker.query import Query, Record
from tracker.rollcall import Count, Meaning, numbers, test
from tracker.schema import Field, Table
from tracker.timeline import Strand
from views import rosteroptions

REACHED_BY = {"phone", "email", "url", "location"}
OPEN, STEPS, PEOPLE, FILES, CONTACTS = 6, 6, 6, 8, 6  # entries of each list
SECOND_DATES = 2  # of a table, looked at for what is still to come


@dataclass(frozen=True)
class Item:
    """A record with one word about it. ``day`` is an ISO day or ""."""

    table: Table
    record: Record
    text: str = ""
    day: str = ""
    late: bool = False


@dataclass
class Dossier:
    line: Line | None = None
    contacts: list[tuple[Field, str]] = field(default_factory=list)  # with safe HTML
    known_at: list[Item] = field(default_factory=list)
    steps: list[Item] = field(default_factory=list)
    open: list[Item] = field(default_factory=list)
    people: list[tuple[str, Count]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)


def dossier(viewer: Viewer, table: Table, record: Record, lines: list[Strand]) -> Dossier:
    """``table`` as the viewer sees it; ``lines`` with the visits first."""
    roster = next(iter(rosteroptions.rosters_of(viewer, table)), None)
    options = rosteroptions.options_of(roster) if roster else {}
    return Dossier(
        line=standing(viewer, table, record, options) if roster else None,
        contacts=contacts(viewer, table, record),
        known_at=reached(viewer, record, lines),
        steps=steps(viewer, record, lines),
        open=open_items(viewer, record, options),
        people=people(viewer, record, lines, options),
        files=files(viewer, table, record, lines),
    )


def visits_first(lines: list[Strand], rosters: list[View]) -> list[Strand]:
    """The strand whose records a roster counts as visits goes before the others."""
    counted = [(one.options["visits"] or {}).get("link") for one in rosters]
    return sorted(lines, key=lambda strand: strand.link.id not in counted)


def standing(viewer: Viewer, table: Table, record: Record, options: dict[str, Any]) -> Line | None:
    """How the record stands in the roster: the same numbers, of this one alone."""
    pointing = rollcall.pointing(viewer, rosteroptions.source_of(options))
    if pointing is None:
        return None
    leaf = {"field": pointing.link.id, "op": "has_any", "value": [record.id]}
    query = pointing.query.where(leaf)
    made, quarter, last, ahead = query.rows(*numbers(query, pointing.when, pointing.meaning))[0]
    day = rollcall.day_of(pointing.when, viewer)
    count = Count(int(made or 0), day(last), day(ahead), int(quarter or 0))
    target: Target = rosteroptions.target_of(options, table)
    option = record[target.tier] if target.tier else None
    days = count.days_since(viewer.context.today())
    return Line(record.id, count, days, target.of(option))


def is_contact(place: int, fields: tuple[Field, ...]) -> bool:
    """Ways to reach somebody, and the name written right before a telephone or address."""
    one = fields[place]
    if one.type in REACHED_BY:
        return True
    after = fields[place + 1] if place + 1 < len(fields) else None
    return one.type == "text" and after is not None and after.type in {"phone", "email"}


def contact_fields(table: Table) -> list[Field]:
    title = table.title
    fields = tuple(one for one in table.fields if title is None or one.id != title.id)
    return [one for place, one in enumerate(fields) if is_contact(place, fields)]


def contacts(viewer: Viewer, table: Table, record: Record) -> list[tuple[Field, str]]:
    return shown(viewer, record, contact_fields(table))


def shown(viewer: Viewer, record: Record, fields: list[Field]) -> list[tuple[Any, str]]:
    """The filled ones of these fields, as safe HTML."""
    told = [(one, fieldtypes.get(one).html(record[one], one, viewer.context)) for one in fields]
    return [(one, text) for one, text in told if text]


def reached(viewer: Viewer, record: Record, lines: list[Strand]) -> list[Item]:
    """Linked records with a telephone or address: people, or those who introduced them."""
    found: list[Item] = []
    for strand in lines:
        fields = [one for one in strand.table.fields if one.type in {"phone", "email"}]
        if fields:
            query = timeline.pointing(viewer, record.id, strand).only(fields)
            for one in query.page(CONTACTS).records:
                told = " ".join(text for _field, text in shown(viewer, one, fields))
                found.append(Item(strand.table, one, told))
    return found[:CONTACTS]


def steps(viewer: Viewer, record: Record, lines: list[Strand]) -> list[Item]:
    """What is still to come of things begun: their other dates that lie ahead, the next first."""
    found: list[Item] = []
    for strand in lines:
        fields = strand.table.fields
        seconds = [
            (place, one)
            for place, one in enumerate(fields)
            if one.id != strand.date.id and timeline.is_time(one) and fieldtypes.get(one).written
        ]
        for place, second in seconds[:SECOND_DATES]:
            found += _steps(viewer, record, strand, second, _words_before(fields, place))
    return sorted(found, key=lambda one: one.day)[:STEPS]


def _words_before(fields: tuple[Field, ...], place: int) -> Field | None:
    """The text that stands before a date and says what is due then."""
    before = fields[place - 1] if place else None
    return before if before is not None and before.type == "text" else None


def _steps(
    viewer: Viewer, record: Record, strand: Strand, second: Field, words: Field | None
) -> list[Item]:
    query = timeline.pointing(viewer, record.id, strand)
    begun = query.scope.column(strand.date) <= timeline.now(viewer, strand)
    query = query.where({"field": second.id, "op": "from", "value": "today"}).test(begun)
    wanted = [second, *([words] if words else [])]
    records = query.order([{"field": second.id}]).only(wanted).page(STEPS).records
    day = rollcall.day_of(second, viewer)
    label_of = words or second
    return [
        Item(
            strand.table,
            one,
            (one[words] if words else None) or label_name(label_of, viewer),
            day(one[second]) or "",
        )
        for one in records
    ]


def label_name(one: Field, viewer: Viewer) -> str:
    return str((one.names or {}).get(viewer.context.lang) or one.name)


def open_items(viewer: Viewer, record: Record, options: dict[str, Any]) -> list[Item]:
    """What the roster counts as open, those at risk first."""
    risky = {
        (one.table.id, one.record.id): one for one in _counted(viewer, record, options, "risk")
    }
    rest = [
        one
        for one in _counted(viewer, record, options, "open")
        if (one.table.id, one.record.id) not in risky
    ]
    return [*risky.values(), *rest][:OPEN]


def _counted(viewer: Viewer, record: Record, options: dict[str, Any], what: str) -> list[Item]:
    given = options.get(what)
    if not given:
        return []
    try:
        query = Query(viewer, schema.current().table(given["table"]))
        link = query.access.field(given["link"])
    except Missing:
        return []
    visible = query.access.visible_table
    query = query.test(test(query, given["condition"]))
    query = query.where({"field": link.id, "op": "has_any", "value": [record.id]})
    stages = [one for one in visible.fields if fieldtypes.get(one).widget == "stage"][:1]
    records = query.only(stages).page(OPEN).records
    return [
        Item(
            visible,
            one,
            " ".join(text for _field, text in shown(viewer, one, stages)),
            late=what == "risk",
        )
        for one in records
    ]


def people(
    viewer: Viewer, record: Record, lines: list[Strand], options: dict[str, Any]
) -> list[tuple[str, Count]]:
    """Who was there how often, and when last."""
    for strand in lines[:1]:
        person = next(
            (
                one
                for one in strand.table.fields
                if fieldtypes.get(one).widget == "person" and fieldtypes.get(one).written
            ),
            None,
        )
        if person is None:
            continue
        visits = options.get("visits") or {}
        same = visits.get("link") == strand.link.id
        meaning = rosteroptions.meaning_of(visits) if same else Meaning()
        query = timeline.pointing(viewer, record.id, strand).order([])
        counts = rollcall.per_value(query, person, strand.date, meaning=meaning)
        viewer.context.directory.load_people(one for one in counts if one is not None)
        kind = fieldtypes.get(person)
        known = [
            (kind.text(one, person, viewer.context), count)
            for one, count in counts.items()
            if one is not None and count.visits
        ]
        return sorted(known, key=lambda one: (-one[1].visits, one[0]))[:PEOPLE]
    return []


def files(
    viewer: Viewer, table: Table, record: Record, lines: list[Strand]
) -> list[dict[str, Any]]:
    """Files of the record and of what points to it, the newest first."""
    found = [{**one, "from": ""} for field in _holding(table) for one in record[field] or ()]
    for strand in lines:
        for holding in _holding(strand.table):
            query = timeline.pointing(viewer, record.id, strand)
            query = query.where({"field": holding.id, "op": "filled"}).only([holding])
            for one in query.page(FILES).records:
                found += [{**file, "from": one.title} for file in one[holding] or ()]
    return found[:FILES]


def _holding(table: Table) -> list[Field]:
    return [one for one in table.fields if one.type == "attachment"][:1]
