"""The one search box: records of a base (or of all of them) as one types, table by table."""

from __future__ import annotations

from typing import Any

from flask import g, request

from tracker import definitions, searching
from tracker.errors import Missing
from tracker.finding import Found, find
from tracker.query import Query
from tracker.schema import Base, Table
from tracker.text import _, say
from views import http
from views.room import Room

room = Room("search")
WHILE_TYPING, ON_PAGE = 5, 20  # records of one table


@room.page("/search", loads="query")
def search() -> Any:
    """Records by words, parts of Chinese names, pinyin or initials; ``base`` narrows to one."""
    words = searching.words_of(request.args.get("q", ""))
    text, tells = " ".join(words), searching.tells(words)
    bases = definitions.bases_of(g.viewer)
    asked = request.args.get("base", "")
    chosen = [base for base in bases if not asked or str(base.id) == asked]
    if asked and not chosen:
        raise Missing
    shown = WHILE_TYPING if http.wants_fragment() else ON_PAGE
    return http.page(
        "search.html",
        "found",
        crumbs=[(say(_("Search"), g.lang), "")],
        text=text,
        base=chosen[0] if asked else None,
        wider=f"/search?q={http.quote(text)}" if asked and len(bases) > 1 else "",
        short=bool(text) and not tells,
        several=len(chosen) > 1,
        groups=[one for base in chosen for one in groups(base, text, shown)] if tells else [],
    )


def groups(base: Base, text: str, shown: int) -> list[dict[str, Any]]:
    """What is found in the tables of a base, with the way to all of it."""
    found = []
    for table in definitions.tables_of(g.viewer, base):
        hits: Found = find(Query(g.viewer, table), text, shown)
        if hits.hits:
            found.append(
                {
                    "table": table,
                    "hits": hits.hits,
                    "more": hits.more,
                    "all": view_of(table, text),
                    "base": base,
                }
            )
    return found


def view_of(table: Table, text: str) -> str:
    """The table's grid (or first view) with this search in it; empty where there is no view."""
    views = sorted(definitions.views_of(g.viewer, table), key=lambda one: one.kind != "grid")
    if not views:
        return ""
    options: dict[str, Any] = views[0].options or {}
    whole = "&saved=0" if options.get("filter") else ""
    return f"/v/{views[0].id}?q={http.quote(text)}{whole}"
