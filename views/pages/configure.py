"""Configuring a base: its names, its tables in order, new ones, and the bin."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, request

from tracker import definitions, limits, models, newtable, permissions, schema, tables
from tracker.errors import Problem, Refused
from tracker.schema import Base
from tracker.text import _, label
from views import http, typed
from views.room import Room

room = Room("configure")
room.app_template_global("typed")(typed.typed)
ICONS = ("table", "briefcase", "building", "calendar-event", "clipboard-list", "database", "route")


def load(base_id: int) -> Base:
    """The base, for its coordinators alone."""
    found = schema.current().base(base_id)
    permissions.need_coordinator(g.viewer, found.id)
    return found


def crumbs(base: Base, *more: tuple[str, str]) -> list[tuple[str, str]]:
    """Where a page of the configuration lies."""
    start = (label(base, g.lang), f"/b/{base.id}")
    own = (_("Configure").to(g.lang), f"/configure/{base.id}")
    found = [start, own, *more]
    return [*found[:-1], (found[-1][0], "")]


def parts(base: Base, active: str) -> list[dict[str, Any]]:
    """The tabs above every page of the configuration."""
    found = [
        ("tables", _("Tables"), "table", ""),
        ("forms", _("Forms"), "forms", "/forms"),
        ("roles", _("Roles"), "shield", "/roles"),
        ("duties", _("Duties"), "clipboard-check", "/duties"),
        ("automations", _("Automations"), "bolt", "/automations"),
        ("outbox", _("Outbox"), "send", "/outbox"),
        ("links", _("Shared links"), "link", "/links"),
        ("bin", _("Bin"), "trash", "/bin"),
    ]
    return [
        {
            "label": text.to(g.lang),
            "icon": icon,
            "href": f"/configure/{base.id}{path}",
            "active": key == active,
        }
        for key, text, icon, path in found
    ]


def ids(name: str = "ids") -> list[int]:
    """The ids of a new order, from a form or from JSON."""
    sent = request.get_json(silent=True) if request.is_json else None
    raw = sent.get(name) if isinstance(sent, dict) else request.form.get(name, "").split(",")
    if not isinstance(raw, list) or len(raw) > 10 * limits.FIELDS_PER_TABLE:
        raise Refused(_("This request cannot be read."))
    return [int(one) for one in raw if str(one).isascii() and str(one).isdigit()]


def moved(order: list[int]) -> list[int]:
    """``order`` with one of them moved a step, as ``move=up:12`` says."""
    way, _colon, which = request.form.get("move", "").partition(":")
    if way not in {"up", "down"} or not which.isdecimal() or int(which[:16]) not in order:
        raise Refused(_("This request cannot be read."))
    at = order.index(int(which[:16]))
    to = max(0, at - 1) if way == "up" else at + 1
    order.insert(to, order.pop(at))
    return order


@room.page("/configure/new", loads="maker")
def new_base() -> Any:
    permissions.need_maker(g.viewer)
    name = _("New base").to(g.lang)
    return http.page("configure_new.html", crumbs=[(name, "")])


@room.page("/configure/new", post=True, loads="maker")
def create_base() -> Any:
    permissions.need_maker(g.viewer)
    try:
        base = tables.create_base(g.viewer, typed.one_line("name"), names=typed.english())
    except Problem as problem:
        return typed.again(problem, new_base)
    return http.go(f"/configure/{base.id}", toast=_("The base stands. Add its first table."))


@room.page("/configure/bin", loads="coordinator")
def bases_bin() -> Any:
    """The bases in the bin that this person coordinates."""
    rows = tables.binned_bases(g.viewer)
    if not rows and not g.viewer.coordinates:
        permissions.need_maker(g.viewer)
    name = _("Bin").to(g.lang)
    return http.page("configure_bases_bin.html", rows=rows, crumbs=[(name, "")])


@room.page("/configure/bin/<int:base_id>/restore", post=True, loads="coordinator")
def restore_base(base_id: int) -> Any:
    found = tables.restore_base(g.viewer, base_id)
    text = _("“{name}” is back.", name=label(found, g.lang))
    return http.go(f"/configure/{found.id}", toast=text)


@room.page("/configure/<int:base_id>/delete", post=True, loads="coordinator")
def delete_base(base_id: int) -> Any:
    """Into the bin; the page it leads to brings it back."""
    found = load(base_id)
    tables.delete_base(g.viewer, found)
    return http.go("/configure/bin", toast=_("“{name}” is in the bin.", name=label(found, g.lang)))


@room.page("/configure/<int:base_id>", loads="coordinator")
def base(base_id: int) -> Any:
    """The tables of a base in order, and what the base is called."""
    found = load(base_id)
    return http.page(
        "configure_base.html",
        base=found,
        parts=parts(found, "tables"),
        rows=[
            {"table": one, "views": len(definitions.views_of(g.viewer, one))}
            for one in found.tables
        ],
        gone=_gone(found),
        crumbs=crumbs(found),
    )


def _gone(base: Base) -> models.Table | None:
    """The table that was put into the bin just now, so that it can come back from a toast."""
    gone = request.args.get("gone", "")
    if not gone.isascii() or not gone.isdigit():
        return None
    return next(
        (one for one in tables.binned(g.viewer, base)["tables"] if one.id == int(gone)), None
    )


@room.page("/configure/<int:base_id>", post=True, loads="coordinator")
def rename_base(base_id: int) -> Any:
    found = load(base_id)
    try:
        tables.update_base(
            g.viewer, found, name=typed.one_line("name"), names=typed.english(), icon=_icon(found)
        )
    except Problem as problem:
        return typed.again(problem, lambda: base(base_id), form="base")
    return http.go(f"/configure/{base_id}", toast=_("Saved."))


def _icon(base: Base) -> str:
    icon = request.form.get("icon", base.icon)
    return icon if icon in ICONS else base.icon


@room.page("/configure/<int:base_id>/order", post=True, loads="coordinator")
def order_tables(base_id: int) -> Any:
    """The tables in a new order: all ids by dragging, or one moved a step."""
    found = load(base_id)
    if request.form.get("move"):
        tables.order_tables(g.viewer, found, moved([one.id for one in found.tables]))
        return http.go(f"/configure/{base_id}")
    tables.order_tables(g.viewer, found, ids())
    return current_app.json.response(ok=True)


@room.page("/configure/<int:base_id>/tables", post=True, loads="coordinator")
def create_table(base_id: int) -> Any:
    found = load(base_id)
    try:
        table = newtable.start(g.viewer, found, typed.one_line("name"), names=typed.english())
    except Problem as problem:
        return typed.again(problem, lambda: base(base_id), form="table")
    return http.go(
        f"/configure/{base_id}/tables/{table.id}",
        toast=_("The table stands, with a grid and a form. Add its fields."),
    )


@room.page("/configure/<int:base_id>/tables/<int:table_id>/delete", post=True, loads="coordinator")
def delete_table(base_id: int, table_id: int) -> Any:
    table = load(base_id).table(table_id)
    tables.delete_table(g.viewer, table)
    return http.go(f"/configure/{base_id}?gone={table.id}")


@room.page("/configure/<int:base_id>/bin", loads="coordinator")
def bin(base_id: int) -> Any:
    """Deleted tables and fields, with everything that was in them."""
    found = load(base_id)
    lying = tables.binned(g.viewer, found)
    rows = [{"what": "table", "row": one, "in": None} for one in lying["tables"]]
    rows += [
        {"what": "field", "row": one, "in": schema.current().table(one.table_id)}
        for one in lying["fields"]
    ]
    rows.sort(key=lambda one: one["row"].deleted_at, reverse=True)
    name = _("Bin").to(g.lang)
    return http.page(
        "configure_bin.html",
        base=found,
        rows=rows,
        parts=parts(found, "bin"),
        crumbs=crumbs(found, (name, "")),
    )


@room.page("/configure/<int:base_id>/bin/<int:table_id>", post=True, loads="coordinator")
def restore_table(base_id: int, table_id: int) -> Any:
    found = load(base_id)
    lying = {one.id for one in tables.binned(g.viewer, found)["tables"]}
    if table_id not in lying:
        raise _not_in_bin()
    table = tables.restore_table(g.viewer, table_id)
    return http.go(f"/configure/{base_id}", toast=_("“{name}” is back.", name=label(table, g.lang)))


@room.page("/configure/<int:base_id>/bin/fields/<int:field_id>", post=True, loads="coordinator")
def restore_field(base_id: int, field_id: int) -> Any:
    found = load(base_id)
    lying = {one.id: one for one in tables.binned(g.viewer, found)["fields"]}
    if field_id not in lying:
        raise _not_in_bin()
    field = tables.restore_field(g.viewer, field_id)
    return http.go(
        f"/configure/{base_id}/tables/{field.table_id}",
        toast=_("“{name}” is back.", name=label(field, g.lang)),
    )


def _not_in_bin() -> Problem:
    problem = Refused(_("This is not in the bin any more."))
    problem.status = 404
    return problem
