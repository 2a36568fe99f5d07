"""Gallery: a card for each record with its picture, more as it scrolls."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, request

from tracker import limits
from tracker.errors import Missing
from tracker.permissions import Viewer
from tracker.schema import Table
from tracker.text import _
from views import cards
from views.kinds import ViewKind, registry
from views.viewing import Viewing

TILE_CARDS = 8


@registry.register
class GalleryKind(ViewKind):
    """``options``: ``cover`` (a field with pictures), ``fit``, ``size``, and the common ``colors``,
    ``hidden`` and ``order`` (fields of cards).
    """

    key = "gallery"
    name = _("Gallery")
    icon = "layout-grid"
    order = 45
    template = "gallery.html"
    tools = ("filter", "sort", "hide", "color", "search")

    def defaults(self, table: Table | None, viewer: Viewer) -> dict[str, Any]:
        if table is None:
            return {}
        cover = next(iter(cards.cover_fields(table)), None)
        made = {"fit": "crop", "size": "medium", "hidden": cards.first_hidden(table)}
        return {**made, "cover": cover.id if cover else None}

    def check_options(
        self, options: dict[str, Any], table: Table | None, viewer: Viewer
    ) -> dict[str, Any]:
        if table is None:
            raise Missing
        size = options.get("size")
        known = isinstance(size, str) and size in cards.SIZES
        return {**cards.check(options, table), "size": size if known else "medium"}

    def context(self, viewing: Viewing) -> dict[str, Any]:
        face = cards.face_of(viewing, framed=True)
        records, last = cards.beyond(viewing.query.only(face.needed), None, limits.GALLERY_CARDS)
        return {
            "html": cards.cards(records, face, viewing.viewer.context),
            "after": last,
            "size": cards.size_of(viewing),
            "scope": bool(records) or viewing.scope.page(1).records,
            "create": cards.create_href(viewing),
            "setup": settings(viewing) if viewing.may_change else None,
            "query_string": request.query_string.decode("ascii", "replace"),
        }

    def data(self, viewing: Viewing, what: str) -> Any:
        """``cards`` after a card; ``heads``: how many there are, and one ``card`` anew."""
        face = cards.face_of(viewing, framed=True)
        query = viewing.query.only(face.needed)
        if what == "heads":
            return current_app.json.response(heads(viewing, face))
        if what != "cards":
            raise Missing
        after = cards.asked_id(viewing.params, "after")
        records, last = cards.beyond(query, after, limits.GALLERY_CARDS)
        html = cards.cards(records, face, viewing.viewer.context)
        return current_app.json.response({"html": html, "after": last})

    def tile(self, viewing: Viewing) -> dict[str, Any]:
        face = cards.face_of(viewing, framed=True)
        records, _last = cards.beyond(viewing.query.only(face.needed), None, TILE_CARDS)
        return {"html": cards.cards(records, face, viewing.viewer.context)}


def heads(viewing: Viewing, face: cards.Face) -> dict[str, Any]:
    shown = viewing.query.count()
    whole = viewing.scope.count() if cards.narrowed(viewing) else shown
    answer: dict[str, Any] = {"records": shown, "total": whole}
    return answer | cards.anew(viewing, face, lambda _record: "")


def settings(viewing: Viewing) -> dict[str, Any]:
    """The settings as lists of ``(JSON, words, chosen)``."""
    table, options = viewing.table, viewing.options
    none = _("None")
    return {
        "cover": cards.offered(cards.cover_fields(table), options.get("cover"), g.lang, none),
        "fit": cards.words_of(cards.FITS, options.get("fit") or "crop", g.lang),
        "size": cards.words_of(cards.SIZES, cards.size_of(viewing), g.lang),
    }
