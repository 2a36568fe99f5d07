"""Loading views and forms is authorising: what a viewer's roles do not show is not there."""

from __future__ import annotations

from typing import Any

from tracker import models, permissions, schema
from tracker.errors import Missing
from tracker.models import Form, View
from tracker.permissions import Viewer


def _shown(viewer: Viewer, what: str) -> set[int]:
    """The ids of views or forms that the viewer's roles show."""
    kept = schema.current().derived.setdefault("shown", {})
    for role in viewer.roles:
        if role not in kept:
            row = models.Role.get_or_none(models.Role.id == role)
            kept[role] = {"views": set(row.views), "forms": set(row.forms)} if row else {}
    return {one for role in viewer.roles for one in kept[role].get(what, ())}


def _open(viewer: Viewer, view: View) -> bool:
    """Whether this view is there for the viewer (the table's own rights come on top)."""
    if view.sharing == "personal":
        return viewer.person_id is not None and view.owner_id == viewer.person_id
    return viewer.coordinates_base(view.base_id) or view.id in _shown(viewer, "views")


def views_of(viewer: Viewer, table: schema.Table) -> list[View]:
    """The views of a table that are there for the viewer, in order."""
    rows = (
        View.select()
        .where(View.table == table.id, View.deleted_at.is_null())
        .order_by(View.ord, View.id)
    )
    return [view for view in rows if _open(viewer, view)]


def dashboards_of(viewer: Viewer, base: schema.Base) -> list[View]:
    """The dashboards of a base that are there for the viewer."""
    rows = (
        View.select()
        .where(View.base == base.id, View.table.is_null(), View.deleted_at.is_null())
        .order_by(View.ord, View.id)
    )
    return [view for view in rows if _open(viewer, view)]


def first_of(viewer: Viewer, views: list[View]) -> View | None:
    """The view that opens by itself: one that is set for a role of the viewer, else the first."""
    mine = set(viewer.roles)
    liked = [one for one in views if mine & set(_options(one).get("first_for") or ())]
    return next(iter([*liked, *views]), None)


def _options(view: View) -> dict[str, Any]:
    return dict(view.options or {})


def view(viewer: Viewer, view_id: int) -> View:
    """The view, or `Missing`."""
    found = View.get_or_none(View.id == view_id, View.deleted_at.is_null())
    if found is None or not _open(viewer, found):
        raise Missing
    schema.current().base(found.base_id)  # in the bin with its base
    if found.table_id:
        permissions.access(viewer, schema.current().table(found.table_id))
    return found


def forms_of(viewer: Viewer, table: schema.Table) -> list[Form]:
    """The forms of a table that the viewer may file, in order."""
    if not permissions.possible_access(viewer, table).may("create"):
        return []
    rows = (
        Form.select()
        .where(Form.table == table.id, Form.deleted_at.is_null())
        .order_by(Form.ord, Form.id)
    )
    shown = _shown(viewer, "forms")
    everything = viewer.coordinates_base(table.base_id)
    return [form for form in rows if everything or form.id in shown]


def form(viewer: Viewer, form_id: int) -> Form:
    """The form, or `Missing` for whom it is not there."""
    found = Form.get_or_none(Form.id == form_id, Form.deleted_at.is_null())
    if found is None:
        raise Missing
    table = schema.current().table(found.table_id)
    if all(one.id != found.id for one in forms_of(viewer, table)):
        raise Missing
    return found


def tables_of(viewer: Viewer, base: schema.Base) -> list[schema.Table]:
    """The tables of a base of which something is open to the viewer."""
    return [one for one in base.tables if permissions.possible_access(viewer, one).lanes]


def bases_of(viewer: Viewer) -> list[schema.Base]:
    return [one for one in schema.current().bases if viewer.may_enter(one.id)]


def show_to_roles(kind: str, thing_id: int, role_ids: list[int], base_id: int) -> None:
    """Show a view (``"views"``) or form (``"forms"``) to exactly these roles of the base."""
    for role in models.Role.select().where(models.Role.base == base_id):
        ids: list[Any] = [one for one in getattr(role, kind) if one != thing_id]
        if role.id in role_ids:
            ids.append(thing_id)
        setattr(role, kind, ids)
        role.save()
    schema.changed()
