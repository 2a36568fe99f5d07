"""Links that say what stands above a record: no write may let a record stand above itself.

A link of a table to itself is such a link where its settings say so, and by default where it takes
one record at most. Only links that the writer sees are followed: what is hidden tells nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from tracker import db, fieldtypes, schema
from tracker.errors import Refused
from tracker.hierarchy import Tree
from tracker.permissions import Access, Viewer
from tracker.query import Query
from tracker.schema import Field
from tracker.text import Text, _

LOCK = 7_302  # of PostgreSQL: two writes that only together close a circle come one after another


def refuses(field: Field) -> bool:
    """Whether no record may stand above itself by this link, whichever side it reads from."""
    if fieldtypes.get(field).family != "link" or field.options.get("table") != field.table_id:
        return False
    other = schema.current().fields.get(field.options.get("pair") or 0)
    sides = [field.options, *([other.options] if other else [])]
    said = [one["tree"] for one in sides if "tree" in one]
    return any(said) if said else any(one.get("single") for one in sides)


def standing(viewer: Viewer, field: Field) -> Text | None:
    """Why a link cannot say what stands above: a record of its table stands above itself by it."""
    if not refuses(field):
        return None
    query = Query(viewer, schema.current().table(field.table_id))
    found = Tree(query, field).in_circle()
    if found is None:
        return None
    title = query.only([]).one(found).title or f"#{found}"
    return _(
        "“{record}” stands above itself by “{field}”: choose something else above it.",
        record=title,
        field=field.name,
    )


def guarded(fields: Iterable[Field], *, new: bool = False) -> list[Field]:
    """Of the fields of a write those to look after: to a new record nothing leads but from its
    own other side, so one side alone closes nothing.
    """
    found = [one for one in fields if refuses(one)]
    if new:
        written = {one.id for one in found}
        found = [one for one in found if one.options.get("pair") in written]
    return found


def closed(rights: Access, ids: Collection[int], fields: Iterable[Field]) -> dict[int, Text]:
    """Of these records, as they are written now, those in a circle, each with the reason; one
    statement a field. Run inside the transaction of the write.
    """
    found: dict[int, Text] = {}
    for field in fields:
        if not db.is_sqlite():
            db.query("SELECT pg_advisory_xact_lock(?, ?)", LOCK, field.table_id)
        tree = Tree(Query(rights.viewer, rights.table), field)
        said = _("“{field}” leads back here: a record cannot stand above itself.", field=field.name)
        found |= dict.fromkeys(tree.circling(list(ids)), said)
    return found


def refuse(rights: Access, record_id: int, written: Collection[int], *, new: bool = False) -> None:
    """Raise `Refused`, beside the field, where a record just written stands above itself."""
    fields = (rights.table.by_id[one] for one in written)
    for field in guarded(fields, new=new):
        for reason in closed(rights, [record_id], [field]).values():
            raise Refused(reason, {field.id: reason})
