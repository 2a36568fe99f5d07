"""How a grid looks: its columns and their widths, the height of rows, how many columns stay put."""

from __future__ import annotations

from typing import Any

from flask import g

from tracker import fieldtypes, limits, summaries
from tracker.errors import Refused
from tracker.schema import Field
from tracker.text import Text, _
from views import cells, gridchannels, groups
from views.viewing import Viewing

WIDTHS = {"long_text": 280, "link": 200, "choices": 180, "datetime": 160, "number": 110}
WIDTHS |= {"percent": 100, "progress": 130, "rating": 120, "duration": 100, "location": 170}
WIDTHS |= {"attachment": 170, "signature": 120}
WIDTHS |= {"checkbox": 90, "date": 120, "choice": 120, "stage": 120, "person": 120}
NARROWEST, WIDEST, USUAL, FIRST = 60, 800, 160, 240
HEIGHTS: dict[str, Text] = {
    "short": _("Short"),
    "medium": _("Medium"),
    "tall": _("Tall"),
    "extra": _("Extra tall"),
}
UNREADABLE = _("This request cannot be read.")


def columns(viewing: Viewing) -> list[Field]:
    """The fields shown, the title always first."""
    shown = viewing.shown
    title = viewing.scope.table.title
    first = [one for one in viewing.table.fields if title and one.id == title.id]
    return [*first, *(one for one in shown if one not in first)]


def narrowed(viewing: Viewing) -> bool:
    return bool(viewing.filter or viewing.saved_filter or viewing.params.get("q"))


def describe(viewing: Viewing, field: Field, fields: list[Field]) -> dict[str, Any]:
    """A column for the page and its scripts."""
    about = cells.describe(viewing.scope.access, field, g.lang)
    usual = FIRST if field is fields[0] else WIDTHS.get(about["widget"], USUAL)
    width = (viewing.options.get("widths") or {}).get(str(field.id), usual)
    sort = next((one for one in viewing.sorts if str(one["field"]) == str(field.id)), None)
    return {
        **about,
        "width": min(WIDEST, max(NARROWEST, int(width))),
        "sorts": fieldtypes.get(field).family != "link",
        "sorted": None if sort is None else "desc" if sort.get("desc") else "asc",
        "groups": groups.groupable(field),
        "figures": summaries.offered(field),
    }


# ── heights and columns that stay ────────────────────────────────────────────


def of(viewing: Viewing) -> dict[str, Any]:
    return {"height": height(viewing), "frozen": frozen(viewing)}


def height(viewing: Viewing) -> str:
    asked = viewing.params.get("rows") or viewing.options.get("row_height")
    return asked if asked in HEIGHTS else "short"


def frozen(viewing: Viewing) -> int:
    """How many columns stay at the left while the rest scrolls; the first always does."""
    asked = viewing.params.get("frozen") or viewing.options.get("frozen") or 1
    few = str(asked).isascii() and str(asked).isdigit() and len(str(asked)) < 4
    most = min(limits.FROZEN_COLUMNS, len(columns(viewing)))
    return max(1, min(int(asked), most)) if few else 1


def check_height(value: Any) -> str:
    if value not in HEIGHTS:
        raise Refused(UNREADABLE)
    return str(value)


def check_frozen(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refused(UNREADABLE)
    if not 1 <= value <= limits.FROZEN_COLUMNS:
        raise Refused(_("1 to {n} columns can stay in sight.", n=limits.FROZEN_COLUMNS))
    return value


# ── words ────────────────────────────────────────────────────────────────────


def words(lang: str) -> dict[str, Any]:
    """What the scripts say; places in braces are filled in there."""
    said = {
        "empty": _("empty"),
        "cell": _("{column}, row {row}", column="{column}", row="{row}"),
        "readonly": _("cannot be changed"),
        "open": _("Open the record"),
        "count": _("{n} records", n="{n}"),
        "scope": _("{shown} of {total}: your scope", shown="{shown}", total="{total}"),
        "gone": _("Saved; the record is no longer in your reach."),
        "theirs": _("Now it says"),
        "yours": _("You typed"),
        "keepTheirs": _("Keep theirs"),
        "useMine": _("Use mine"),
        "undo": _("Undo"),
        "undone": _("Undone."),
        "moves": _("This row goes to its place when you leave it."),
        "left": _("{n} records were changed since and stay.", n="{n}"),
        "cells": _("{n} cells", n="{n}"),
        "sum": _("sum"),
        "average": _("average"),
        "copied": _("{n} rows copied.", n="{n}"),
        "noClipboard": _("The browser lets nobody copy so many rows. Export the view."),
        "rising": _("Sort rising"),
        "falling": _("Sort falling"),
        "unsorted": _("Do not sort"),
        "filter": _("Filter by this field"),
        "groupBy": _("Group by this field"),
        "freeze": _("Freeze up to here"),
        "unfreeze": _("Freeze only the first column"),
        "hide": _("Hide the field"),
        "figure": _("Figure under {column}", column="{column}"),
        "none": _("None"),
        "group": _("Group {name}, {n} records", name="{name}", n="{n}"),
        "tooMany": _("At most {limit} rows fit in one paste.", limit=limits.BULK_RECORDS),
    }
    return {
        **{key: text.to(lang) for key, text in said.items()},
        **gridchannels.words(lang),
        "most": limits.BULK_RECORDS,
        "figures": {key: text.to(lang) for key, text in summaries.KINDS.items()},
    }
