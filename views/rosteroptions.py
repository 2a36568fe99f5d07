"""What a roster's maker chose, checked when saved and read anew for whoever looks.

What has vanished or is hidden from the viewer falls back to less: no tier, no items, no visits.
"""

from __future__ import annotations

from typing import Any

from tracker import choices, conditions, definitions, fieldtypes, permissions, schema
from tracker.errors import Missing, Refused
from tracker.models import View
from tracker.neglect import Target
from tracker.permissions import Viewer
from tracker.rollcall import Meaning, Source
from tracker.schema import Field, Table
from tracker.text import _

LONGEST = 3660  # days of a target
COUNTED = ("open", "risk")  # what may be counted beside the visits
UNCLEAR = _("Choose whom the roster lists, and the date of a visit.")


# ── saving ───────────────────────────────────────────────────────────────────


def checked(options: dict[str, Any], table: Table, viewer: Viewer) -> dict[str, Any]:
    """The options as they may be stored; raises `Refused`."""
    kept: dict[str, Any] = {"target_days": days(options.get("target_days"))}
    if options.get("visits"):
        kept["visits"] = _check_visits(options["visits"], table, viewer)
        kept["tiers"] = _check_tiers(options.get("tiers"), table)
        return kept | {one: _check_counted(options.get(one), table, viewer) for one in COUNTED}
    by, date = table.find(options.get("by")), table.find(options.get("date"))
    if by is None or date is None or fieldtypes.get(date).family != "time":
        raise Refused(UNCLEAR)
    if not fieldtypes.get(by).groups or fieldtypes.get(by).family in {"many", "link", "time"}:
        raise Refused(_("Records cannot be grouped by “{field}”.", field=by.name))
    meaning = {one: _condition(options.get(one), table, viewer) for one in ("planned", "done")}
    meaning = {one: condition for one, condition in meaning.items() if condition is not None}
    return {**kept, **meaning, "by": by.id, "date": date.id}


def days(raw: Any) -> int | None:
    if raw in (None, "", 0):
        return None
    text = str(raw).strip()
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:9]) <= LONGEST:
        raise Refused(_("The target is a number of days from 1 to 3660."))
    return int(text)


def _check_tiers(raw: Any, table: Table) -> dict[str, Any] | None:
    """``{"field": id, "days": {option id: days or None}}`` of a choice field of the table."""
    if not isinstance(raw, dict) or not raw.get("field"):
        return None
    field = table.find(raw["field"])
    if field is None or field not in tier_fields(table):
        raise Refused(_("A target by tier needs a field with one choice."))
    given = raw.get("days")
    given = given if isinstance(given, dict) else {}
    known = {str(one["id"]) for one in choices.options(field)}
    found = {str(key): days(value) for key, value in given.items() if str(key) in known}
    return {"field": field.id, "days": found}


def tier_fields(table: Table) -> list[Field]:
    """The fields whose options may be tiers."""
    return [one for one in table.fields if fieldtypes.get(one).widget in {"choice", "stage"}]


def _linked(raw: Any, table: Table, viewer: Viewer) -> tuple[Table, Field]:
    """The table and the field of it that points to ``table``, as far as the viewer sees them."""
    if not isinstance(raw, dict):
        raise Refused(UNCLEAR)
    found = schema.current().table(raw.get("table") or 0)
    other = permissions.access(viewer, found).visible_table
    link = other.field(raw.get("link"))
    if link.type != "link" or link.options["table"] != table.id:
        raise Refused(_("“{field}” does not link to this table.", field=link.name))
    return other, link


def _check_visits(raw: Any, table: Table, viewer: Viewer) -> dict[str, Any]:
    visits, link = _linked(raw, table, viewer)
    date = visits.field(raw.get("date"))
    if fieldtypes.get(date).family != "time" or not fieldtypes.get(date).stored:
        raise Refused(UNCLEAR)
    kept: dict[str, Any] = {"table": visits.id, "link": link.id, "date": date.id}
    for name in ("planned", "done"):
        if raw.get(name) is not None:
            kept[name] = _condition(raw[name], visits, viewer)
    return kept


def _check_counted(raw: Any, table: Table, viewer: Viewer) -> dict[str, Any] | None:
    if not raw:
        return None
    other, link = _linked(raw, table, viewer)
    condition = _condition(raw.get("condition"), other, viewer)
    if condition is None:
        raise Refused(_("Say which of the records are open."))
    return {"table": other.id, "link": link.id, "condition": condition}


def _condition(raw: Any, table: Table, viewer: Viewer) -> Any:
    return None if raw is None else conditions.check(raw, table, viewer.context)


# ── reading ──────────────────────────────────────────────────────────────────


def meaning_of(options: dict[str, Any]) -> Meaning:
    return Meaning(planned=options.get("planned"), done=options.get("done"))


def source_of(options: dict[str, Any]) -> Source:
    visits = options.get("visits") or {}
    return Source(
        visits.get("table", 0), visits.get("link", 0), visits.get("date", 0), meaning_of(visits)
    )


def target_of(options: dict[str, Any], table: Table) -> Target:
    """``table`` is as the viewer sees it: a tier that is hidden from them sets no target."""
    tiers = options.get("tiers") or {}
    field = table.by_id.get(tiers.get("field") or 0)
    if field is None or field not in tier_fields(table):
        return Target(options.get("target_days"))
    known = {int(key): value for key, value in (tiers.get("days") or {}).items()}
    return Target(options.get("target_days"), field, known)


def first_pointing(table: Table, viewer: Viewer) -> dict[str, Any] | None:
    """The first table with dates whose records point to this one."""
    for other, link in pointing(table, viewer):
        dates = [one for one in other.fields if is_date(one)]
        written = [one for one in dates if fieldtypes.get(one).written]
        if dates:
            return {"table": other.id, "link": link.id, "date": (written or dates)[0].id}
    return None


def is_date(field: Field) -> bool:
    return fieldtypes.get(field).family == "time" and fieldtypes.get(field).stored


def pointing(table: Table, viewer: Viewer) -> list[tuple[Table, Field]]:
    """The tables, as the viewer sees them, and their links that point to ``table``."""
    found = []
    for other in schema.current().base(table.base_id).tables:
        access = permissions.possible_access(viewer, other)
        if access.lanes:
            found += [
                (access.visible_table, one)
                for one in access.fields
                if one.type == "link"
                and one.options["table"] == table.id
                and not one.options.get("reverse")
            ]
    return found


def rosters_of(viewer: Viewer, table: Table) -> list[View]:
    """The rosters of records of this table that the viewer may open."""
    return [
        one
        for one in definitions.views_of(viewer, table)
        if one.kind == "roster" and options_of(one).get("visits")
    ]


def options_of(view: View) -> dict[str, Any]:
    kept: dict[str, Any] = view.options or {}
    return kept


def file_address(viewer: Viewer, options: dict[str, Any]) -> str | None:
    """The address of the form that files a visit, to which the entity's id is added."""
    visits = options.get("visits") or {}
    table = schema.current().tables.get(visits.get("table") or 0)
    if table is None:
        return None
    try:
        forms = definitions.forms_of(viewer, table)
    except Missing:
        return None
    return f"/f/{forms[0].id}?f{visits['link']}=" if forms else None
