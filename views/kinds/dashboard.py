"""Dashboard: tiles over several views of a base, each with the numbers of whoever looks."""

from __future__ import annotations

from typing import Any

from flask import g

from tracker.permissions import Viewer
from tracker.schema import Table
from tracker.text import _, label
from views.dashboards.narrowing import asked, period_names
from views.dashboards.tiles import check_tiles, scope_of, tiles_of
from views.kinds import ViewKind, registry
from views.viewing import Viewing


@registry.register
class DashboardKind(ViewKind):
    """``options``: ``tiles``, a list of ``{"kind": "view" | "number" | "text", "w", "h", …}`` on
    twelve columns. The address narrows them all: ``period`` and ``department``.
    """

    key = "dashboard"
    name = _("Dashboard")
    icon = "layout-dashboard"
    order = 90
    of_table = False
    template = "dashboard.html"
    tools = ()

    def defaults(self, table: Table | None, viewer: Viewer) -> dict[str, Any]:
        return {"tiles": []}

    def check_options(
        self, options: dict[str, Any], table: Table | None, viewer: Viewer
    ) -> dict[str, Any]:
        return {"tiles": check_tiles(options.get("tiles"), viewer)}

    def context(self, viewing: Viewing) -> dict[str, Any]:
        arranging = viewing.may_change and viewing.params.get("arrange") == "1"
        narrowing = asked(viewing.params)
        tiles = tiles_of(viewing, narrowing, broken=arranging)
        return {
            "tiles": tiles,
            "narrowing": narrowing,
            "periods": period_names(g.lang),
            "arranging": arranging,
            "stored": viewing.options.get("tiles") or [],
            "scope": [(label(one, g.lang), n) for one, n in scope_of(viewing.viewer, tiles)],
        }
