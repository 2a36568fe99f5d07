"""Loading is authorising, for programs: bases, tables, fields, views and records by id or name.

Names are looked up only among what the token's person may see.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tracker import definitions, permissions, publicids, schema
from tracker.errors import Missing
from tracker.models import View
from tracker.permissions import Access, Viewer
from tracker.query import Query
from tracker.schema import Field
from views.api import faults
from views.api.paths import plain


def base(viewer: Viewer, ref: str) -> schema.Base:
    found = publicids.peek(publicids.BASE, ref)
    for one in definitions.bases_of(viewer) if found else ():
        if (0, one.id) == found:
            return one
    raise faults.hidden()


def table(viewer: Viewer, base_ref: str, ref: str) -> Access:
    """The rights on a table of a base, named by id or name as it stands in the path."""
    seen = definitions.tables_of(viewer, base(viewer, base_ref))
    found = _named(seen, publicids.TABLE, plain(ref))
    if found is None:
        raise faults.hidden()
    return permissions.access(viewer, found)


def table_of_record(viewer: Viewer, base_ref: str, ref: str) -> Access:
    """The rights on the table of a record whose address names only its base."""
    seen = definitions.tables_of(viewer, base(viewer, base_ref))
    number = publicids.peek(publicids.RECORD, ref)
    for one in seen:
        if number and one.id == number[0]:
            return permissions.access(viewer, one)
    raise Missing


def field_id(found: Field) -> str:
    return publicids.field(found.id)


def field_or_none(rights: Access, ref: Any) -> Field | None:
    return _named(rights.fields, publicids.FIELD, ref)


def field(rights: Access, ref: Any) -> Field:
    """A field the viewer may see, by id or name."""
    found = field_or_none(rights, ref)
    if found is None:
        raise faults.unknown_field(ref)
    return found


def field_in_path(rights: Access, ref: str) -> Field:
    """A field named by the path: one that is not there is like a table that is not."""
    found = _named(rights.fields, publicids.FIELD, plain(ref))
    if found is None:
        raise faults.hidden()
    return found


def table_is_open(viewer: Viewer, table_id: int) -> bool:
    found = schema.current().tables.get(table_id)
    return found is not None and bool(permissions.possible_access(viewer, found).lanes)


def field_is_open(viewer: Viewer, field_id: int) -> bool:
    """Whether a field of any table is there for this viewer; one that is gone hides nothing."""
    found = schema.current().fields.get(field_id)
    if found is None:
        return True
    rights = permissions.possible_access(viewer, schema.current().table(found.table_id))
    return bool(rights.lanes) and rights.level(field_id) >= 1


def view(rights: Access, ref: str) -> View:
    """A view of the table that is there for the viewer, by id or name."""
    found = _named(definitions.views_of(rights.viewer, rights.table), publicids.VIEW, ref)
    if found is None:
        raise faults.Fault("VIEW_NAME_NOT_FOUND", f"View {ref[:200]} not found")
    return found


def record(rights: Access, ref: Any) -> int:
    """The number of a record that the viewer may see; `Missing` otherwise."""
    number = record_number(rights, ref)
    Query(rights.viewer, rights.table).only([]).one(number)
    return number


def record_number(rights: Access, ref: Any) -> int:
    """The number an id stands for in this table, whether or not there is such a record."""
    number = publicids.decode(publicids.RECORD, ref, owner=rights.table.id)
    if number >= 1 << 31:  # beyond what the log can hold, so never given
        raise Missing
    return number


def _named(things: Iterable[Any], prefix: str, ref: Any) -> Any:
    """The thing with this id, else the one with this name, else with this name in some language."""
    if not isinstance(ref, str):
        return None
    things = list(things)
    number = publicids.peek(prefix, ref)
    tests = (
        lambda one: number == (0, one.id),
        lambda one: one.name == ref,
        lambda one: ref in (one.names or {}).values(),
        lambda one: getattr(one, "key", None) == ref,
    )
    return next((one for test in tests for one in things if test(one)), None)


def record_names(rights: Access, ids: Iterable[int]) -> list[str]:
    return [publicids.record(rights.table.id, number) for number in ids]


def unseen(name: str) -> dict[str, Any]:
    """A record that its writer may not read back."""
    return {"id": name, "createdTime": "1970-01-01T00:00:00.000Z", "fields": {}}
