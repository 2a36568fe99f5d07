"""The profile: one record and everything that points to it on one time line; prints to one page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from flask import g, request

from tracker import choices, definitions, fieldtypes, grouping, permissions, schema, timeline
from tracker.query import Record
from tracker.schema import Field, Table
from tracker.text import label
from tracker.timeline import Entry, Key, Look, Strand
from views import dossier, http, rosteroptions
from views.pages.records import load
from views.pages.viewing import crumbs_of
from views.room import Room

room = Room("profile")
SHOWN = 40


@room.page("/r/<int:table_id>/<int:record_id>/profile", loads="record")
def profile(table_id: int, record_id: int) -> Any:
    """The whole history of a company, channel or person as this viewer may see it."""
    table, found = load(table_id, record_id)
    seen = permissions.access(g.viewer, table).visible_table
    g.table_id = table.id
    title = found.title or f"#{found.id}"
    lines = dossier.visits_first(
        timeline.strands(g.viewer, table), rosteroptions.rosters_of(g.viewer, table)
    )
    whole = not http.wants_fragment()
    return http.page(
        "profile.html",
        "line",
        table=table,
        record=found,
        title=title,
        facts=facts(seen, found) if whole else [],
        about=dossier.dossier(g.viewer, seen, found, lines) if whole else None,
        forms=forms_to_file(lines, table, found) if whole else [],
        crumbs=[*crumbs_of(table), (title, "")],
        **line(lines, record_id),
    )


def line(lines: list[Strand], record_id: int) -> dict[str, Any]:
    """The time line as asked for: ``only`` a table, a ``kind`` of it, ``q``, from ``after`` on."""
    words = request.args.get("q", "").strip()
    only = request.args.get("only", "")
    chosen = [one for one in lines if str(one.table.id) == only]
    only = only if chosen else ""
    kinds = kinds_of(record_id, chosen[0], words) if chosen else []
    kind = number(request.args.get("kind", "")) if chosen else None
    look = Look(words, kind if any(kind == one["id"] for one in kinds) else None)
    after = key_of(request.args.get("after"))
    page = timeline.history(g.viewer, record_id, chosen or lines, look, after=after, limit=SHOWN)
    ahead = [] if after else timeline.upcoming(g.viewer, record_id, chosen or lines, look)
    return {
        "strands": lines,
        "counts": timeline.counts(g.viewer, record_id, lines, Look(words)),
        "only": only,
        "kinds": kinds,
        "look": look,
        "upcoming": [described(one) for one in ahead],
        "entries": [described(one) for one in page.entries],
        "month_before": after[0][:7] if after and after[0] else "",
        "after": orjson.dumps(page.after).decode() if page.after else None,
    }


def number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def key_of(raw: str | None) -> Key | None:
    """The key of a page; None, the first one, for what is none."""
    try:
        key = orjson.loads(raw or "null")
    except orjson.JSONDecodeError:
        return None
    if not isinstance(key, list) or len(key) != 3:
        return None
    when, *ids = key
    if any(isinstance(one, bool) or not isinstance(one, int) or abs(one) > 2**53 for one in ids):
        return None
    return key if when is None or plausible(when) else None


def plausible(when: Any) -> bool:
    """Whether it is a stored day or moment."""
    try:
        return (
            isinstance(when, str) and len(when) in {10, 19} and bool(datetime.fromisoformat(when))
        )
    except ValueError:
        return False


def kinds_of(record_id: int, strand: Strand, words: str) -> list[dict[str, Any]]:
    """The options of the strand's kind that occur, with how often."""
    if strand.kind is None:
        return []
    query = timeline.pointing(g.viewer, record_id, strand, Look(words)).order([])
    counted = {one.keys[0]: one.count for one in grouping.groups(query, [grouping.By(strand.kind)])}
    return [
        {"id": one["id"], "name": label(one, g.lang), "count": counted[one["id"]]}
        for one in choices.options(strand.kind)
        if one["id"] in counted
    ]


def facts(table: Table, found: Record) -> list[tuple[Field, str]]:
    """The filled fields that say something about the record itself, as safe HTML."""
    title, reached = table.title, {one.id for one in dossier.contact_fields(table)}
    wanted = [
        one
        for one in table.fields
        if not (title and one.id == title.id)
        and one.id not in reached
        and fieldtypes.get(one).family not in {"link", "files"}
        and (fieldtypes.get(one).written or fieldtypes.get(one).computed)
        and one.type not in {"created_at", "created_by", "modified_at", "modified_by"}
    ]
    return dossier.shown(g.viewer, found, wanted)


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
        if kind.widget in {"choice", "stage"}:
            tags.append(kind.html(value, field, context))
        elif kind.widget == "person" and kind.written:
            people.append(kind.text(value, field, context))
        elif kind.widget == "long_text" and not words:
            words = kind.text(value, field, context)
    date = entry.strand.date
    day = timeline.day(g.viewer, entry.strand, entry.when)
    return {
        "table": table,
        "record": record,
        "day": fieldtypes.get(date).text(entry.when, date, context),
        "month": day.isoformat()[:7] if day else "",
        "tags": tags[:3],
        "people": list(dict.fromkeys(people)),
        "words": words,
    }


def forms_to_file(lines: list[Strand], table: Table, found: Record) -> list[dict[str, Any]]:
    """The forms that file something about this record, prefilled with it; visits first."""
    made = []
    back = f"/r/{table.id}/{found.id}/profile"
    for strand in lines:
        target = schema.current().table(strand.table.id)
        for form in definitions.forms_of(g.viewer, target)[:1]:
            href = f"/f/{form.id}?f{strand.link.id}={found.id}&back={http.quote(back)}"
            made.append({"form": form, "href": href, "visits": strand is lines[0]})
    return made
