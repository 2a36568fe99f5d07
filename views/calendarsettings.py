"""What can be set about a calendar: its dates, colours, and the tables beside the view's own."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

from flask import g

from tracker import conditions, definitions, fieldtypes, limits, permissions, schema
from tracker.choices import COLORS
from tracker.errors import Missing, Refused
from tracker.permissions import Viewer
from tracker.schema import Field, Table
from tracker.text import Text, _, label
from views import colours, conditionwords, offering
from views.agenda import stored_layers
from views.layers import HUE, rule_fields, same_kind, time_fields
from views.viewing import Viewing

HUES: dict[str, Text] = {
    "blue": _("blue"),
    "green": _("green"),
    "amber": _("amber"),
    "purple": _("purple"),
    "teal": _("teal"),
    "red": _("red"),
    "indigo": _("indigo"),
    "orange": _("orange"),
    "cyan": _("cyan"),
    "pink": _("pink"),
    "olive": _("olive"),
    "gray": _("gray"),
}
_KEY = re.compile(r"^[a-z0-9]{1,8}$")

# ── checked ──────────────────────────────────────────────────────────────────


def checked(options: Mapping[str, Any], table: Table, viewer: Viewer) -> dict[str, Any]:
    """The calendar's own options as they may be stored; raises `Refused`. ``layer_colors`` are
    colour rules to put into layers by their keys.
    """
    given = options.get("layers") or []
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise Refused(_("This request cannot be read."))
    if len(given) > limits.CALENDAR_LAYERS:
        raise Refused(_("At most {n} tables fit on one calendar.", n=limits.CALENDAR_LAYERS))
    layers: dict[str, dict[str, Any]] = {}
    painted = options.get("layer_colors")
    painted = painted if isinstance(painted, dict) else {}
    for one in given:
        key = str(one.get("key") or "")
        if key in painted:
            one = {**one, "colors": painted[key]}
        if not _KEY.match(key) or key in layers:
            key = secrets.token_hex(3)
        layers[key] = {"key": key, **_layer(one, table.base_id, viewer)}
    return {**_dates(options, table, viewer), "layers": list(layers.values())}


def _layer(given: Mapping[str, Any], base_id: int, viewer: Viewer) -> dict[str, Any]:
    target = _target(given.get("table"), base_id, viewer)
    own = given.get("filter")
    return {
        "table": target.id,
        **_dates(given, target, viewer),
        "colors": colours.check(colours.stored(given), target, viewer.context),
        "filter": None if own is None else conditions.check(own, target, viewer.context),
    }


def _target(number: Any, base_id: int, viewer: Viewer) -> Table:
    """A table of the same base, as the viewer may see it."""
    found = schema.current().tables.get(number) if isinstance(number, int) else None
    if found is None or found.base_id != base_id:
        raise Refused(_("This table is not there."))
    rights = permissions.possible_access(viewer, found)
    if not rights.lanes:
        raise Refused(_("This table is not there."))
    return rights.visible_table


def _dates(options: Mapping[str, Any], table: Table, viewer: Viewer) -> dict[str, Any]:
    """What a table needs to stand on a calendar."""
    start = _time_field(options.get("start"), table)
    end = _time_field(options["end"], table) if options.get("end") else None
    if end is not None and not same_kind(start, end):
        raise Refused(_("Start and end must both be days or both be times."), field="end")
    title, repeat = options.get("title"), options.get("repeat")
    done, hue = options.get("done"), options.get("hue")
    return {
        "start": start.id,
        "end": end.id if end and end.id != start.id else None,
        "title": _one_of(table.fields, title).id if title else None,
        "repeat": _one_of(rule_fields(table), repeat).id if repeat else None,
        "hue": hue if hue in COLORS else HUE,
        "done": None if done is None else conditions.check(done, table, viewer.context),
    }


def _time_field(ref: Any, table: Table) -> Field:
    found = table.find(ref) if ref else None
    if found is None or fieldtypes.get(found).family != "time":
        raise Refused(_("A calendar needs a field with dates."), field="start")
    return found


def _one_of(fields: Iterable[Field], number: Any) -> Field:
    for one in fields:
        if one.id == number:
            return one
    raise Refused(_("There is no field called {name}.", name=str(number)[:60]))


def defaults(table: Table) -> dict[str, Any]:
    """What shows something sensible at once."""
    times, colors, rules = time_fields(table), colours.option_fields(table), rule_fields(table)
    written = [one for one in times if fieldtypes.get(one).written]
    start = next(iter(written or times), None)
    return {
        "start": start.id if start else None,
        "end": None,
        "done": None,
        "color": colors[0].id if colors else None,
        "repeat": rules[0].id if rules else None,
    }


# ── offered ──────────────────────────────────────────────────────────────────


def panel(viewing: Viewing) -> dict[str, Any]:
    """The whole panel: a block for each table on the calendar, and the tables that may join."""
    blocks = [block(viewing, viewing.table, viewing.options)]
    for one in stored_layers(viewing.options):
        try:
            table = _target(one.get("table"), viewing.view.base_id, viewing.viewer)
        except Refused:
            continue
        blocks.append(block(viewing, table, one, key=str(one.get("key", ""))))
    return {"viewing": viewing, "blocks": blocks, "offered": offered(viewing), "problems": {}}


def offered(viewing: Viewing) -> list[tuple[int, str]]:
    """The tables of the base that have dates this viewer may see; the view's own once more."""
    found = []
    for table in definitions.tables_of(viewing.viewer, viewing.base):
        visible = permissions.access(viewing.viewer, table).visible_table
        if time_fields(visible):
            found.append((table.id, label(table, g.lang)))
    return found


def added(viewing: Viewing, raw: str) -> dict[str, Any]:
    """The block of a table that is to join."""
    number = int(raw) if raw.isascii() and raw.isdecimal() and len(raw) < 16 else 0
    try:
        table = _target(number, viewing.view.base_id, viewing.viewer)
    except Refused:
        raise Missing from None
    unused = [one for one in COLORS if one != HUE]
    start = {**defaults(table), "color": None, "colors": [], "hue": unused[table.id % len(unused)]}
    made = block(viewing, table, start, key=secrets.token_hex(3))
    return {"viewing": viewing, "blocks": [made], "problems": {}}


def block(
    viewing: Viewing, table: Table, options: Mapping[str, Any], *, key: str = ""
) -> dict[str, Any]:
    none = (_("None").to(g.lang), None)
    times = _named(time_fields(table))
    own = (_("Its name").to(g.lang), None)
    own_filter, done = (
        conditionwords.readable(options.get(one), table, viewing.viewer)
        for one in ("filter", "done")
    )
    return {
        "key": key,
        "table": table.id,
        "name": label(table, g.lang),
        "start": offering.offered(times, options.get("start")),
        "end": offering.offered([none, *times], options.get("end")),
        "title": offering.offered([own, *_named(table.fields)], options.get("title")),
        "colors": colours.kept(options, table, viewing.viewer.context),
        "hue": [(one, word.to(g.lang)) for one, word in HUES.items()],
        "hue_chosen": options.get("hue") or HUE,
        "done": offering.offered([none, *offering.ways(table)], done),
        "repeat": offering.offered([none, *_named(rule_fields(table))], options.get("repeat")),
        "conditions": conditionwords.about(viewing.viewer, table, own_filter),
    }


def _named(fields: Iterable[Field]) -> list[tuple[str, Any]]:
    return [(label(one, g.lang), one.id) for one in fields]
