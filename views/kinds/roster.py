"""Roster (花名册): companies, channels or people, how often each was visited, when last, when next.

Options: ``visits`` (``table``, ``link`` and ``date`` of the visits that point to this table, with
``planned`` and ``done`` conditions) for a roster of records, or ``by`` and ``date`` for one of the
values of a field; ``target_days`` is how long an entity may go without a visit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import g, request

from tracker import conditions, definitions, fieldtypes, limits, permissions, rollcall, schema
from tracker.errors import Missing, Refused
from tracker.permissions import Viewer
from tracker.query import Record
from tracker.rollcall import Count, Meaning
from tracker.schema import Field, Table
from tracker.text import _
from views import http
from views.kinds import ViewKind, registry
from views.viewing import Viewing

ROWS = 100
SHOWN_FIELDS = 3
ORDERS = {
    "neglect": _("Neglected first"),
    "name": _("By name"),
    "last": _("Latest visit first"),
    "visits": _("Most visits first"),
    "next": _("Next visit first"),
}


@dataclass(frozen=True)
class Line:
    """One entity as the page shows it. ``state`` is ok, attention or late; "" without a target."""

    key: Any
    name: str
    href: str
    count: Count
    days: int | None
    state: str
    cells: list[str]


@registry.register
class RosterKind(ViewKind):
    key = "roster"
    name = _("Roster")
    icon = "users"
    order = 30
    template = "roster.html"
    tools = ("filter", "search", "hide")

    def defaults(self, table: Table | None, viewer: Viewer) -> dict[str, Any]:
        """Visits by the first table that points here, else the values of a choice or name."""
        if table is None:
            return {}
        visits = _first_pointing(table, viewer)
        if visits:
            return {"visits": visits, "target_days": 30}
        date = next((one for one in table.fields if fieldtypes.get(one).family == "time"), None)
        by = next(
            (one for one in table.fields if fieldtypes.get(one).family in {"one", "text"}), None
        )
        return {"by": by.id, "date": date.id} if by and date else {}

    def check_options(
        self, options: dict[str, Any], table: Table | None, viewer: Viewer
    ) -> dict[str, Any]:
        if table is None:
            raise Refused(_("A roster shows a table."))
        checked: dict[str, Any] = {"target_days": _days(options.get("target_days"))}
        if options.get("visits"):
            return {**checked, "visits": _check_visits(options["visits"], table, viewer)}
        by, date = table.find(options.get("by")), table.find(options.get("date"))
        if by is None or date is None or fieldtypes.get(date).family != "time":
            raise Refused(_("Choose whom the roster lists, and the date of a visit."))
        if not fieldtypes.get(by).groups or fieldtypes.get(by).family in {"many", "link", "time"}:
            raise Refused(_("Records cannot be grouped by “{field}”.", field=by.name))
        return {**checked, "by": by.id, "date": date.id}

    def context(self, viewing: Viewing) -> dict[str, Any]:
        lines, fields = self.lines(viewing)
        first = _number(viewing.params.get("from"))
        return {
            "lines": lines[first : first + ROWS],
            "fields": fields,
            "total": len(lines),
            "after": first + ROWS if len(lines) > first + ROWS else None,
            "orders": ORDERS,
            "order": _order(viewing),
            "target": viewing.options.get("target_days"),
            "file_form": file_form(viewing),
            "by_value": "by" in viewing.options,
        }

    def tile(self, viewing: Viewing) -> dict[str, Any]:
        lines, _fields = self.lines(viewing)
        return {"lines": lines[:10], "fields": [], "total": len(lines)}

    def data(self, viewing: Viewing, what: str) -> Any:
        """``profile``: the whole history of one value (``key`` in the address)."""
        if what != "profile" or "by" not in viewing.options:
            raise Missing
        return http.page("roster_value.html", **value_context(viewing, request.args.get("key", "")))

    def lines(self, viewing: Viewing) -> tuple[list[Line], list[Field]]:
        """All entities in the order asked for, with cells fetched for the page shown alone."""
        if "by" in viewing.options:
            return _sorted(_value_lines(viewing), _order(viewing)), []
        return _record_lines(viewing)


def _check_visits(raw: Any, table: Table, viewer: Viewer) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise Refused(_("Choose whom the roster lists, and the date of a visit."))
    visits = permissions.access(viewer, schema.current().table(raw.get("table") or 0)).visible_table
    link, date = visits.field(raw.get("link")), visits.field(raw.get("date"))
    if link.type != "link" or link.options["table"] != table.id:
        raise Refused(_("“{field}” does not link to this table.", field=link.name))
    checked: dict[str, Any] = {"table": visits.id, "link": link.id, "date": date.id}
    for name in ("planned", "done"):
        if raw.get(name) is not None:
            checked[name] = conditions.check(raw[name], visits, viewer.context)
    return checked


def _days(raw: Any) -> int | None:
    if raw in (None, "", 0):
        return None
    if not str(raw).isdecimal() or not 1 <= int(str(raw)[:9]) <= 3660:
        raise Refused(_("The target is a number of days from 1 to 3660."))
    return int(raw)


def _number(raw: str | None) -> int:
    return int(raw) if raw and raw.isascii() and raw.isdigit() and len(raw) < 8 else 0


def _order(viewing: Viewing) -> str:
    asked = viewing.params.get("by", "")
    return asked if asked in ORDERS else "neglect"


def _first_pointing(table: Table, viewer: Viewer) -> dict[str, Any] | None:
    for other in schema.current().base(table.base_id).tables:
        for field in permissions.possible_access(viewer, other).fields:
            if field.type == "link" and field.options["table"] == table.id:
                dates = [one for one in other.fields if fieldtypes.get(one).family == "time"]
                if dates and not field.options.get("reverse"):
                    return {"table": other.id, "link": field.id, "date": dates[0].id}
    return None


def meaning_of(options: dict[str, Any]) -> Meaning:
    return Meaning(planned=options.get("planned"), done=options.get("done"))


def _record_lines(viewing: Viewing) -> tuple[list[Line], list[Field]]:
    """Entities that are records: sorted by their numbers, cells for the rows shown."""
    visits = viewing.options.get("visits") or {}
    ids = viewing.query.ids(limits.ROSTER_ENTITIES)
    counts = rollcall.per_record(
        viewing.viewer,
        visits.get("table", 0),
        visits.get("link", 0),
        visits.get("date", 0),
        meaning=meaning_of(visits),
    )
    bare = [_line(viewing, one, "", f"/r/{viewing.table.id}/{one}/profile", counts) for one in ids]
    title = viewing.scope.table.title
    fields = [one for one in viewing.shown if title is None or one.id != title.id][:SHOWN_FIELDS]
    ordered = bare if _order(viewing) == "name" else _sorted(bare, _order(viewing))
    first = _number(viewing.params.get("from"))
    shown = [line.key for line in ordered[first : first + ROWS]]
    found = {record.id: record for record in viewing.scope.only(fields).fetch(shown)}
    return [_filled(line, found.get(line.key), fields) for line in ordered], fields


def _filled(line: Line, record: Record | None, fields: list[Field]) -> Line:
    if record is None:
        return line
    cells = [fieldtypes.get(one).html(record[one], one, g.viewer.context) for one in fields]
    return Line(
        line.key,
        record.title or f"#{record.id}",
        line.href,
        line.count,
        line.days,
        line.state,
        cells,
    )


def _value_lines(viewing: Viewing) -> list[Line]:
    """Entities that are values of a field of the visits themselves."""
    by, date = viewing.option_field("by"), viewing.option_field("date")
    if by is None or date is None:
        return []
    counts = rollcall.per_value(viewing.query, by, date, meaning=meaning_of(viewing.options))
    kind = fieldtypes.get(by)
    lines = []
    for key in counts:
        if key is not None:
            name = kind.text(key, by, viewing.viewer.context)
            href = f"/v/{viewing.view.id}/data/profile?key={_quoted(key)}"
            lines.append(_line(viewing, key, name, href, counts))
    return sorted(lines, key=lambda line: line.name)


def _quoted(key: Any) -> str:
    return http.quote(str(key))


def _line(viewing: Viewing, key: Any, name: str, href: str, counts: dict[Any, Count]) -> Line:
    count = counts.get(key, Count())
    days = count.days_since(viewing.viewer.context.today())
    return Line(
        key, name, href, count, days, state_of(days, viewing.options.get("target_days")), []
    )


def state_of(days: int | None, target: int | None) -> str:
    """How far an entity is from its target: ok, attention past it, late past twice."""
    if not target:
        return ""
    if days is None or days > 2 * target:
        return "late"
    return "attention" if days > target else "ok"


def _sorted(lines: list[Line], order: str) -> list[Line]:
    """Stable within equal numbers, so that the order by name below shows through."""
    keys: dict[str, Any] = {
        "neglect": lambda line: -(10**6 if line.days is None else line.days),
        "last": lambda line: 10**6 if line.days is None else line.days,
        "visits": lambda line: -line.count.visits,
        "next": lambda line: line.count.next or "9999",
        "name": lambda line: line.name,
    }
    return sorted(lines, key=keys[order])


def file_form(viewing: Viewing) -> str | None:
    """The address of the form that files a visit, to which the entity's id is added."""
    visits = viewing.options.get("visits")
    if not visits or visits["table"] not in schema.current().tables:
        return None
    forms = definitions.forms_of(viewing.viewer, schema.current().table(visits["table"]))
    return f"/f/{forms[0].id}?f{visits['link']}=" if forms else None


def value_context(viewing: Viewing, raw: str) -> dict[str, Any]:
    """All records of one value, newest first."""
    by, date = viewing.option_field("by"), viewing.option_field("date")
    if by is None or date is None:
        raise Missing
    kind = fieldtypes.get(by)
    value = kind.operand(raw, by, viewing.viewer.context)
    query = viewing.scope.where(viewing.saved_filter).where(
        {"field": by.id, "op": "is", "value": raw}
    )
    records = query.order([{"field": date.id, "desc": True}]).page(ROWS * 2).records
    if not records:
        raise Missing
    counts = rollcall.per_value(query, by, date, meaning=meaning_of(viewing.options))
    name = kind.text(value, by, viewing.viewer.context)
    return {
        "viewing": viewing,
        "name": name,
        "records": records,
        "by": by,
        "date": date,
        "fields": [one for one in viewing.shown if one.id not in {by.id, date.id}][:6],
        "count": next(iter(counts.values()), Count()),
        "crumbs": [(viewing.view.name, f"/v/{viewing.view.id}"), (name, "")],
    }
