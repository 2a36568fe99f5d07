"""More or fewer decimals of a number field: its values keep what they say, or nothing changes."""

from __future__ import annotations

from tracker import db
from tracker.errors import Refused
from tracker.numeric import precision
from tracker.permissions import Viewer, need_coordinator
from tracker.schema import Field, current
from tracker.text import _

LARGEST = 2**63 - 1


def rescale(viewer: Viewer, field: Field, places: int) -> None:
    """Turn the stored integers to ``places`` decimals; call before the option is changed."""
    need_coordinator(viewer, current().table(field.table_id).base_id)
    step = places - precision(field)
    table, column = f"t{field.table_id}", field.column
    if step > 0:
        _refuse_where(f"ABS({column}) > {LARGEST // 10**step}", field, too_large=True)
        db.execute(f"UPDATE {table} SET {column} = {column} * {10**step}")
    elif step < 0:
        part = 10**-step
        _refuse_where(f"{column} <> {column} / {part} * {part}", field, too_large=False)
        db.execute(f"UPDATE {table} SET {column} = {column} / {part}")


def _refuse_where(test: str, field: Field, *, too_large: bool) -> None:
    sql = f"SELECT COUNT(*) FROM t{field.table_id} WHERE {field.column} IS NOT NULL AND {test}"
    count = db.query(sql)[0][0]
    if count and too_large:
        text = _("{n} values are too large for so many decimals.", n=count)
        raise Refused(text, {"opt_precision": text})
    if count:
        text = _("{n} values have more decimals than that; they would be cut.", n=count)
        raise Refused(text, {"opt_precision": text})
