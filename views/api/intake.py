"""Values as programs send them: strict by the type of the field, lenient with ``typecast``.

What comes out is what `records` parses: nothing is written here but options and linked records
that ``typecast`` may make.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tracker import choices, fieldtypes, permissions, publicids, records, schema, tables
from tracker.errors import Problem
from tracker.permissions import Access
from tracker.query import Query
from tracker.schema import Field
from views.api import faults, loading
from views.api.columns import column


@dataclass(frozen=True)
class Intake:
    """How one request gives values for one table."""

    rights: Access
    via: str
    typecast: bool = False

    def values(self, given: Any) -> dict[int, Any]:
        """``{field id or name: value}`` → field id → what `records` parses."""
        if not isinstance(given, Mapping):
            raise faults.bad_request()
        taken: dict[int, Any] = {}
        for ref, raw in given.items():
            field = loading.field(self.rights, ref)
            if not fieldtypes.get(field).written:
                raise faults.wrong_value(
                    field.name, "the field is computed, so it cannot be written"
                )
            taken[field.id] = None if raw is None else self._taken(field, raw)
        return taken

    def _taken(self, field: Field, raw: Any) -> Any:
        check = _CHECKS.get(column(field).name, _text)
        found = check(self, field, raw)
        if found is REFUSED:
            raise faults.wrong_value(field.name)
        return found


REFUSED = object()
Check = Callable[[Intake, Field, Any], Any]


def _text(intake: Intake, _field: Field, raw: Any) -> Any:
    if isinstance(raw, str):
        return raw
    plain = isinstance(raw, int | float)
    return str(raw) if intake.typecast and plain else REFUSED


def _number(intake: Intake, _field: Field, raw: Any) -> Any:
    number = isinstance(raw, int | float) and not isinstance(raw, bool)
    return raw if number or (intake.typecast and isinstance(raw, str)) else REFUSED


def _tick(intake: Intake, _field: Field, raw: Any) -> Any:
    return raw if isinstance(raw, bool) or (intake.typecast and _plain(raw)) else REFUSED


def _day(_intake: Intake, _field: Field, raw: Any) -> Any:
    return raw if isinstance(raw, str) else REFUSED


def _plain(raw: Any) -> bool:
    return isinstance(raw, str | int | float)


def _choice(intake: Intake, field: Field, raw: Any) -> Any:
    raw = raw.get("name") if isinstance(raw, Mapping) else raw
    if not isinstance(raw, str) and not (intake.typecast and _plain(raw)):
        return REFUSED
    return _option(intake, field, str(raw)) if str(raw).strip() else None


def _several(intake: Intake, field: Field, raw: Any) -> Any:
    if isinstance(raw, str) and intake.typecast:
        raw = [part for part in (piece.strip() for piece in raw.split(",")) if part]
    if not isinstance(raw, list):
        return REFUSED
    found = [_choice(intake, field, one) for one in raw]
    return REFUSED if REFUSED in found else found


def _option(intake: Intake, field: Field, name: str) -> int:
    """The option meant by a name (or an id of ours), made new where typecast may."""
    number = publicids.peek(publicids.OPTION, name)
    if number and number[0] == field.id and choices.by_id(field, number[1]):
        return number[1]
    found = choices.find(field, name.strip())
    if found is None and _may_shape(intake) and intake.typecast:
        found = _new_option(intake, field, name.strip())
    if found is None:
        said = f'Insufficient permissions to create new select option ""{name[:200]}""'
        raise faults.Fault("INVALID_MULTIPLE_CHOICE_OPTIONS", said)
    return found


def _may_shape(intake: Intake) -> bool:
    return intake.rights.viewer.coordinates_base(intake.rights.table.base_id)


def _new_option(intake: Intake, field: Field, name: str) -> int | None:
    """A new option at the end of the list as it stands now."""
    current = schema.current().table(field.table_id).field(field.id)
    found = choices.find(current, name)
    if found is not None:
        return found
    wanted = {"choices": [*choices.options(current), {"name": name}]}
    tables.update_field(intake.rights.viewer, current, options=wanted)
    return choices.find(schema.current().table(field.table_id).field(field.id), name)


def _person(intake: Intake, field: Field, raw: Any) -> Any:
    """``{"id": …}`` or ``{"email": …}``; with typecast a name or an address."""
    if isinstance(raw, Mapping) and isinstance(raw.get("id"), str):
        number = publicids.peek(publicids.PERSON, raw["id"])
        return number[1] if number and number[0] == 0 else REFUSED
    if isinstance(raw, Mapping) and isinstance(raw.get("email"), str):
        return raw["email"] if "@" in raw["email"] else REFUSED
    return raw if intake.typecast and isinstance(raw, str) else REFUSED


def _links(intake: Intake, field: Field, raw: Any) -> Any:
    """Ids of records; with typecast their titles too, which are made where there are none."""
    if isinstance(raw, str) and intake.typecast:
        raw = [raw]
    if not isinstance(raw, list):
        return REFUSED
    return [_link(intake, field, one) for one in raw]


def _link(intake: Intake, field: Field, raw: Any) -> int:
    raw = raw.get("id") if isinstance(raw, Mapping) else raw
    target = field.options["table"]
    found = publicids.peek(publicids.RECORD, raw)
    if found and found[0] == target and found[1] < 1 << 31:
        if _seen(intake, target, [found[1]]):
            return found[1]
    elif intake.typecast and isinstance(raw, str) and fieldtypes.clean_text(raw):
        return _by_title(intake, target, fieldtypes.clean_text(raw))
    raise faults.Fault("ROW_DOES_NOT_EXIST", f"Record ID {str(raw)[:60]} does not exist")


def _seen(intake: Intake, table_id: int, ids: list[int]) -> bool:
    table = schema.current().tables.get(table_id)
    if table is None or not permissions.possible_access(intake.rights.viewer, table).lanes:
        return False
    return bool(Query(intake.rights.viewer, table).only([]).fetch(ids))


def _by_title(intake: Intake, table_id: int, title: str) -> int:
    """The record of this title that the viewer sees; else a new one, if they may make it."""
    table = schema.current().table(table_id)
    rights = permissions.access(intake.rights.viewer, table)
    named = table.title
    if named is None or rights.level(named.id) < 1 or fieldtypes.get(named).family != "text":
        raise faults.wrong_value(title)
    query = Query(rights.viewer, table)
    found = query.test(query.scope.column(named) == title).ids(limit=1)
    if found:
        return found[0]
    return records.create(rights.viewer, table, {named.id: title}, via=intake.via).record_id


def _files(_intake: Intake, _field: Field, raw: Any) -> Any:
    """Files that are there already, by id; new ones come through uploadAttachment."""
    listed = isinstance(raw, list) and all(isinstance(one, Mapping) for one in raw)
    ids = [one.get("id") for one in raw] if listed else [None]
    return ids if all(isinstance(one, str) for one in ids) else REFUSED


def _barcode(_intake: Intake, _field: Field, raw: Any) -> Any:
    text = raw.get("text") if isinstance(raw, Mapping) else raw
    return text if isinstance(text, str) else REFUSED


_CHECKS: Mapping[str, Check] = {
    **dict.fromkeys(("number", "currency", "percent", "rating", "duration"), _number),
    **dict.fromkeys(("date", "dateTime"), _day),
    "checkbox": _tick,
    "singleSelect": _choice,
    "multipleSelects": _several,
    "singleCollaborator": _person,
    "multipleRecordLinks": _links,
    "multipleAttachments": _files,
    "barcode": _barcode,
}


def merge_values(intake: Intake, fields: Iterable[Field], values: Mapping[int, Any]) -> list[Any]:
    """``(field, stored value)`` of what an upsert matches by; `Fault` where one is missing."""
    pairs = []
    for field in fields:
        if field.id not in values:
            raise faults.bad_request(f'Field "{field.name}" is needed to match records')
        kind = fieldtypes.get(field)
        try:
            value = kind.parse(values[field.id], field, intake.rights.viewer.context)
        except Problem:
            raise faults.wrong_value(field.name) from None
        pairs.append((field, value))
    return pairs
