"""Who is told: people by name, by a field of the record, by role, or the heads of a department.

``to`` is ``{"people": [ids]}``, ``{"field": id}``, ``{"role": id}``, ``{"heads_of": id}`` (a
department field), ``"record_creator"``, or a list of these.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from automations.occasions import Occasion, Scene
from tracker import fieldtypes, holders, organisation, schema
from tracker.context import Context
from tracker.errors import Refused
from tracker.models import Person, Role
from tracker.query import Query
from tracker.text import _, label

CREATOR = "record_creator"


def resolve(to: Any, occasion: Occasion) -> list[int]:
    """The active people meant by ``to`` on this occasion, each once, in order."""
    parts = to if isinstance(to, list) else [to]
    found = dict.fromkeys(person for part in parts for person in _resolve(part, occasion))
    active = set(holders.active(Person.id.in_(list(found)))) if found else set()
    return [person for person in found if person in active]


def _resolve(part: Any, occasion: Occasion) -> list[int]:
    if part == CREATOR:
        return _creator(occasion)
    kind, value = next(iter(part.items()))
    if kind == "people":
        return list(value)
    if kind == "role":
        return holders.people_with([value])
    ids = _several((occasion.values or {}).get(value))
    if kind == "field":
        return ids
    return [head for department in ids for head in organisation.heads_of(department)]


def _several(value: Any) -> list[int]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def _creator(occasion: Occasion) -> list[int]:
    if occasion.table is None or occasion.record_id is None:
        return []
    query = Query(occasion.viewer, occasion.table)
    mine = query.test(query.scope.among([occasion.record_id]))
    return [row[0] for row in mine.rows(query.scope.model.created_by) if row[0]]


# ── definitions ──────────────────────────────────────────────────────────────


def check(raw: Any, scene: Scene) -> Any:
    """``to`` as it may be stored; raises `Refused`."""
    parts = raw if isinstance(raw, list) else [raw]
    if not 1 <= len(parts) <= 10:
        raise Refused(_("Choose who is told."))
    checked = [_check(part, scene) for part in parts]
    return checked if isinstance(raw, list) else checked[0]


def _check(part: Any, scene: Scene) -> Any:
    if part == CREATOR and scene.table:
        return CREATOR
    if not isinstance(part, dict) or len(part) != 1:
        raise Refused(_("Choose who is told."))
    (kind, value), *_rest = part.items()
    if kind == "people":
        return {kind: _check_people(value)}
    if kind == "role":
        return {kind: _role(value, scene).id}
    if kind in _WIDGETS and scene.table:
        return {kind: _check_field(value, scene.table, _WIDGETS[kind])}
    raise Refused(_("Choose who is told."))


_WIDGETS = {"field": "person", "heads_of": "department"}


def _check_people(value: Any) -> list[int]:
    ids = value if isinstance(value, list) else []
    known = {row.id for row in Person.select(Person.id).where(Person.id.in_(ids))} if ids else set()
    if not ids or len(ids) > 500 or set(ids) - known:
        raise Refused(_("Choose the people who are told."))
    return list(dict.fromkeys(ids))


def _role(value: Any, scene: Scene) -> Role:
    role = Role.get_or_none(Role.id == value) if isinstance(value, int) else None
    if role is None or role.base_id != scene.base.id:
        raise Refused(_("Choose a role of this base."))
    return role


def _check_field(value: Any, table: schema.Table, widget: str) -> int:
    found = table.find(value)
    if found is None or fieldtypes.get(found).widget != widget:
        raise Refused(
            _("Choose a person field.") if widget == "person" else _("Choose a department field.")
        )
    return found.id


def say(to: Any, scene: Scene, context: Context) -> str:
    """Who is told, in words."""
    parts = to if isinstance(to, list) else [to]
    comma = _(", ").to(context.lang)
    return comma.join(str(name) for part in parts for name in _say(part, scene, context))


def _say(part: Any, scene: Scene, context: Context) -> Iterator[str]:
    lang = context.lang
    if part == CREATOR:
        yield _("who made the record").to(lang)
        return
    kind, value = next(iter(part.items()))
    if kind == "people":
        context.directory.load_people(value)
        yield from (context.directory.person(one) for one in value)
    elif kind == "role":
        role = Role.get_or_none(Role.id == value)
        yield _("everybody with the role “{role}”", role=label(role, lang) if role else "?").to(
            lang
        )
    else:
        name = f"「{_field_name(value, scene, lang)}」"
        yield name if kind == "field" else _("the heads of {field}", field=name).to(lang)


def _field_name(field_id: int, scene: Scene, lang: str) -> str:
    found = scene.table.find(field_id) if scene.table else None
    return label(found, lang) if found else "?"
