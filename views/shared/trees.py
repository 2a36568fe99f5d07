"""Hierarchies behind a link: the top of the tree, and what lies below a line, unfolded."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from tracker import fieldtypes
from tracker.errors import Missing
from tracker.models import View
from tracker.schema import Field
from views.shared import hues, plain
from views.shared.look import Look, Shown
from views.shared.windows import FACES, Sought, viewing_through
from views.viewing import Viewing

DEEPEST = 40  # levels that are unfolded one below the other


def hierarchy(look: Look) -> Shown:
    """The tree; with ``of`` the lines below one of its records alone.

    What weighs a figure may be hidden: it is reckoned with and not shown.
    """
    place: dict[str, Any] = {"id": None, "level": 1, "from": 0, "row": ""}
    if look.given.get("of"):
        place = look.unseal(look.given["of"], "below", look.search)
    seen = _sought(look, place)
    made = seen.kind.context(seen)
    branches = made["branches"]
    if branches.parent is None:
        raise Missing
    first = made["first"]
    if look.given.get("of"):
        first = seen.kind.data(seen, "lines").get_json()
    buttons = {n for n, one in enumerate(branches.columns) if _pressed(one)}
    filed = {n for n, one in enumerate(branches.columns) if fieldtypes.get(one).family == "files"}
    context: dict[str, Any] = {"fields": [one for one in branches.columns if not _pressed(one)]}
    context |= {"progress": branches.progress, "title": seen.table.title, "q": look.search}
    context |= _below(look, first, place, buttons, filed)
    if look.given.get("of"):
        return Shown("shared/branch.html", seen.viewer, context, alone=True)
    context |= {"count": made["shown"], "colour_key": hues.key_of(viewing_through(look.held))}
    return Shown("shared/hierarchy.html", seen.viewer, context, ("hierarchy",), ("shared",))


def columns_of(through: Viewing) -> list[Field]:
    """What is told of each line beside its name and its figure."""
    besides = [through.table.title, *map(through.option_field, ("parent", "progress"))]
    return [one for one in through.shown if one not in besides][: FACES["hierarchy"]]


def hierarchy_tile(look: Look) -> Shown:
    seen = _sought(look, {"id": None, "from": 0})
    lines = seen.kind.tile(seen)["lines"] or []
    for one in lines:
        one["figure"] = _plain(one["figure"])
    return Shown("shared/hierarchy_tile.html", seen.viewer, {"lines": lines})


def _sought(look: Look, place: dict[str, Any]) -> Sought:
    strict = viewing_through(look.held)
    weight = look.held.options.get("weight")
    wider = viewing_through(look.held, aside=[weight] if isinstance(weight, int) else [])
    view, figure = wider.view, strict.option_field("progress")
    if figure is None:  # hidden, it is not told even where it weighs
        view = View(**{**view.__data__, "options": {**wider.options, "progress": None}})
    asked = {"of": str(place["id"] or "top"), "from": str(place["from"])}
    if look.search:
        asked["q"] = look.search
    return Sought(wider.viewer, view, asked, shown_by=strict, text=look.search)


def _below(
    look: Look,
    found: dict[str, Any],
    place: dict[str, Any],
    buttons: set[int],
    filed: set[int],
) -> dict[str, Any]:
    """The lines below a record; ``row`` is the name of a line on the page."""
    level, row = place["level"], place["row"]
    for number, one in enumerate(found["lines"], place["from"] + 1):
        one["cells"] = [
            plain.below(cell, look.files) if n in filed else _plain(cell)
            for n, cell in enumerate(one["cells"])
            if n not in buttons
        ]
        one["figure"] = _plain(one["figure"])
        one["row"] = f"{row}.{number}" if row else str(number)
        deeper = {"id": one["id"], "level": level + 1, "from": 0, "row": one["row"]}
        unfolds = one["children"] and level < DEEPEST
        one["of"] = look.seal(deeper, "below", look.search) if unfolds else ""
    rest = look.seal({**place, "from": found["more"]}, "below", look.search)
    return {"lines": found["lines"], "level": level, "over": row} | {
        "more": rest if found["more"] else ""
    }


def _pressed(field: Any) -> bool:
    return fieldtypes.get(field).widget == "button"


def _plain(shown: str) -> Markup:
    return Markup(plain.undoored(shown))  # noqa: S704 - kinds escape
