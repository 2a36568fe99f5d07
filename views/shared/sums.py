"""Charts, pivots, duty matrices and rosters behind a link: numbers, marks and standings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from tracker import duties
from tracker.errors import Missing, Refused
from tracker.models import Duty, View
from tracker.schema import Field
from views import colours
from views.cells import row_classes
from views.collection import collection
from views.shared import hues, plain
from views.shared.look import Look, Shown
from views.shared.windows import Sought, viewing_through
from views.viewing import Viewing


def chart(look: Look) -> Shown:
    """As a tile draws it; its fields alone stand in the window, so no mark opens anything."""
    shown = chart_tile(look)
    return replace(shown, template="shared/chart.html")


def chart_tile(look: Look) -> Shown:
    through = viewing_through(look.held)
    context = {**through.kind.tile(through), "viewing": through}
    return Shown("tiles/chart.html", through.viewer, context, ("chart",))


def pivot_of(look: Look, *, export: bool = False) -> Viewing:
    """The pivot as the visitor searches and sorts it."""
    through = viewing_through(look.held, export=export)
    asked = {key: look.given[key] for key in ("rank", "from") if key in look.given}
    return Sought(through.viewer, through.view, asked, shown_by=through, text=look.search)


def pivot(look: Look) -> Shown:
    """Its numbers lead nowhere; its headings sort."""
    seen = pivot_of(look)
    made = seen.kind.context(seen)
    context = {**made, "viewing": seen, "q": look.search, "sortable": True}
    context["count"] = made["sheet"].records if made["sheet"] else 0
    return Shown("shared/pivot.html", seen.viewer, context, ("pivot",))


def pivot_tile(look: Look) -> Shown:
    through = viewing_through(look.held)
    context = {**through.kind.tile(through), "viewing": through}
    return Shown("tiles/pivot.html", through.viewer, context)


# ── duty matrix ──────────────────────────────────────────────────────────────

TOLD = ("heads", "states", "said", "older", "newer", "present")


def matrix(look: Look) -> Shown:
    """Marks and counts as the link's holder sees them: no records, no reasons, no reminding."""
    found = duty_of(look)
    asked = {"until": look.given["until"]} if look.given.get("until") else {}
    seen = Viewing(look.held.viewer, look.held.view, asked)
    try:
        made = seen.kind.context(seen)
    except Refused:
        raise Missing from None
    place = {one["row"].id: number for number, one in enumerate(made["rows"], 1)}
    rows = [(place[one["row"].id], place.get(one["row"].parent or 0), one) for one in made["rows"]]
    context = {"duty": found, "rows": rows, **{key: made[key] for key in TOLD}}
    viewer = viewing_through(look.held).viewer
    return Shown("shared/matrix.html", viewer, context, ("matrix",), ("matrix",))


def matrix_tile(look: Look) -> Shown:
    """How far this period's collection is."""
    viewer = viewing_through(look.held).viewer
    made = collection(look.held.viewer, duty_of(look), look.held.departments)
    return Shown("_collection.html", viewer, made)


def duty_of(look: Look) -> Duty:
    return duties.load(look.held.viewer, look.held.options.get("duty") or 0)


# ── roster ───────────────────────────────────────────────────────────────────


def roster(look: Look) -> Shown:
    """Who was visited when, as the link's holder sees it; names and fields through the window."""
    through, asked = viewing_through(look.held), dict(look.held.params)
    about = ["roster", look.given.get("by", ""), look.given.get("only", ""), look.search]
    if look.given.get("after"):
        asked["after"] = orjson.dumps(look.unseal(look.given["after"], *about)).decode()
    asked |= {key: look.given[key] for key in ("by", "only") if key in look.given}
    seen = counting(look, through, asked)
    made = seen.kind.context(seen)
    if asked.get("by", made["order"]) != made["order"] or asked.get("only", "") != made["only"]:
        raise Missing
    after = orjson.loads(made["after"]) if made["after"] else None
    kept = ("orders", "order", "filters", "only", "tally", "targets", "counted")
    context = {key: made[key] for key in kept} | _entries(made["entries"], through, look.files)
    if "by" not in look.held.options:  # values have no colours
        context["colour_key"] = hues.key_of(through)
    context |= {"q": look.search, "searched": "by" not in look.held.options}
    context["after"] = look.seal(after, *about) if after else ""
    return Shown("shared/roster.html", through.viewer, context, ("roster",))


def roster_tile(look: Look) -> Shown:
    through = viewing_through(look.held)
    seen = counting(look, through, dict(look.held.params))
    made = seen.kind.tile(seen)
    context = {"tally": made["tally"], "viewing": through, **_entries(made["entries"], through, "")}
    return Shown("shared/roster_tile.html", through.viewer, context)


def counting(look: Look, through: Viewing, asked: dict[str, str]) -> Viewing:
    """The holder's look, without targets by a tier that the view hides."""
    held, options = look.held, dict(look.held.options)
    if (options.get("tiers") or {}).get("field") in held.hidden:
        options.pop("tiers")
    if "by" in options or not options.get("visits"):
        return Viewing(held.viewer, held.view, asked)  # a search would change the numbers
    view = View(**{**held.view.__data__, "options": options})
    return Sought(held.viewer, view, asked, shown_by=through, text=look.search)


def roster_fields(through: Viewing) -> list[Field]:
    """What is told of each entry beside its name; values have none."""
    title = through.table.title
    return [] if "by" in through.options else [one for one in through.shown if one != title][:3]


def _entries(entries: list[Any], through: Viewing, files: str) -> dict[str, Any]:
    """``(line, name, cells, counts, classes)`` of each, as the window shows it."""
    ids = [one.line.id for one in entries if one.line.id]
    if not ids:
        return {"fields": [], "entries": [(one.line, one.name, [], {}, "") for one in entries]}
    title, fields = through.table.title, roster_fields(through)
    needed = [*fields, *([title] if title is not None else [])]
    found = {one.id: one for one in through.scope.only(needed).fetch(ids)}
    context, made, marks = through.viewer.context, [], colours.of(through).marks(ids)
    for one in entries:
        record = found.get(one.line.id)
        if record is not None:
            cells = [plain.cell(record, field, context, files=files) for field in fields]
            hue = row_classes(marks[record.id]) if record.id in marks else ""
            made.append((one.line, record.title or f"#{record.id}", cells, one.counted, hue))
    return {"fields": fields, "entries": made}
