"""Pickers: linked records, people and departments by name, pinyin or initials, a few at a time."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, request
from peewee import JOIN

from tracker import fieldtypes, folding, models, permissions
from tracker.errors import Missing
from tracker.fieldtypes import clean_text
from tracker.finding import ranked
from tracker.query import Query, choosable
from tracker.schema import Field
from tracker.text import label
from views.pages.records import load_table
from views.room import Room

room = Room("pickers")
SHOWN = 30
LONGEST = 60


def asked() -> str:
    return clean_text(request.args.get("q"))[:LONGEST]


def option(found_id: int, text: str, note: str = "") -> dict[str, Any]:
    """One choice, under the names that our picker and Tom Select each read."""
    return {"id": found_id, "value": found_id, "text": text, "note": note, "hint": note}


@room.page("/r/<int:table_id>/pick", loads="table")
def records(table_id: int) -> Any:
    """Records that ``field`` of this table may link to, those the viewer may see only."""
    table = load_table(table_id)
    field = permissions.access(g.viewer, table).field(request.args.get("field", ""))
    if fieldtypes.get(field).family != "link":
        raise Missing
    return current_app.json.response(linkable(field, asked()))


def linkable(field: Field, text: str) -> list[dict[str, Any]]:
    """The records that ``text`` finds, the best first, with one more field to tell them apart."""
    query = choosable(g.viewer, field)
    notes = noted(query)
    if text:
        ids = [one.id for one in ranked(query, text, SHOWN)]
        return [
            option(one.id, one.title or f"#{one.id}", say_note(one, notes))
            for one in query.only(notes).fetch(ids)
        ]
    title = query.table.title
    if title and query.access.level(title.id) >= 1 and fieldtypes.get(title).stored:
        query = query.order([{"field": title.id}])
    found = query.only(notes).page(SHOWN).records
    return [option(one.id, one.title or f"#{one.id}", say_note(one, notes)) for one in found]


def noted(query: Query) -> list[Field]:
    """The field shown small beneath a title: the first that is short and not the title."""
    title = query.table.title
    fields = [
        one
        for one in query.access.fields
        if one != title and fieldtypes.get(one).widget in {"text", "choice", "stage", "phone"}
    ]
    return fields[:1]


def say_note(record: Any, fields: list[Field]) -> str:
    said = [fieldtypes.get(one).text(record[one], one, g.viewer.context) for one in fields]
    return " · ".join(text[:80] for text in said if text)


@room.page("/people/pick", loads="active people")
def people() -> Any:
    """Colleagues whose name or pinyin is like ``q``."""
    person, department = models.Person, models.Department
    select = (
        person.select(person, department)
        .join(department, on=(person.department == department.id), join_type=JOIN.LEFT_OUTER)
        .where(person.active == True)  # noqa: E712 - an SQL comparison
        .order_by(person.initials, person.name, person.id)
        .limit(SHOWN)
    )
    text = asked()
    if text:
        sounds = folding.fold(text).replace(" ", "")
        spelled = person.initials.startswith(sounds) | person.initials.contains(f" {sounds}")
        select = select.where(person.name.contains(text) | spelled)
    lang = g.viewer.context.lang
    found = [
        option(one.id, one.name, label(one.department, lang) if one.department_id else "")
        for one in select
    ]
    return current_app.json.response(found)


@room.page("/departments/pick", loads="live departments")
def departments() -> Any:
    """Departments whose name is like ``q``, with the one above them."""
    department, lang = models.Department, g.viewer.context.lang
    live = department.select().where(department.deleted_at.is_null())
    rows = list(live.order_by(department.path, department.id))
    named = {one.id: label(one, lang) for one in rows}
    text = asked()
    if text:
        sounds = folding.fold(text).replace(" ", "")
        names = {one.id: {one.name, *(one.names or {}).values()} for one in rows}
        rows = [one for one in rows if any(_sounds_like(n, text, sounds) for n in names[one.id])]
    found = [option(one.id, named[one.id], named.get(one.parent_id, "")) for one in rows[:SHOWN]]
    return current_app.json.response(found)


def _sounds_like(name: str, text: str, sounds: str) -> bool:
    spelled = folding.initials(name)
    return folding.fold(text) in folding.fold(name) or any(
        part.startswith(sounds) for part in spelled.split(" ")
    )
