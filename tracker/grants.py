"""Access on request: who sees only a record's name asks, its owner or their head decides.

A grant opens one record to one person until a day; its row tells who asked, decided and when.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tracker import clock, db, fieldtypes, holders, limits, organisation, permissions, rowrights
from tracker import schema as schemas
from tracker.errors import Forbidden, Missing, Refused
from tracker.fieldtypes import clean_text
from tracker.models import AccessGrant, Person
from tracker.permissions import Viewer
from tracker.query import Query
from tracker.schema import Table
from tracker.text import _


def may_ask(viewer: Viewer, table: Table, record_id: int) -> bool:
    """Whether the viewer sees less of this record than their roles could show of one."""
    if table.options.get("sharing") != "ask" or viewer.person_id is None:
        return False
    access = permissions.access(viewer, table)
    opened = rowrights.lanes(access, record_id, "read")
    return any(
        one.id
        for one in table.fields
        if any(lane.level(one.id) for lane in access.lanes)
        and not any(lane.level(one.id) for lane in opened)
    )


def ask(viewer: Viewer, table: Table, record_id: int, reason: str) -> AccessGrant:
    """A question to those who decide; asking twice is refused while one is open."""
    Query(viewer, table).one(record_id)
    reason = clean_text(reason)[: limits.HELP_LENGTH]
    if not may_ask(viewer, table, record_id):
        raise Refused(_("You see everything of this record that could be opened to you."))
    if not reason:
        text = _("Say why you need it.")
        raise Refused(text, {"reason": text})
    with db.write():
        mine = AccessGrant.select().where(
            AccessGrant.person == viewer.person_id,
            AccessGrant.table == table.id,
            AccessGrant.record_id == record_id,
            AccessGrant.state == "asked",
        )
        if mine.exists():
            raise Refused(_("You have asked already; the answer is still to come."))
        return AccessGrant.create(
            table=table.id, record_id=record_id, person=viewer.person_id, reason=reason
        )


def deciders(table: Table, record_id: int) -> list[int]:
    """The active owner of a record and the heads of their department; else the coordinators."""
    owners = _owners(table, record_id)
    people = list(Person.select().where(Person.id.in_(owners), Person.active == True))  # noqa: E712 - SQL
    heads = [
        head
        for one in people
        if one.department_id
        for head in organisation.heads_of(one.department_id)
    ]
    found = list(dict.fromkeys([*(one.id for one in people), *heads]))
    return found or holders.coordinators(table.base_id)


def _owners(table: Table, record_id: int) -> list[int]:
    """Whom the first person field names; who added the record where it names nobody."""
    fields = [one for one in table.fields if fieldtypes.get(one).widget == "person"]
    own = [one for one in fields if fieldtypes.get(one).written]
    query = Query(permissions.system(), table)
    found = query.fetch([record_id])
    for field in [*own[:1], *fields]:
        value: Any = found[0].values.get(field.id) if found else None
        if value:
            return [int(value)]
    created = query.test(query.scope.among([record_id])).rows(query.scope.model.created_by)
    return [row[0] for row in created if row[0]]


def table_of(grant: AccessGrant) -> Table:
    return schemas.current().table(grant.table_id)


def decides(viewer: Viewer, grant: AccessGrant) -> bool:
    table = table_of(grant)
    if viewer.person_id is None or viewer.person_id == grant.person_id:
        return False
    owner = viewer.person_id in deciders(table, grant.record_id)
    return owner or viewer.coordinates_base(table.base_id)


def get(viewer: Viewer, grant_id: int) -> AccessGrant:
    """For who asked and who decides; `Missing` for all others."""
    found = AccessGrant.get_or_none(AccessGrant.id == grant_id)
    if found is None or not (found.person_id == viewer.person_id or decides(viewer, found)):
        raise Missing
    return found


def decide(viewer: Viewer, grant: AccessGrant, *, granted: bool, until: str = "") -> None:
    """Open the record until a day (that day included), or refuse."""
    if not decides(viewer, grant):
        raise Forbidden(_("The owner of the record or their head decides."))
    last = _until(until, viewer.context.zone) if granted else None
    with db.write():
        changed = (
            AccessGrant.update(
                state="granted" if granted else "refused",
                until=last,
                decided_by=viewer.person_id,
                decided_at=clock.now(),
            )
            .where(AccessGrant.id == grant.id, AccessGrant.state == "asked")
            .execute()
        )
    if not changed:
        raise Refused(_("This was decided already."))


def _until(raw: str, zone: str) -> date:
    today = clock.today(zone)
    try:
        found = date.fromisoformat(raw)
    except ValueError:
        text = _("Choose the last day.")
        raise Refused(text, {"until": text}) from None
    if not today <= found <= today + timedelta(days=366):
        text = _("The last day lies between today and a year from now.")
        raise Refused(text, {"until": text})
    return found


def end(viewer: Viewer, grant: AccessGrant) -> None:
    """Close it early, by who decides or by the person themselves."""
    if not (decides(viewer, grant) or grant.person_id == viewer.person_id):
        raise Missing
    with db.write():
        open_ = (AccessGrant.id == grant.id, AccessGrant.state.in_(["asked", "granted"]))
        if not AccessGrant.update(state="ended").where(*open_).execute():
            raise Refused(_("This has ended already."))


def of(viewer: Viewer) -> tuple[list[AccessGrant], list[AccessGrant]]:
    """What the viewer asked for, and what they may decide or end, the latest first."""
    order = AccessGrant.id.desc()
    mine = AccessGrant.select().where(AccessGrant.person == viewer.person_id).order_by(order)
    open_ = AccessGrant.select().where(AccessGrant.state.in_(["asked", "granted"])).order_by(order)
    live = schemas.current().tables
    theirs = [one for one in open_.limit(200) if one.table_id in live and decides(viewer, one)]
    return [one for one in mine.limit(100) if one.table_id in live], theirs
