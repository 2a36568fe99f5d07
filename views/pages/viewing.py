"""Pages of views: any kind, one address, one toolbar."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, request

from tracker import definitions, permissions, schema
from tracker.errors import Missing
from tracker.models import View
from tracker.schema import Table
from tracker.text import label
from views import colours, groups, http, kinds, news
from views.room import Room
from views.viewing import Viewing, look

room = Room("viewing")


@room.page("/b/<int:base_id>", loads="base")
def base(base_id: int) -> Any:
    """To the first thing there is to see in the base."""
    found = schema.current().base(base_id)
    if not g.viewer.may_enter(found.id):
        raise Missing
    dashboard = definitions.first_of(g.viewer, definitions.dashboards_of(g.viewer, found))
    if dashboard:
        return http.go(f"/v/{dashboard.id}")
    tables = definitions.tables_of(g.viewer, found)
    return http.go(f"/t/{tables[0].id}" if tables else f"/configure/{found.id}")


@room.page("/t/<int:table_id>", loads="table")
def table(table_id: int) -> Any:
    """To the table's first view; a page that says what to do where there is none."""
    found = schema.current().table(table_id)
    permissions.access(g.viewer, found)
    first = definitions.first_of(g.viewer, definitions.views_of(g.viewer, found))
    if first:
        return http.go(f"/v/{first.id}")
    g.table_id = found.id
    return http.page("no_view.html", table=found, crumbs=crumbs_of(found))


@room.page("/v/<int:view_id>", loads="view")
def view(view_id: int) -> Any:
    """A view of any kind."""
    viewing = look(g.viewer, view_id, request.args)
    g.table_id, g.base_id = viewing.view.table_id, viewing.view.base_id
    return http.page(
        viewing.kind.template, "view", **page_context(viewing), **viewing.kind.context(viewing)
    )


@room.page("/v/<int:view_id>/data/<what>", loads="view")
def data(view_id: int, what: str) -> Any:
    """What the view's page fetches later: chunks of a grid, events of a calendar; of any kind
    ``news``, what others changed.
    """
    viewing = look(g.viewer, view_id, request.args)
    if what == "news" and viewing.kind.of_table:
        return current_app.json.response(news.of(viewing))
    return viewing.kind.data(viewing, what)


@room.page("/v/<int:view_id>/tile", loads="view")
def tile(view_id: int) -> Any:
    """The view as a tile of a dashboard."""
    viewing = look(g.viewer, view_id, request.args)
    if not viewing.kind.of_table:
        raise Missing  # a dashboard holds tiles and is none
    return http.page(viewing.kind.tile_template, viewing=viewing, **viewing.kind.tile(viewing))


def page_context(viewing: Viewing) -> dict[str, Any]:
    """What ``view.html`` needs round any kind."""
    if viewing.view.table_id is None:
        return {
            "viewing": viewing,
            "crumbs": [
                (label(viewing.base, g.lang), f"/b/{viewing.base.id}"),
                (label(viewing.view, g.lang), ""),
            ],
            "tabs": [],
        }
    return {
        "viewing": viewing,
        "grouped": groups.levels(viewing),
        "coloured": bool(colours.chosen(viewing)),
        "colour_key": colours.key(viewing) if "color" in viewing.kind.tools else None,
        "layers": viewing.kind.layers(viewing) if "color" in viewing.kind.tools else [],
        "crumbs": crumbs_of(viewing.table),
        "tabs": tabs_of(viewing.table, viewing.view),
        "forms": definitions.forms_of(g.viewer, viewing.table),
    }


def crumbs_of(table: Table) -> list[tuple[str, str]]:
    base = schema.current().base(table.base_id)
    return [(label(base, g.lang), f"/b/{base.id}"), (label(table, g.lang), f"/t/{table.id}")]


def tabs_of(table: Table, current: View | None = None) -> list[dict[str, Any]]:
    """The table's views as tabs."""
    return [
        {
            "label": label(one, g.lang),
            "href": f"/v/{one.id}",
            "icon": kinds.get(one.kind).icon,
            "active": current is not None and one.id == current.id,
        }
        for one in definitions.views_of(g.viewer, table)
        if one.kind in kinds.registry
    ]
