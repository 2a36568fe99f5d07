"""Filters for people: the operators of each field in words, and the names behind operands."""

from __future__ import annotations

from typing import Any

from tracker import choices, fieldtypes, permissions, schema
from tracker.conditions import VARIABLES, Condition
from tracker.operators import FAMILIES
from tracker.periods import NAMED
from tracker.permissions import Viewer
from tracker.query import Query
from tracker.schema import Field, Table
from tracker.text import Text, _, label
from views import colours, footer, gridlook, groups
from views.charts.plan import BUCKET_NAMES
from views.viewing import Viewing

ADDRESS = {"filter", "saved", "sort", "hide", "order"}  # what the address may put instead
ADDRESS |= {"group", "sum", "colors", "rows", "frozen"}
WORDS: dict[str, Text] = {
    "contains": _("contains"),
    "not_contains": _("does not contain"),
    "is": _("is"),
    "is_not": _("is not"),
    "starts_with": _("starts with"),
    "ends_with": _("ends with"),
    "empty": _("is empty"),
    "filled": _("is filled"),
    "lt": _("is less than"),
    "le": _("is at most"),
    "gt": _("is more than"),
    "ge": _("is at least"),
    "on": _("is on"),
    "within": _("is within"),
    "before": _("is before"),
    "after": _("is after"),
    "from": _("is from"),
    "until": _("is until"),
    "checked": _("is checked"),
    "unchecked": _("is not checked"),
    "any_of": _("is one of"),
    "none_of": _("is none of"),
    "has_any": _("has one of"),
    "has_none": _("has none of"),
}
QUIET = {"is", "is_not"}  # of one value: `any_of` and `none_of` say the same
PEOPLE = ("me",)
PLACES = ("my_department", "my_departments_below", "headed_departments")
RELATIVE = {
    "day": _("a day"),
    "last_days": _("the last … days"),
    "next_days": _("the next … days"),
    "range": _("from … to"),
}


def builder(viewing: Viewing) -> dict[str, Any]:
    """Everything the filter, sort and field menus are made from."""
    lang = viewing.viewer.context.lang
    saved = viewing.options.get("filter")
    effective = joined([viewing.saved_filter, viewing.filter])
    return {
        "view": viewing.view.id,
        "fields": [describe(one, lang) for one in viewing.table.fields],
        "ops": {family: operators(family, lang) for family in FAMILIES},
        "spans": [{"key": key, "word": word.to(lang)} for key, (word, _span) in NAMED.items()],
        "relative": [{"key": key, "word": word.to(lang)} for key, word in RELATIVE.items()],
        "variables": {
            "person": [variable(one, lang) for one in PEOPLE],
            "department": [variable(one, lang) for one in PLACES],
        },
        "filter": effective,
        "names": names(viewing.viewer, viewing.table, effective),
        "sort": [sort(viewing, one) for one in viewing.sorts],
        "q": viewing.params.get("q", ""),
        "hidden": [one.id for one in viewing.table.fields if one not in viewing.shown],
        "order": [one.id for one in viewing.shown],
        "changed": sorted(ADDRESS & set(viewing.params)),
        "has_saved": saved is not None,
        "group_by": groups.stored(groups.levels(viewing)),
        "buckets": [{"key": key, "word": word.to(lang)} for key, word in BUCKET_NAMES.items()],
        **_looks(viewing),
    }


def _looks(viewing: Viewing) -> dict[str, Any]:
    """Colours, heights and figures as they stand, and what can be chosen."""
    lang, rules = viewing.viewer.context.lang, colours.chosen(viewing)
    found = names(viewing.viewer, viewing.table, {"all": [one.get("when") for one in rules]})
    return {
        "colors": rules,
        "color_names": found,
        "layers": [{"key": key, "name": name} for key, name in viewing.kind.layers(viewing)],
        "palette": [{"key": key, "word": word.to(lang)} for key, word in colours.WORDS.items()],
        "paints": [
            {"key": key, "word": word.to(lang)}
            for key, word in colours.PAINTS.items()
            if key in viewing.kind.paints
        ],
        "row_height": gridlook.height(viewing),
        "heights": [{"key": key, "word": word.to(lang)} for key, word in gridlook.HEIGHTS.items()],
        "frozen": gridlook.frozen(viewing),
        "summaries": {str(one.field.id): one.kind for one in footer.chosen(viewing)},
    }


def sort(viewing: Viewing, key: dict[str, Any]) -> dict[str, Any]:
    return {"field": viewing.table.field(key["field"]).id, "desc": bool(key.get("desc"))}


def joined(parts: list[Condition | None]) -> Condition | None:
    """Conditions that all must hold as one; None where there is none."""
    given = [one for one in parts if one is not None and one is not True]
    if len(given) < 2:
        return given[0] if given else None
    return {"all": given}


def describe(field: Field, lang: str) -> dict[str, Any]:
    kind = fieldtypes.get(field)
    about: dict[str, Any] = {
        "id": field.id,
        "name": label(field, lang),
        "family": kind.family,
        "widget": kind.widget,
        "icon": kind.icon,
        "sorts": kind.family not in {"link", "many"},
        "groups": groups.groupable(field),
        "colors": colours.colouring(field),
    }
    if kind.widget in {"choice", "stage", "choices"}:
        about["options"] = [
            {"id": one["id"], "text": label(one, lang), "color": one.get("color", "gray")}
            for one in choices.options(field)
        ]
    return about


def operators(family: str, lang: str) -> list[dict[str, str]]:
    offered = [
        one for one in FAMILIES[family].values() if not (family == "one" and one.key in QUIET)
    ]
    return [
        {"key": one.key, "word": WORDS[one.key].to(lang), "operand": one.operand} for one in offered
    ]


def variable(name: str, lang: str) -> dict[str, Any]:
    return {"var": name, "text": VARIABLES[name].to(lang)}


# ── names behind operands ────────────────────────────────────────────────────


def names(viewer: Viewer, table: Table, condition: Condition | None) -> dict[str, dict[str, str]]:
    """Field id → id → name, for the people, departments and records that a filter names."""
    found: dict[int, set[int]] = {}
    _collect(condition, table, found)
    return {
        str(field_id): {str(one): text for one, text in _named(viewer, table.by_id[field_id], ids)}
        for field_id, ids in found.items()
    }


def _collect(condition: Any, table: Table, found: dict[int, set[int]]) -> None:
    """The ids in operands of fields that hold ids, field by field."""
    if not isinstance(condition, dict):
        return
    for part in [*condition.get("all", ()), *condition.get("any", ()), condition.get("not")]:
        _collect(part, table, found)
    field = table.find(condition.get("field"))
    if field and fieldtypes.get(field).widget in {"person", "department", "link"}:
        raw = condition.get("value")
        parts = raw if isinstance(raw, list) else [raw]
        ids = {int(one) for one in parts if isinstance(one, int | str) and str(one).isdecimal()}
        found.setdefault(field.id, set()).update(ids)


def _named(viewer: Viewer, field: Field, ids: set[int]) -> list[tuple[int, str]]:
    directory = viewer.context.directory
    widget = fieldtypes.get(field).widget
    if widget == "link":
        target = schema.current().tables.get(field.options["table"])
        if target is None or not permissions.possible_access(viewer, target).lanes:
            return []
        records = Query(viewer, target).only([]).fetch(sorted(ids))
        return [(one.id, one.title or f"#{one.id}") for one in records]
    if widget == "person":
        directory.load_people(ids)
        return [(one, directory.people[one]) for one in ids if one in directory.people]
    directory.load_departments(ids)
    known = directory.departments
    return [(one, label(known[one], viewer.context.lang)) for one in ids if one in known]
