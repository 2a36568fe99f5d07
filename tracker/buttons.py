"""What is behind buttons: addresses made from what the viewer sees of a record and from nothing
else, or the address where pressing one is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

from tracker import fieldtypes
from tracker.context import Context
from tracker.schema import Field, Table
from tracker.text import label

SLOT = re.compile(r"\{([a-z0-9_]{1,60})\}")
_OPENS = re.compile(r"(https?://[^\s/]|mailto:|tel:|/(?![/\\]))", re.I)


def opens(address: str) -> bool:
    """Whether a browser may be sent there."""
    return bool(_OPENS.match(address)) and not any(ord(sign) < 33 for sign in address)


def runs(field: Field) -> bool:
    """Whether a field is a button that starts automations: one that opens no address."""
    return field.type == "button" and not field.options.get("address")


def words(field: Field, context: Context) -> str:
    """What stands on a button: its own words, else the name of the field."""
    own = {"name": field.options.get("label", ""), "names": field.options.get("names")}
    return label(own, context.lang) or label(field, context.lang)


def needed(field: Field, table: Table) -> Iterable[Field]:
    """The fields that the address of a button is made from."""
    for key in SLOT.findall(field.options.get("address", "")):
        found = table.by_key.get(key)
        if found is not None and found.type != field.type:
            yield found


def address(
    field: Field, table: Table, record_id: int, values: dict[int, object], context: Context
) -> str | None:
    """The address for one record; None where a part of it is empty."""
    if runs(field):
        return f"/r/{table.id}/{record_id}/press/{field.id}"
    parts = {"id": str(record_id)}
    for one in needed(field, table):
        parts[one.key] = fieldtypes.get(one).text(values.get(one.id), one, context)
    made = SLOT.sub(lambda slot: quote(parts.get(slot[1], ""), safe=""), field.options["address"])
    filled = all(parts.get(key) for key in SLOT.findall(field.options["address"]))
    return made if filled and opens(made) else None
