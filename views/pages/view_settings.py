"""Settings of views: filter, sort and fields saved into them; new ones, names, sharing, the bin."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, render_template, request

from tracker import definitions, limits, permissions, schema, sharedlinks
from tracker.errors import Refused
from tracker.models import View
from tracker.permissions import Viewer
from tracker.text import LANGUAGES, _, label
from views import filters, http, kinds, view_options
from views.pages.records import load_table, sent
from views.room import Room
from views.shared.showing import may_be_shown
from views.viewing import Viewing, look

room = Room("view_settings")


@room.page("/v/<int:view_id>/builder", loads="view")
def builder(view_id: int) -> Any:
    """What the menus for filter, sort and fields are made from; with ``layer`` those for the
    colours of a table beside the view's own.
    """
    viewing = look(g.viewer, view_id, request.args)
    if request.args.get("layer"):
        viewing = viewing.kind.beside(viewing, request.args["layer"])
    return current_app.json.response(filters.builder(viewing))


@room.page("/v/<int:view_id>/options", post=True, loads="view")
def options(view_id: int) -> Any:
    """Put options over those of the view: ``{"filter", "sort", "hidden", "widths", …}``."""
    viewing = look(g.viewer, view_id, {})
    view_options.store_options(viewing, sent())
    return current_app.json.response({"saved": _("Saved.").to(g.lang)})


@room.page("/v/<int:view_id>/menu", loads="view")
def menu(view_id: int) -> Any:
    """What can be done with the view as a whole."""
    viewing = look(g.viewer, view_id, request.args)
    view = viewing.view
    table = schema.current().table(view.table_id) if view.table_id else None
    access = permissions.access(g.viewer, table) if table else None
    return http.page(
        "view_menu.html",
        viewing=viewing,
        table=table,
        may_manage=view_options.may_manage(g.viewer, view),
        may_share=sharedlinks.may_share(g.viewer, view) and may_be_shown(view),
        may_export=bool(access and access.may_export),
        may_import=bool(access and access.may("create")),
        may_fill=bool(access and (access.may("create") or access.may("update"))),
        may_configure=g.viewer.coordinates_base(view.base_id),
    )


# ── new views ────────────────────────────────────────────────────────────────


@room.page("/t/<int:table_id>/views/new", loads="table")
def new(table_id: int) -> Any:
    """The dialog for a new view of the table."""
    return new_dialog(table_id, "")


def new_dialog(table_id: int, error: str) -> Any:
    table = load_table(table_id)
    offered = [one for one in kinds.registry if one.of_table]
    return http.page(
        "view_new.html",
        table=table,
        offered=offered,
        chosen=request.values.get("kind") or offered[0].key,
        name=request.values.get("name", ""),
        error=error,
        may_share=g.viewer.coordinates_base(table.base_id),
    )


@room.page("/t/<int:table_id>/views", post=True, loads="table")
def create(table_id: int) -> Any:
    table = load_table(table_id)
    kind = kinds.get(request.form.get("kind", ""))
    name = request.form.get("name", "").strip() or kind.name.to(g.lang)
    try:
        view = view_options.create(
            g.viewer,
            schema.current().base(table.base_id),
            table,
            kind=kind.key,
            name=name,
            personal=is_personal(g.viewer, table.base_id),
        )
    except Refused as refused:
        return refused_dialog(new_dialog(table_id, refused.to(g.lang)))
    return http.go(f"/v/{view.id}")


def is_personal(viewer: Viewer, base_id: int) -> bool:
    """Those who do not coordinate make views for themselves."""
    return request.form.get("sharing") == "personal" or not viewer.coordinates_base(base_id)


def refused_dialog(response: Any) -> Any:
    response.status_code = 422
    return response


@room.page("/b/<int:base_id>/dashboards", post=True, loads="coordinator")
def create_dashboard(base_id: int) -> Any:
    """A new dashboard (or another kind that belongs to a whole base)."""
    base = schema.current().base(base_id)
    permissions.need_coordinator(g.viewer, base.id)
    kind = kinds.get(request.form.get("kind", "dashboard"))
    name = request.form.get("name", "").strip() or kind.name.to(g.lang)
    view = view_options.create(g.viewer, base, None, kind=kind.key, name=name, personal=False)
    return http.go(f"/v/{view.id}")


@room.page("/v/<int:view_id>/copy", loads="view")
def copy(view_id: int) -> Any:
    """The dialog that saves the view as it stands under another name."""
    viewing = look(g.viewer, view_id, request.args)
    shown = _("{name} (copy)", name=label(viewing.view, g.lang)).to(g.lang)
    return copy_dialog(viewing, shown[: limits.NAME_LENGTH], "")


def copy_dialog(viewing: Viewing, name: str, error: str) -> Any:
    return http.page(
        "view_copy.html",
        view=viewing.view,
        name=name,
        error=error,
        query=request.query_string.decode("ascii", "replace"),
        may_share=g.viewer.coordinates_base(viewing.view.base_id),
    )


@room.page("/v/<int:view_id>/copy", post=True, loads="view")
def make_copy(view_id: int) -> Any:
    viewing = look(g.viewer, view_id, request.args)
    name = request.form.get("name", "")
    personal = is_personal(g.viewer, viewing.view.base_id)
    try:
        made = view_options.copy(viewing, name, as_shown(viewing), personal=personal)
    except Refused as refused:
        return refused_dialog(copy_dialog(viewing, name, refused.to(g.lang)))
    return http.go(f"/v/{made.id}")


LOOKS = {  # parameter of the address → option
    "group": "group_by",
    "sum": "summaries",
    "colors": "colors",
    "rows": "row_height",
    "frozen": "frozen",
}


def as_shown(viewing: Viewing) -> dict[str, Any]:
    """The options that the address has put in place of the saved ones."""
    if not viewing.view.table_id:
        return {}
    shown = filters.builder(viewing)
    changed = set(shown["changed"])
    given: dict[str, Any] = {}
    if changed & {"filter", "saved"}:
        given["filter"] = shown["filter"]
    if "sort" in changed:
        given["sort"] = shown["sort"]
    if changed & {"hide", "order"}:
        given |= {"hidden": shown["hidden"], "order": shown["order"]}
    given |= {LOOKS[one]: shown[LOOKS[one]] for one in LOOKS if one in changed}
    return given | viewing.kind.as_shown(viewing)


# ── one view ─────────────────────────────────────────────────────────────────


def managed(view_id: int) -> View:
    """The view, for those who may rename, share and delete it."""
    view = definitions.view(g.viewer, view_id)
    view_options.need_manage(g.viewer, view)
    return view


@room.page("/v/<int:view_id>/settings", loads="view")
def settings(view_id: int) -> Any:
    """The dialog for name, sharing and roles."""
    view = managed(view_id)
    values = {
        "name": view.name,
        "names": view.names or {},
        "sharing": view.sharing,
        "roles": [one["role"].id for one in view_options.roles_of(view) if one["shown"]],
        "first": [one["role"].id for one in view_options.roles_of(view) if one["first"]],
    }
    return settings_dialog(view, values, {})


def settings_dialog(view: View, values: dict[str, Any], errors: dict[str, str]) -> Any:
    return http.page(
        "view_settings.html",
        view=view,
        values=values,
        errors=errors,
        languages=LANGUAGES,
        sharings=view_options.SHARINGS,
        roles=view_options.roles_of(view),
        may_share=g.viewer.coordinates_base(view.base_id),
    )


@room.page("/v/<int:view_id>/settings", post=True, loads="view")
def save_settings(view_id: int) -> Any:
    view = managed(view_id)
    form = request.form
    given = {key: form.get(f"name_{key}", "").strip() for key in LANGUAGES}
    values = {
        "name": form.get("name", ""),
        "names": {key: text[: limits.NAME_LENGTH] for key, text in given.items() if text},
        "sharing": form.get("sharing", view.sharing),
        "roles": listed("roles"),
        "first": [one for one in listed("first") if one in listed("roles")],
    }
    try:
        view_options.rename(
            g.viewer, view, name=values["name"], names=values["names"], sharing=values["sharing"]
        )
    except Refused as refused:
        return refused_dialog(settings_dialog(view, values, {"name": refused.to(g.lang)}))
    if g.viewer.coordinates_base(view.base_id) and values["sharing"] != "personal":
        view_options.show_to(g.viewer, view, values["roles"])
        view_options.open_first_for(g.viewer, view, values["first"])
    return http.go(f"/v/{view.id}", toast=_("Saved."))


def listed(name: str) -> list[int]:
    return [int(one) for one in request.form.getlist(name) if one.isdecimal() and len(one) < 16]


@room.page("/v/<int:view_id>/delete", post=True, loads="view")
def delete(view_id: int) -> Any:
    """To the bin; what is shown instead offers to bring the view back."""
    view = managed(view_id)
    view_options.set_deleted(g.viewer, view, True)
    home = f"/t/{view.table_id}" if view.table_id else f"/b/{view.base_id}"
    html = render_template("view_deleted.html", view=view, home=home)
    return current_app.json.response(html=html)


@room.page("/v/<int:view_id>/restore", post=True, loads="view in the bin")
def restore(view_id: int) -> Any:
    view = view_options.binned(g.viewer, view_id)
    view_options.set_deleted(g.viewer, view, False)
    return current_app.json.response({"href": f"/v/{view.id}"})
