"""Rights on one row: which lanes open it, before a change and after."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import peewee as pw

from tracker import db, fieldtypes
from tracker.conditions import FALSE, TRUE
from tracker.errors import Forbidden
from tracker.permissions import Access, Lane
from tracker.schema import Field
from tracker.scope import Scope
from tracker.text import _

# Of a required field that is hidden not even the name is told.
UNSEEN = _("A record here needs more than you may fill in. Ask a coordinator.")


def lanes(access: Access, record_id: int, action: str) -> list[Lane]:
    """The lanes whose rule for ``action`` holds on the row as it stands now."""
    scope = Scope(access)
    tests = [
        pw.Case(None, [(scope.union([lane], action), 1)], 0)
        if lane.rule(action) is not True
        else pw.Value(1)
        for lane in access.lanes
    ]
    select = scope.model.select(*tests).where(scope.model.id == record_id)
    row = db.proxy.execute(select).fetchone() or [0] * len(tests)
    return [lane for lane, holds in zip(access.lanes, row, strict=True) if holds]


def readable(access: Access, record_id: int) -> set[int]:
    """The fields that may be read in this very row, of those the viewer sees in some rows."""
    opened = lanes(access, record_id, "read")
    return {one.id for one in access.fields if any(lane.level(one.id) >= 1 for lane in opened)}


def changeable(scope: Scope, fields: Iterable[Field]) -> Any:
    """The SQL test of the rows, as they stand, in which all of these fields may be changed."""
    wanted = list(fields)
    if not all(fieldtypes.get(one).written for one in wanted):
        return FALSE
    opened = [
        lane
        for lane in scope.access.lanes
        if lane.update is not False and all(lane.level(one.id) >= 3 for one in wanted)
    ]
    test = scope.union(opened, "update")
    return TRUE if test is True else test


def check_new(access: Access, record_id: int, action: str, fields: Iterable[int]) -> None:
    """A created row must be one that a lane lets be created, with each field it was given."""
    opened = lanes(access, record_id, action)
    if not opened:
        raise Forbidden(_("You may not add a record like this."))
    _check_fields(access, opened, fields, least=2)


def check_changed(
    access: Access, record_id: int, before: list[Lane], changed: dict[int, Any]
) -> None:
    """A changed row must be open to the same lane before and after, with each changed field."""
    if not before:
        raise Forbidden(_("You may not change this record."))
    after = lanes(access, record_id, "update")
    both = [lane for lane in before if lane in after]
    if not both:
        raise Forbidden(_("This would move the record out of your reach."))
    _check_fields(access, both, changed, least=3)


def _check_fields(access: Access, opened: list[Lane], fields: Iterable[int], *, least: int) -> None:
    for field_id in fields:
        if not any(lane.level(field_id) >= least for lane in opened):
            name = access.table.by_id[field_id].name
            raise Forbidden(_("You may not write “{field}”.", field=name))
