"""What a view keeps: its options checked and stored, new views, names, sharing, the bin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tracker import (
    clock,
    conditions,
    db,
    definitions,
    fieldtypes,
    limits,
    models,
    permissions,
    schema,
)
from tracker.errors import Forbidden, Missing, Refused
from tracker.models import View
from tracker.permissions import Viewer
from tracker.schema import Table
from tracker.tables import clean_name
from tracker.text import _
from views import colours, footer, gridlook, groups, kinds
from views.viewing import Viewing

SHARINGS = {
    "personal": _("Only I see it"),
    "shared": _("Shared: coordinators may change it"),
    "locked": _("Locked: nobody changes it until it is unlocked"),
}
COMMON: tuple[str, ...] = ("filter", "sort", "hidden", "order", "widths", "group", "color")
COMMON += ("group_by", "summaries", "colors", "row_height", "frozen")
UNREADABLE = _("This request cannot be read.")


def may_manage(viewer: Viewer, view: View) -> bool:
    """Whether the viewer may rename, share and delete the view."""
    if view.sharing == "personal":
        return view.owner_id is not None and view.owner_id == viewer.person_id
    return viewer.coordinates_base(view.base_id)


def need_manage(viewer: Viewer, view: View) -> None:
    if not may_manage(viewer, view):
        raise Forbidden(_("Only its owner or a coordinator may change this view."))


def store_options(viewing: Viewing, given: Mapping[str, Any]) -> None:
    """Put ``given`` over the view's options, each checked; the rest stays."""
    if not viewing.may_change:
        raise Forbidden(_("This view is not yours to change. Save it as a new view instead."))
    options = checked(viewing.viewer, viewing.view, given)
    with db.write():
        fresh = View.get_by_id(viewing.view.id)
        fresh.options = {**fresh.options, **options}
        fresh.save()


def checked(viewer: Viewer, view: View, given: Mapping[str, Any]) -> dict[str, Any]:
    """Options as they may be stored in ``view``: the common ones here, the rest by its kind."""
    table = _visible(viewer, schema.current().table(view.table_id)) if view.table_id else None
    given = _one_form(given)
    common = {key: _common(key, given[key], table, viewer) for key in COMMON if key in given}
    own = {key: value for key, value in given.items() if key not in COMMON}
    if not own and "group" not in common:  # which to a chart is its own
        return common
    options = {**view.options, **common, **own}
    return {**common, **kinds.get(view.kind).check_options(options, table, viewer)}


def _one_form(given: Mapping[str, Any]) -> dict[str, Any]:
    """Colours as they are kept now, also where they are given as they were kept before."""
    one = dict(given)
    if "colors" not in one and not one.keys().isdisjoint({"rules", "color"}):
        one["colors"] = colours.stored(one)
    if "colors" in one:
        one.pop("rules", None)
        one["color"] = None
    return one


def _visible(viewer: Viewer, table: Table) -> Table:
    return permissions.access(viewer, table).visible_table


def _common(key: str, value: Any, table: Table | None, viewer: Viewer) -> Any:
    if table is None:
        raise Refused(UNREADABLE)
    if key == "filter":
        return None if value is None else conditions.check(value, table, viewer.context)
    if key == "sort":
        return _sorts(value, table)
    if key in {"hidden", "order"}:
        return _fields(value, table)
    if key == "widths":
        return _widths(value, table)
    if key in LOOKS:
        return LOOKS[key](value, table, viewer)
    return None if value is None else _field(value, table)


LOOKS: dict[str, Callable[[Any, Table, Viewer], Any]] = {
    "group_by": lambda value, table, viewer: groups.check(value, table),
    "summaries": lambda value, table, viewer: footer.check(value, table),
    "colors": lambda value, table, viewer: colours.check(value, table, viewer.context),
    "row_height": lambda value, table, viewer: gridlook.check_height(value),
    "frozen": lambda value, table, viewer: gridlook.check_frozen(value),
}


def _field(value: Any, table: Table) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value not in table.by_id:
        raise Refused(_("There is no field called {name}.", name=str(value)[:60]))
    return value


def _fields(value: Any, table: Table) -> list[int]:
    if not isinstance(value, list):
        raise Refused(UNREADABLE)
    return list(dict.fromkeys(_field(one, table) for one in value))


def _sorts(value: Any, table: Table) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise Refused(UNREADABLE)
    if len(value) > limits.SORTS:
        raise Refused(_("At most {n} sort keys fit.", n=limits.SORTS))
    sorts = [
        {"field": _field(one.get("field"), table), "desc": bool(one.get("desc"))} for one in value
    ]
    for one in sorts:
        field = table.by_id[one["field"]]
        if fieldtypes.get(field).family == "link":
            raise Refused(_("Records cannot be sorted by “{field}”.", field=field.name))
    return sorts


def _widths(value: Any, table: Table) -> dict[str, int]:
    if not isinstance(value, dict):
        raise Refused(UNREADABLE)
    widths = {}
    for key, width in value.items():
        if isinstance(width, bool) or not isinstance(width, int | float) or not 0 < width < 5_000:
            raise Refused(UNREADABLE)
        if str(key).isdecimal() and int(key) in table.by_id:
            widths[str(int(key))] = int(width)
    return widths


# ── views ────────────────────────────────────────────────────────────────────


def create(
    viewer: Viewer, base: schema.Base, table: Table | None, *, kind: str, name: str, personal: bool
) -> View:
    """A new view of a table (or dashboard of a base) with its kind's defaults."""
    found = kinds.get(kind)
    if found.of_table != (table is not None):
        raise Refused(_("This kind of view does not fit here."))
    if not personal or table is None:
        permissions.need_coordinator(viewer, base.id)
    options = found.defaults(_visible(viewer, table) if table else None, viewer)
    return _make(viewer, base.id, table, kind=kind, name=name, options=options, personal=personal)


def copy(viewing: Viewing, name: str, given: Mapping[str, Any], *, personal: bool) -> View:
    """The view as it stands now under another name."""
    view, viewer = viewing.view, viewing.viewer
    if not personal:
        permissions.need_coordinator(viewer, view.base_id)
    options = {**view.options, **checked(viewer, view, given)}
    options.pop("first_for", None)
    table = schema.current().table(view.table_id) if view.table_id else None
    return _make(
        viewer, view.base_id, table, kind=view.kind, name=name, options=options, personal=personal
    )


def _make(
    viewer: Viewer,
    base_id: int,
    table: Table | None,
    *,
    kind: str,
    name: str,
    options: dict[str, Any],
    personal: bool,
) -> View:
    if viewer.person_id is None:
        raise Missing
    name = clean_name(name)
    with db.write():
        count = View.select().where(View.base == base_id).count()
        view = View.create(
            base=base_id,
            table=table.id if table else None,
            kind=kind,
            name=name,
            options=options,
            owner=viewer.person_id,
            sharing="personal" if personal else "shared",
            ord=count,
        )
        schema.changed()
    return view


def rename(viewer: Viewer, view: View, *, name: str, names: dict[str, str], sharing: str) -> None:
    """Name and sharing of a view; only coordinators share."""
    need_manage(viewer, view)
    if sharing not in SHARINGS:
        raise Refused(UNREADABLE)
    if sharing != view.sharing:
        permissions.need_coordinator(viewer, view.base_id)
    with db.write():
        owner = view.owner_id or viewer.person_id
        View.update(name=clean_name(name), names=names, sharing=sharing, owner=owner).where(
            View.id == view.id
        ).execute()
        schema.changed()


def show_to(viewer: Viewer, view: View, roles: list[int]) -> None:
    """Show the view to exactly these roles of its base."""
    permissions.need_coordinator(viewer, view.base_id)
    with db.write():
        definitions.show_to_roles("views", view.id, roles, view.base_id)


def open_first_for(viewer: Viewer, view: View, roles: list[int]) -> None:
    """Let the view open by itself for these roles: one view of a table (or dashboard) for each."""
    permissions.need_coordinator(viewer, view.base_id)
    known = {one["role"].id for one in roles_of(view)}
    chosen = [one for one in dict.fromkeys(roles) if one in known]
    with db.write():
        beside = View.select().where(View.base == view.base_id)
        for one in beside:
            kept = (one.options or {}).get("first_for") or []
            same = one.table_id == view.table_id
            wanted = chosen if one.id == view.id else [r for r in kept if r not in chosen]
            if same and wanted != kept:
                one.options = {**one.options, "first_for": wanted}
                one.save()


def roles_of(view: View) -> list[dict[str, Any]]:
    """The roles of the base with whether they see the view; coordinators see all."""
    rows = models.Role.select().where(models.Role.base == view.base_id).order_by(models.Role.id)
    options: dict[str, Any] = dict(view.options or {})
    first = options.get("first_for") or []
    return [
        {"role": row, "shown": view.id in (row.views or []), "first": row.id in first}
        for row in rows
        if not row.coordinator
    ]


def set_deleted(viewer: Viewer, view: View, deleted: bool) -> None:
    """To the bin, or back from it."""
    need_manage(viewer, view)
    with db.write():
        View.update(deleted_at=clock.now() if deleted else None).where(View.id == view.id).execute()
        schema.changed()


def binned(viewer: Viewer, view_id: int) -> View:
    """A deleted view that the viewer may bring back."""
    view = View.get_or_none(View.id == view_id, View.deleted_at.is_null(False))
    if view is None or not may_manage(viewer, view):
        raise Missing
    schema.current().base(view.base_id)
    if view.table_id:
        permissions.access(viewer, schema.current().table(view.table_id))
    return view
