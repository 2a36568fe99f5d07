"""Records that moved: an address parameter says which of those behind a chart of moves.

``moved=12.went_on.3.1-2-3.this_year``: field, what, stage, the funnel's stages, a named period.
"""

from __future__ import annotations

from collections.abc import Mapping

from tracker import choices, stages
from tracker.errors import Refused
from tracker.periods import NAMED, span
from tracker.query import Query
from tracker.schema import Field
from tracker.text import Text, _, label

WORDS: dict[str, Text] = {
    stages.ENTERED: _("entered “{stage}”"),
    stages.WENT_ON: _("went on from “{stage}”"),
    stages.REACHED: _("came from “{stage}” to the last stage"),
    stages.SKIPPED: _("went on from “{stage}” without the next"),
    stages.CAME_BACK: _("went back from “{stage}”"),
    stages.LEFT: _("dropped out of “{stage}”"),
    "ended": _("have been in “{stage}”"),
}


def narrowed(query: Query, params: Mapping[str, str]) -> Query:
    """The query with those records alone that the address asks for; raises `Refused`."""
    if not params.get("moved"):
        return query
    field, what, stage, steps, during = _parts(query, params["moved"])
    days = span(during, query.viewer.context) if during else None
    if what == "ended":
        return stages.stayed(query, field, steps, stage, days)
    return stages.passed(query, field, steps, stage, what, days)


def said(query: Query, params: Mapping[str, str]) -> str:
    """What narrows it, in words; empty where nothing does."""
    if not params.get("moved"):
        return ""
    try:
        field, what, stage, _steps, during = _parts(query, params["moved"])
    except Refused:
        return ""
    lang = query.viewer.context.lang
    words = Text(WORDS[what].message, stage=label(choices.by_id(field, stage), lang)).to(lang)
    return f"{words} · {NAMED[during][0].to(lang)}" if during else words


def _parts(query: Query, raw: str) -> tuple[Field, str, int, list[int], str]:
    wrong = Refused(_("This request cannot be read."))
    parts = raw.split(".")
    if len(parts) != 5 or parts[1] not in WORDS:
        raise wrong
    numbers = [parts[0], parts[2], *parts[3].split("-")]
    if not all(one.isdecimal() and one.isascii() and len(one) < 10 for one in numbers):
        raise wrong
    field = query.access.visible_table.by_id.get(int(parts[0]))
    known = {one["id"] for one in field.options.get("choices", [])} if field else set()
    wanted = list(map(int, numbers[1:]))
    if field is None or field.type != "stage" or not known.issuperset(wanted):
        raise wrong
    if parts[4] and parts[4] not in NAMED:
        raise wrong
    return field, parts[1], wanted[0], wanted[1:], parts[4]
