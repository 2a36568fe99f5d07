"""What a record may be linked to: what its writer sees, within the limit of the link field."""

from __future__ import annotations

from typing import Any

from tracker import fieldtypes, schema
from tracker.permissions import Access
from tracker.query import Query, choosable
from tracker.rows import Row
from tracker.text import Text, _

OUTSIDE = _("This field only takes certain records, and not this one.")


def check(
    rights: Access,
    given: dict[int, Any],
    problems: dict[Any, Text],
    old: Row | None,
) -> None:
    """Links go to records the writer may see; others are answered as if they did not exist.
    What is linked already may stay, also where it is no longer within the field's limit.
    """
    for field_id, value in given.items():
        field = rights.table.by_id[field_id]
        if fieldtypes.get(field).family != "link" or not value:
            continue
        target = schema.current().table(field.options["table"])
        seen = {record.id for record in Query(rights.viewer, target).only([]).fetch(value)}
        standing = set(old.values.get(field_id) or ()) if old else set()
        if set(value) - seen:
            problems[field_id] = _("There is no such record.")
        elif field.options.get("limit") and set(value) - standing:
            new = sorted(set(value) - standing)
            if len(choosable(rights.viewer, field).only([]).fetch(new)) < len(new):
                problems[field_id] = OUTSIDE
