"""Who may do what: viewers, their roles, and what those roles open of a table.

The rights of one role on one table are a *lane*: row rules plus field levels. Several lanes add
up row by row: a field is seen in a row when one lane opens both that row and that field.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from tracker import clock, models, organisation, schema, settings
from tracker.conditions import Condition
from tracker.context import Context
from tracker.errors import Forbidden, Missing
from tracker.text import _

LEVELS = ("hidden", "read", "once", "write")
ACTIONS = ("read", "create", "update", "delete")


@dataclass(frozen=True)
class Viewer:
    """For whom something runs. There is always one; nobody signed in is `NOBODY`."""

    person_id: int | None
    name: str = ""
    email: str = ""
    is_admin: bool = False
    department_id: int | None = None
    departments_below: tuple[int, ...] = ()
    headed: tuple[int, ...] = ()
    roles: tuple[int, ...] = ()
    bases: frozenset[int] = frozenset()  # where any role is held
    coordinates: frozenset[int] = frozenset()  # bases shaped by this viewer
    system: bool = False  # the product itself: installing, migrating
    window: Window | None = field(default=None, compare=False)  # of a shared link: nothing else
    context: Context = field(default_factory=Context, compare=False)

    def variable(self, name: str) -> list[int]:
        """The ids a condition's variable stands for; empty for unknown ones."""
        own: dict[str, Iterable[int | None]] = {
            "me": [self.person_id],
            "my_department": [self.department_id],
            "my_departments_below": self.departments_below,
            "headed_departments": self.headed,
        }
        return [one for one in own.get(name, []) if one is not None]

    def coordinates_base(self, base_id: int) -> bool:
        return self.system or self.is_admin or base_id in self.coordinates

    def may_enter(self, base_id: int) -> bool:
        return base_id in self.bases or self.coordinates_base(base_id)

    def speaking(self, lang: str, zone: str) -> Viewer:
        """The same viewer reading in this language and zone."""
        return replace(self, context=Context(lang=lang, zone=zone))


NOBODY = Viewer(person_id=None)


@dataclass(frozen=True)
class Pane:
    """What a window shows of one table: these fields, in the rows that meet ``tests``.

    The tests are conditions over what the holder sees.
    """

    fields: frozenset[int]
    tests: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Window:
    """Somebody's sight, cut down for whoever looks through it: ``panes`` by table id; ``export``
    where what its holder may export goes out through it too.
    """

    holder: Viewer
    panes: Mapping[int, Pane]
    export: bool = False


def through(window: Window) -> Viewer:
    """Nobody in particular, who sees through ``window`` and may do nothing."""
    context = window.holder.context
    return replace(NOBODY.speaking(context.lang, context.zone), window=window)


def system(zone: str = "") -> Viewer:
    """The product itself, for installing and migrating; never for a request.

    ``zone`` is the installation's where none is given.
    """
    context = Context(zone=zone or settings.zone())
    return Viewer(person_id=None, name="Rounds", system=True, context=context)


def viewer_for(person: models.Person, *, lang: str = "zh", zone: str = "Asia/Shanghai") -> Viewer:
    """What ``person`` may do now, resolved once per request; a deactivated person is nobody."""
    if not person.active:
        return NOBODY.speaking(lang, zone)
    roles = _roles_of(person)
    return Viewer(
        person_id=person.id,
        name=person.name,
        email=person.email,
        is_admin=person.is_admin,
        department_id=person.department_id,
        departments_below=tuple(
            organisation.below([person.department_id] if person.department_id else [])
        ),
        headed=tuple(organisation.headed_by(person.id)),
        roles=tuple(sorted(role.id for role in roles)),
        bases=frozenset(role.base_id for role in roles),
        coordinates=frozenset(role.base_id for role in roles if role.coordinator),
        context=Context(lang=lang, zone=zone),
    )


def _roles_of(person: models.Person) -> list[models.Role]:
    above = (
        [int(part) for part in person.department.path.split("/") if part]
        if person.department
        else []
    )
    held = (models.RoleMember.person == person.id) | (models.RoleMember.department.in_(above))
    return list(models.Role.select().join(models.RoleMember).where(held).distinct())


def need_coordinator(viewer: Viewer, base_id: int) -> None:
    """Only coordinators of the base go on; others who may enter it hear why, strangers do not."""
    if not viewer.coordinates_base(base_id):
        if viewer.may_enter(base_id):
            raise Forbidden(_("Only coordinators of this base may do that."))
        raise Missing


def need_maker(viewer: Viewer) -> None:
    if not (viewer.system or viewer.is_admin or viewer.coordinates):
        raise Forbidden(_("Only administrators and coordinators may make a base."))


def need_admin(viewer: Viewer) -> None:
    if not (viewer.system or viewer.is_admin):
        raise Missing


@dataclass(frozen=True)
class Lane:
    """What one role opens of one table. ``levels`` maps field id → level."""

    read: Condition = False
    create: Condition = False
    update: Condition = False
    delete: Condition = False
    export: bool = False
    levels: dict[int, str] = field(default_factory=dict)

    def rule(self, action: str) -> Condition:
        return getattr(self, action)

    def level(self, field_id: int) -> int:
        return LEVELS.index(self.levels.get(field_id, "hidden"))


@dataclass(frozen=True)
class Access:
    """What a viewer may do with one table: their lanes, added up row by row."""

    viewer: Viewer
    table: schema.Table
    lanes: tuple[Lane, ...]
    whole: Access | None = None  # the holder's own rights, behind a window
    pane: Pane | None = None

    @cached_property
    def fields(self) -> tuple[schema.Field, ...]:
        """The fields seen in at least some rows; the others do not exist for this viewer."""
        return tuple(one for one in self.table.fields if self.level(one.id) >= 1)

    def level(self, field_id: int) -> int:
        """The highest level any lane gives: an index of `LEVELS`."""
        return max(
            (lane.level(field_id) for lane in self.lanes if lane.read is not False), default=0
        )

    def writable(self, field_id: int, *, create: bool = False) -> bool:
        """Whether some lane lets this viewer write the field (in some rows)."""
        action, least = ("create", 2) if create else ("update", 3)
        return any(
            lane.rule(action) is not False and lane.level(field_id) >= least for lane in self.lanes
        )

    def may(self, action: str) -> bool:
        """Whether the action is open for at least some rows."""
        return any(lane.rule(action) is not False for lane in self.lanes)

    @property
    def may_export(self) -> bool:
        return any(lane.export for lane in self.lanes)

    def field(self, ref: Any) -> schema.Field:
        """A field this viewer may see, by id, key or name; else `Missing`, as if not there."""
        found = self.table.find(ref)
        if found is None or self.level(found.id) < 1:
            raise Missing
        return found

    @property
    def exported(self) -> Access:
        """As far as lanes that may export open it; behind a window, those of its holder."""
        whole = self.whole.exported if self.whole else None
        return replace(self, lanes=tuple(lane for lane in self.lanes if lane.export), whole=whole)

    @cached_property
    def visible_table(self) -> schema.Table:
        """The table with only the fields this viewer may see."""
        return replace(
            self.table,
            fields=self.fields,
            by_id={one.id: one for one in self.fields},
            by_key={one.key: one for one in self.fields},
        )


def access(viewer: Viewer, table: schema.Table) -> Access:
    """The viewer's rights on a table; `Missing` for a table they may not even know of."""
    found = possible_access(viewer, table)
    if not found.lanes:
        raise Missing
    return found


def possible_access(viewer: Viewer, table: schema.Table) -> Access:
    """As `access`, without lanes where nothing is open."""
    if viewer.window is not None:
        return _access_through(viewer, viewer.window, table)
    if viewer.coordinates_base(table.base_id):
        every = {one.id: "write" for one in table.fields}
        full = Lane(True, True, True, True, export=True, levels=every)
        return Access(viewer, table, (full,))
    if viewer.person_id is None or not viewer.may_enter(table.base_id):
        return Access(viewer, table, ())
    lanes = [lane for role in viewer.roles for lane in _role_lanes(role).get(table.id, ())]
    if lanes:
        lanes += _sharing_lanes(viewer, table, lanes)
    return Access(viewer, table, tuple(lanes))


def _access_through(viewer: Viewer, window: Window, table: schema.Table) -> Access:
    """The pane of a window: what its holder may read and it shows, to read and nothing more."""
    pane = window.panes.get(table.id)
    if pane is None:
        return Access(viewer, table, ())
    whole = possible_access(window.holder, table)
    lanes = tuple(
        Lane(
            read=lane.read,
            export=lane.export and window.export,
            levels={one: "read" for one in pane.fields if lane.level(one) >= 1},
        )
        for lane in whole.lanes
        if lane.read is not False
    )
    return Access(viewer, table, lanes, whole, pane)


def _role_lanes(role_id: int) -> dict[int, tuple[Lane, ...]]:
    """The lanes of a role by table id, kept until rights or schema change."""
    kept = schema.current().derived.setdefault("lanes", {})
    if role_id not in kept:
        kept[role_id] = _load_lanes(role_id)
    return kept[role_id]


def _load_lanes(role_id: int) -> dict[int, tuple[Lane, ...]]:
    special = {
        row.field_id: row.level
        for row in models.FieldRight.select().where(models.FieldRight.role == role_id)
    }
    tables = schema.current().tables
    rights = models.TableRight.select().where(models.TableRight.role == role_id)
    return {
        right.table_id: (_lane(right, tables[right.table_id], special),)
        for right in rights
        if right.table_id in tables
    }


def _lane(right: models.TableRight, table: schema.Table, special: dict[int, str]) -> Lane:
    levels = {one.id: special.get(one.id, right.fields) for one in table.fields}
    return Lane(
        read=right.read,
        create=right.create_rule,
        update=right.update_rule,
        delete=right.delete_rule,
        export=right.export,
        levels=levels,
    )


def _sharing_lanes(viewer: Viewer, table: schema.Table, lanes: list[Lane]) -> list[Lane]:
    """Lanes opened by the table's way of sharing: names for all, access granted one by one."""
    sharing = table.options.get("sharing", "rules")
    if sharing == "rules":
        return []
    named = [table.title.id] if table.title else []
    named += [one for one in table.options.get("names_fields", []) if one in table.by_id]
    opened = [Lane(read=True, levels=dict.fromkeys(named, "read"))]
    granted = granted_records(viewer, table) if sharing == "ask" else []
    if granted:
        best = {
            one.id: LEVELS[min(1, max(lane.level(one.id) for lane in lanes))]
            for one in table.fields
        }
        opened.append(Lane(read={"records": granted}, levels=best))
    return opened


def granted_records(viewer: Viewer, table: schema.Table) -> list[int]:
    """The records of ``table`` opened to this viewer one by one, today."""
    grant = models.AccessGrant
    today = clock.today(viewer.context.zone)
    rows = grant.select(grant.record_id).where(
        grant.person == viewer.person_id,
        grant.table == table.id,
        grant.state == "granted",
        grant.until.is_null() | (grant.until >= today),
    )
    return [row.record_id for row in rows]
