"""What a grid asks for while somebody works in it: the changes of others, marks of comments, ids of
a stretch of rows, finds. All go through the row rule of the moment.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import request

from tracker import clock, comments, db, limits
from tracker.errors import Missing, TooMuch
from tracker.schema import Field
from tracker.text import _
from views import asked, cells, gridfinding, news, snapshots
from views.viewing import Viewing


def answer(viewing: Viewing, what: str, fields: list[Field]) -> dict[str, Any]:
    """The JSON of ``/v/<id>/data/<what>``; `Missing` for what is none of these."""
    if what == "find":
        return _find(viewing, fields)
    if what == "edge":
        return _edge(viewing, fields)
    if what == "ids":
        return {"ids": _ids(viewing)}
    if what == "talk":
        return {"counts": _talk(viewing)}
    if what == "changes":
        return changes_since(viewing, fields)
    raise Missing


def _find(viewing: Viewing, fields: list[Field]) -> dict[str, Any]:
    step = request.args.get("step", "here")
    at, row = asked.number("at"), asked.number("row")
    text = request.args.get("text", "")
    return gridfinding.find(viewing, fields, text, at=at, row=row, step=step)


def _edge(viewing: Viewing, fields: list[Field]) -> dict[str, Any]:
    wanted = asked.number("field")
    one = next((one for one in fields if one.id == wanted), None)
    if one is None:
        raise Missing
    at, row, back = asked.number("at"), asked.number("row"), asked.number("back")
    return {"row": gridfinding.edge(viewing, one, at=at, row=row, back=bool(back))}


def _ids(viewing: Viewing) -> list[int]:
    """The records of the rows ``from`` … ``to``, both included, in their order."""
    first, last = asked.number("from"), asked.number("to")
    if last - first >= limits.BULK_RECORDS:
        raise TooMuch(_("At most {limit} records change in one go.", limit=limits.BULK_RECORDS))
    snapshot = snapshots.of(viewing, at=asked.number("at") or None)
    wanted = list(snapshot.ids[first : last + 1])
    query = viewing.scope
    seen = {row[0] for row in query.test(query.scope.among(wanted)).rows(query.scope.model.id)}
    return [one for one in wanted if one in seen]


def _talk(viewing: Viewing) -> dict[str, int]:
    """How many comments the records have, of those that have some."""
    wanted, query = asked.numbers("ids"), viewing.scope
    found = query.test(query.scope.among(wanted)).rows(query.scope.model.id)
    counts = comments.counts(query.table, [row[0] for row in found])
    return {str(one): count for one, count in counts.items()}


# ── what others change ───────────────────────────────────────────────────────


def changes_since(viewing: Viewing, fields: list[Field]) -> dict[str, Any]:
    """What happened since ``since`` (a ``now`` of an earlier answer): fresh cells of the ``rows``
    on the screen (``id:rev``), which of them are gone, and the records that came into the view.

    Times, not numbers of changes, go to the browser: these would tell of rows out of scope.
    """
    since, now = news.since(), clock.now()
    told: dict[str, Any] = {"now": now.isoformat()}
    if since is None:
        return told
    if now - since > news.OLDEST:
        return {**told, "stale": True}
    found, ids = _on_screen(viewing, fields), _written(viewing, since - news.OVERLAP)
    if not ids and not any(found.values()):
        return told  # that others wrote elsewhere is not told, whatever the page says it knows
    at = asked.number("at")
    snapshot = snapshots.of(viewing, at=at or None)
    if at and snapshot.at != at:
        return {**told, "stale": True}
    new = sorted(ids.difference(ids.intersection(snapshot.ids) if ids else ()))
    come = {"new": new[: limits.PAGE_ROWS], "many": len(new) > limits.PAGE_ROWS}
    return told | found | come if new or any(found.values()) else told


def _on_screen(viewing: Viewing, fields: list[Field]) -> dict[str, Any]:
    known, query = asked.pairs("rows"), viewing.scope
    model = query.scope.model
    revs = dict(query.test(query.scope.among(list(known))).rows(model.id, model.rev))
    changed = [one for one, rev in revs.items() if rev != known[one]]
    context = viewing.viewer.context
    rows = [
        {
            "id": record.id,
            "rev": record.rev,
            "title": record.title,
            "cells": cells.payload(record, fields, context),
        }
        for record in query.only(fields).fetch(changed)
    ]
    return {"rows": rows, "gone": [one for one in known if one not in revs]}


def _written(viewing: Viewing, since: datetime) -> set[int]:
    """The records in the view that were written since, no more than a page tells."""
    query = viewing.query
    if not news.any_change(query, since):
        return set()
    model = query.scope.model
    select = query.select(model.id).where(model.id.in_(news.written(query, since)))
    rows = db.proxy.execute(select.limit(limits.PAGE_ROWS + 1)).fetchall()
    return {row[0] for row in rows}


def words(lang: str) -> dict[str, str]:
    """What the scripts beside the grid's own say; places in braces are filled in there."""
    said = {
        "find": _("Find in the view"),
        "findNext": _("Next"),
        "findBack": _("Previous"),
        "found": _("{at} of {n}"),
        "foundNone": _("Nothing found"),
        "close": _("Close"),
        "news": _("{n} new"),
        "manyNews": _("Many new records"),
        "went": _("{n} removed"),
        "show": _("Show"),
        "comments": _("Comments: {n}"),
        "picked": _("Selected: {n}"),
        "pick": _("Select the row"),
        "pickAll": _("Select all rows"),
        "setField": _("Change a field"),
        "delete": _("Delete"),
        "unpick": _("Clear the selection"),
        "tooManyPicked": _("At most {limit} records change in one go.", limit=limits.BULK_RECORDS),
        "fill": _("Drag down to fill"),
        "redone": _("Done again."),
        "before": _("Previous record"),
        "after": _("Next record"),
    }
    return {key: text.to(lang) for key, text in said.items()}
