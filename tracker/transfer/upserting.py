"""Rows that update the record with the same key and make it where there is none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tracker import bulk, fieldtypes, permissions
from tracker.bulk import Item, Outcome
from tracker.errors import Refused
from tracker.permissions import Viewer
from tracker.query import Query
from tracker.schema import Field, Table
from tracker.text import _


def check_key(key: Field) -> None:
    """`Refused` for fields that cannot tell records apart."""
    kind = fieldtypes.get(key)
    if not (kind.stored and kind.written) or kind.family in {"many", "checkbox"}:
        raise Refused(_("“{field}” cannot be the key of an import.", field=key.name))


def upsert(
    viewer: Viewer,
    table: Table,
    items: Iterable[Item],
    *,
    key: Field,
    via: str,
    batch: int | None,
    progress: bulk.Progress | None = None,
) -> Outcome:
    """Write ``items``; in records that stand, empty cells leave the values as they are."""
    total, done = Outcome(), 0
    creating = permissions.access(viewer, table).may("create")
    noted: dict[str, Any] = {"via": via, "batch": batch}
    for chunk in bulk.chunks(items):
        known = _known(Query(viewer, table), key, chunk)
        changed, fresh = _sorted_out(chunk, known, key=key, total=total)
        if creating and fresh:
            _add(total, bulk.insert_many(viewer, table, fresh, **noted))
        total.rejected += [
            (item.number, _("You may not add records here.")) for item in fresh if not creating
        ]
        if changed:
            _add(total, bulk.update_many(viewer, table, changed, **noted))
        done += len(chunk)
        if progress:
            progress(done)
    return total


def _known(query: Query, key: Field, items: list[Item]) -> dict[Any, list[int]]:
    """Key → ids of the visible records that have it."""
    column = query.scope.column(key)
    kind = fieldtypes.get(key).column(key)
    cells = {item.values.get(key.id) for item in items} - {None}
    if not cells:
        return {}
    found: dict[Any, list[int]] = {}
    wanted = query.test(column.in_([kind.db_value(cell) for cell in cells]))
    for record_id, cell in wanted.rows(query.scope.model.id, column):
        found.setdefault(kind.python_value(cell), []).append(record_id)
    return found


def _sorted_out(
    items: list[Item], known: dict[Any, list[int]], *, key: Field, total: Outcome
) -> tuple[list[Item], list[Item]]:
    """``(items that change records, items that make them)``; a key twice in a file is one."""
    changed: list[Item] = []
    fresh: dict[Any, Item] = {}
    for item in items:
        value = item.values.get(key.id)
        ids = known.get(value, [])
        if value is None:
            total.rejected.append((item.number, _("“{field}” is needed.", field=key.name)))
        elif len(ids) > 1:
            text = _("Several records have this in “{field}”.", field=key.name)
            total.rejected.append((item.number, text))
        elif ids:
            item.record_id = ids[0]
            item.values = _given(item)
            changed.append(item)
        elif value in fresh:
            before = fresh[value]
            before.values.update(_given(item))
            before.strays = {
                one: text
                for one, text in {**before.strays, **item.strays}.items()
                if before.values[one] is None
            }
            total.updated += 1
        else:
            fresh[value] = item
    return changed, list(fresh.values())


def _given(item: Item) -> dict[int, Any]:
    return {
        one: value for one, value in item.values.items() if value is not None or one in item.strays
    }


def _add(total: Outcome, part: Outcome) -> None:
    total.ids += part.ids
    total.updated += part.updated
    total.same += part.same
    total.rejected += part.rejected
