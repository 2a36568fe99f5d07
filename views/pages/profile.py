"""The profile: one record and everything that points to it on one time line; prints to one page."""

from __future__ import annotations

from typing import Any

from flask import g, request

from tracker import definitions, fieldtypes, permissions, schema, timeline
from tracker.query import Record
from tracker.schema import Field, Table
from tracker.timeline import Entry, Strand
from views import http
from views.pages.records import load
from views.pages.viewing import crumbs_of
from views.room import Room

room = Room("profile")
SHOWN = 100
MOST = 500


@room.page("/r/<int:table_id>/<int:record_id>/profile", loads="record")
def profile(table_id: int, record_id: int) -> Any:
    """The whole history of a company, channel or person as this viewer may see it."""
    table, found = load(table_id, record_id)
    g.table_id = table.id
    lines = timeline.strands(g.viewer, table)
    only = request.args.get("only", "")
    chosen = [one for one in lines if not only or str(one.table.id) == only]
    limit = MOST if request.args.get("all") else SHOWN
    counts = timeline.counts(g.viewer, record_id, lines)
    entries = timeline.entries(g.viewer, record_id, chosen, limit=limit)
    title = found.title or f"#{found.id}"
    return http.page(
        "profile.html",
        "line",
        table=table,
        record=found,
        title=title,
        facts=facts(table, found),
        strands=lines,
        counts=counts,
        only=only,
        entries=[described(one) for one in entries],
        more=sum(counts[one.table.id] for one in chosen) > len(entries),
        today=g.viewer.context.today(),
        files=forms_to_file(lines, record_id),
        crumbs=[*crumbs_of(table), (title, "")],
    )


def facts(table: Table, found: Record) -> list[tuple[Field, str]]:
    """The filled fields that say something about the record itself, as safe HTML."""
    access = permissions.access(g.viewer, table)
    title = table.title
    told = []
    for field in access.fields:
        kind = fieldtypes.get(field)
        if (title and field.id == title.id) or kind.family == "link" or not kind.written:
            continue
        shown = kind.html(found[field], field, g.viewer.context)
        if shown:
            told.append((field, shown))
    return told


def described(entry: Entry) -> dict[str, Any]:
    """An entry for the page: day, tags, people and the first words of its longest text."""
    table, record = entry.strand.table, entry.record
    title = schema.current().table(table.id).title
    context = g.viewer.context
    tags, words, people = [], "", []
    for field in table.fields:
        kind, value = fieldtypes.get(field), record[field]
        if value is None or (title and field.id == title.id):
            continue
        if kind.widget in {"choice", "stage", "choices"}:
            tags.append(kind.html(value, field, context))
        elif kind.widget == "person" and kind.written:
            people.append(kind.text(value, field, context))
        elif kind.widget == "long_text" and not words:
            words = kind.text(value, field, context)
    date = entry.strand.date
    return {
        "table": table,
        "record": record,
        "day": fieldtypes.get(date).text(entry.when, date, context),
        "when": entry.when or "",
        "tags": tags,
        "people": list(dict.fromkeys(people)),
        "words": words,
    }


def forms_to_file(lines: list[Strand], record_id: int) -> list[dict[str, Any]]:
    """The forms that file something about this record, prefilled with it."""
    found = []
    for strand in lines:
        table = schema.current().table(strand.table.id)
        for form in definitions.forms_of(g.viewer, table)[:1]:
            found.append({"form": form, "href": f"/f/{form.id}?f{strand.link.id}={record_id}"})
    return found
