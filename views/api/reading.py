"""Records for programs: one page of a list, or single ones, as their token's person sees them."""

from __future__ import annotations

from typing import Any

from tracker import comments
from tracker.permissions import Access, Viewer
from tracker.query import Query
from views.api import filtering, loading
from views.api.asking import Asked, read_offset, write_offset
from views.api.cells import Reader
from views.viewing import Viewing


def speaking(viewer: Viewer, asked: Asked) -> Viewer:
    """The viewer in the zone and language that the text of cells is asked in."""
    lang = viewer.context.lang
    if asked.locale:
        lang = "zh" if asked.locale.lower().startswith("zh") else "en"
    return viewer.speaking(lang, asked.zone or viewer.context.zone)


def page(rights: Access, asked: Asked) -> dict[str, Any]:
    """``{"records": […], "offset": token}``; without ``offset`` it was the last page."""
    query = narrowed(rights, asked)
    fingerprint = asked.fingerprint(rights.viewer.person_id, rights.table.id)
    after, left = None, asked.most
    if asked.offset:
        after, left = read_offset(fingerprint, asked.offset)
    size = min(asked.page_size, left or asked.page_size)
    if asked.filter:
        zone = asked.zone or rights.viewer.context.zone
        found = filtering.read(query, asked.filter, zone).page(size, after)
    else:
        found = query.page(size, after)
    told: dict[str, Any] = {"records": records(query, found.records, asked)}
    rest = None if left is None else left - len(found.records)
    if found.after and rest != 0:
        told["offset"] = write_offset(fingerprint, found.after, rest)
    return told


def narrowed(rights: Access, asked: Asked) -> Query:
    """The records asked for: the view's, sorted, with the fields wanted."""
    query = Query(rights.viewer, rights.table)
    if asked.view:
        query = Viewing(rights.viewer, loading.view(rights, asked.view), {}).query
    if asked.sort:
        query = query.order(
            {
                "field": loading.field(rights, one["field"]).id,
                "desc": one.get("direction") == "desc",
            }
            for one in asked.sort
        )
    if asked.fields:
        query = query.only(dict.fromkeys(loading.field(rights, one).id for one in asked.fields))
    return query


def records(query: Query, found: list[Any], asked: Asked) -> list[dict[str, Any]]:
    reader = Reader(query.viewer, query.table, by_id=asked.by_id, as_text=asked.as_text)
    told = reader.records(found)
    if "commentCount" in asked.record_metadata:
        counts = comments.counts(query.table, [one.id for one in found])
        for one, record in zip(told, found, strict=True):
            one["commentCount"] = counts.get(record.id, 0)
    return told


def some(rights: Access, ids: list[int], *, by_id: bool) -> list[dict[str, Any]]:
    """Records just written, in the order given; what may not be read back is told empty."""
    query = Query(rights.viewer, rights.table)
    asked = Asked(by_id=by_id)
    told = {one["id"]: one for one in records(query, query.fetch(ids), asked)}
    return [told.get(name) or loading.unseen(name) for name in loading.record_names(rights, ids)]


def one(rights: Access, record_id: int, asked: Asked) -> dict[str, Any]:
    query = Query(rights.viewer, rights.table)
    return records(query, [query.one(record_id)], asked)[0]
