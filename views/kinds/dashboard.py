"""Dashboard: tiles over several views of a base, each with the numbers of whoever looks."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, request

from tracker import clock
from tracker.errors import Missing
from tracker.permissions import Viewer
from tracker.schema import Table
from tracker.text import _
from views import http
from views.dashboards import refreshing
from views.dashboards.narrowing import Narrowing, asked, check_fits, period_names
from views.dashboards.storing import check_tiles, known
from views.dashboards.tiles import scope_of, tiles_of
from views.kinds import ViewKind, registry
from views.viewing import Viewing


@registry.register
class DashboardKind(ViewKind):
    """``options``: ``tiles``, a list of ``{"kind": "view" | "number" | "list" | "text", "w", "h",
    …}`` on twelve columns, and ``fits``, by which fields the page's filters narrow a table. The
    address narrows all tiles: ``period`` (``from`` and ``to`` with an own one), ``department``,
    ``person``; ``wall=1`` shows them alone, ``paper=1`` on paper, with ``print=1`` for a printer.
    """

    key = "dashboard"
    name = _("Dashboard")
    icon = "layout-dashboard"
    order = 90
    of_table = False
    template = "dashboard.html"
    tools = ()

    def defaults(self, table: Table | None, viewer: Viewer) -> dict[str, Any]:
        return {"tiles": [], "fits": {}}

    def check_options(
        self, options: dict[str, Any], table: Table | None, viewer: Viewer
    ) -> dict[str, Any]:
        return {
            "tiles": check_tiles(options.get("tiles"), viewer),
            "fits": check_fits(options.get("fits"), viewer),
        }

    def context(self, viewing: Viewing) -> dict[str, Any]:
        shown = {one for one in ("wall", "paper") if viewing.params.get(one) == "1"}
        arranging = viewing.may_change and viewing.params.get("arrange") == "1" and not shown
        narrowing = asked(viewing.params, viewing.options.get("fits"))
        live = tiles_and_scope(viewing, narrowing, broken=arranging)
        tiles = viewing.options.get("tiles") or []
        return {
            **live,
            "stamp": "" if arranging else refreshing.remember(viewing, alone(viewing, live)),
            "narrowing": narrowing,
            "periods": period_names(g.lang),
            "arranging": arranging,
            "wall": "wall" in shown,
            "paper": "paper" in shown,
            "printing": "paper" in shown and viewing.params.get("print") == "1",
            "made_at": f"{clock.to_local(clock.now(), viewing.viewer.context.zone):%Y-%m-%d %H:%M}",
            **({"theme": "light"} if "paper" in shown else {}),
            "stored": known(tiles, viewing.viewer) if arranging else [],
        }

    def data(self, viewing: Viewing, what: str) -> Any:
        """``tiles``: the page's tiles again, or 204 where they are as ``known`` says."""
        if what != "tiles":
            raise Missing
        known = request.args.get("known", "")
        if known and refreshing.unchanged(viewing, known):
            return "", 204
        narrowing = asked(viewing.params, viewing.options.get("fits"))
        live = tiles_and_scope(viewing, narrowing)
        html = alone(viewing, live)
        stamp = refreshing.remember(viewing, html)
        if known == stamp:
            return "", 204
        return current_app.json.response(html=html, stamp=stamp)


def alone(viewing: Viewing, live: dict[str, Any]) -> str:
    """The part of the page that is drawn again while it stands open."""
    made = http.fragment("dashboard.html", "live", viewing=viewing, arranging=False, **live)
    return str(made.get_data(as_text=True))


def tiles_and_scope(
    viewing: Viewing, narrowing: Narrowing, *, broken: bool = False
) -> dict[str, Any]:
    """What changes while a dashboard stands open."""
    tiles = tiles_of(viewing, narrowing, broken=broken)
    return {
        "tiles": tiles,
        "scope": scope_of(viewing.viewer, tiles, narrowing),
        "narrowed": narrowing.any,
    }
