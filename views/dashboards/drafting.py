"""A tile as its dialog sends it: read, not checked, so that what is wrong can be shown again."""

from __future__ import annotations

from typing import Any

from werkzeug.datastructures import MultiDict

from tracker import definitions
from tracker.errors import Missing
from tracker.models import View
from tracker.permissions import Viewer
from tracker.text import LANGUAGES, label
from views.dashboards.storing import Tile
from views.drafts import condition, whole

SIZES = {"calendar": (8, 6), "grid": (6, 4), "roster": (6, 4), "matrix": (6, 4), "chart": (6, 3)}
SIZES |= {"kanban": (12, 3), "gallery": (6, 4), "pivot": (8, 4)}
SIZES |= {"timeline": (8, 4), "hierarchy": (6, 4)}
USUAL = {"text": (6, 2), "number": (3, 1), "list": (6, 4)}
Form = MultiDict[str, str]


def drafted(before: Tile, form: Form, viewer: Viewer) -> Tile:
    """The tile that stood ``before``, as the form says it now; its size stays."""
    kind = form.get("kind") or before["kind"]
    if kind == "text":
        made: Tile = {"text": form.get("text", "")}
    elif kind == "view":
        made = {"view": whole(form.get("view", "")), **_title(before, form, viewer)}
    else:
        own = _number(form) if kind == "number" else _list(form)
        filter = _filter(form, viewer)
        table = whole(form.get("table", ""))
        made = {**_title(before, form, viewer), "table": table, "filter": filter, **own}
    if "w" in before:
        width, height = before["w"], before["h"]
    else:
        view = view_of(made.get("view"), viewer)
        width, height = SIZES.get(view.kind, (6, 4)) if view else USUAL.get(kind, (6, 4))
    return {"kind": kind, **made, "w": width, "h": height}


def view_of(view_id: Any, viewer: Viewer) -> View | None:
    try:
        return definitions.view(viewer, view_id) if view_id else None
    except Missing:
        return None


def _title(before: Tile, form: Form, viewer: Viewer) -> Tile:
    """What was typed is the title in the language of who typed it, where there are several."""
    names = {key: text for key, text in (before.get("names") or {}).items() if key in LANGUAGES}
    typed, lang = form.get("title", "").strip(), viewer.context.lang
    if typed == label({"name": before.get("title", ""), "names": names}, lang):
        return {"title": before.get("title", ""), "names": names}
    if lang not in names:
        return {"title": typed, "names": names}
    names.pop(lang)
    others = {**names, lang: typed} if typed else names
    return {"title": before.get("title") or typed, "names": others}


def _filter(form: Form, viewer: Viewer) -> Any:
    """As built; or that of a view which was chosen to begin with."""
    view = view_of(whole(form.get("like", "")), viewer)
    return view.options.get("filter") if view else condition(form.get("filter", ""))


def _number(form: Form) -> Tile:
    kind, _colon, field = form.get("measure", "count").partition(":")
    date = whole(form.get("date", ""))
    return {
        "measure": {"kind": kind, "field": whole(field)},
        "compare": {"field": date, "span": form.get("span")} if date else None,
    }


def _list(form: Form) -> Tile:
    field, _colon, order = form.get("sort_by", "").partition(":")
    chosen = whole(field)
    return {
        "fields": [found for one in form.getlist("fields") if (found := whole(one))],
        "sort": {"field": chosen, "desc": order == "desc"} if chosen else None,
        "rows": whole(form.get("rows", "")),
    }
