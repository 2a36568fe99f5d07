"""Indexes behind what people look at: sort orders of views, calendars, duties, row rules, and in
large tables of SQLite what charts and pivots group and measure.

Nobody asks for one: the worker makes what the schema of the moment calls for, once.
"""

from __future__ import annotations

import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

from tracker import db, ddl, fieldtypes, limits, models, schema
from tracker.schema import Field

Ids = tuple[int, ...]
NAME = re.compile(r"x\d+(_\d+)*")
FRESH = 60.0  # seconds
RULES = ("read", "update_rule", "delete_rule")


def wanted() -> list[tuple[Field, ...]]:
    """The stored fields that views and duties sort or span by, those that row rules compare, and
    the two together: a branch's newest records are found at once, and not by going through either
    all of the branch's or the newest of all.
    """
    sorts, rules = _known(_of_views()), _known(_of_rules())
    singles = sorted({*sorts, *_known(_of_duties()), *rules})
    fields = schema.current().fields
    wanted = [*((one,) for one in singles), *_pairs(sorts, rules)]
    wanted += _columns()
    wanted += _figures(rules, wanted)
    return [tuple(fields[one] for one in ids) for ids in dict.fromkeys(wanted)]


def _columns() -> Iterator[Ids]:
    """What kanbans and grids are grouped by, with the order of the records in each group."""
    made = Counter[int]()
    rows = models.View.select(models.View.kind, models.View.options).where(
        models.View.deleted_at.is_null(), models.View.kind.in_(["kanban", "grid"])
    )
    for view in rows.order_by(models.View.id):
        options = view.options
        levels = [{"field": options.get("group")}] if view.kind == "kanban" else None
        levels = levels or options.get("group_by") or []
        asked = [one.get("field") for one in [*levels, *(options.get("sort") or [])[:1]]]
        ids = tuple(dict.fromkeys(int(one) for one in asked if one))
        if len(levels) < len(ids) == len(_known(ids)) and _large(table := _table_of(ids)):
            made[table] += 1
            if made[table] <= limits.CHART_INDEXES:
                yield ids


def _table_of(ids: Ids) -> int:
    return schema.current().fields[ids[0]].table_id


def _figures(rules: list[int], there: list[Ids]) -> Iterator[Ids]:
    """What a chart groups by, the fields of row rules, what it measures: its numbers are read from
    the index alone. SQLite sorts all records to group them, where PostgreSQL does not.
    """
    fields, made = schema.current().fields, Counter[int]()
    asked = [(groups, measures) for groups, measures in _of_charts() if groups]
    asked.sort(key=lambda one: -len([*one[0], *one[1]]))  # one that holds more serves others too
    for groups, measures in asked:
        ids = [*groups, *measures]
        if len(_known(ids)) < len(ids) or not _large(table := _table_of(tuple(ids))):
            continue
        own = [one for one in dict.fromkeys(rules) if fields[one].table_id == table]
        whole = tuple(dict.fromkeys([*groups, *own[: limits.CHART_RULES], *measures]))
        if made[table] < limits.CHART_INDEXES and not any(_serves(o, groups, whole) for o in there):
            made[table] += 1
            there = [*there, whole]
            yield whole


def _serves(one: Ids, groups: list[int], whole: Ids) -> bool:
    """Whether an index gives these groups in its own order, and all else they need."""
    return set(one[: len(groups)]) == set(groups) and set(whole) <= set(one)


def _large(table: int) -> bool:
    if not db.is_sqlite():
        return False
    latest = db.query(f"SELECT MAX(id) FROM t{table}")[0][0] or 0
    return int(latest) >= limits.CHART_INDEXED


def _pairs(sorts: list[int], rules: list[int]) -> Iterator[Ids]:
    """A field of a rule, then one of a sort order: for each table those most often asked for."""
    fields = schema.current().fields
    asked: dict[int, Counter[tuple[int, int]]] = defaultdict(Counter)
    for rule, sort in product(rules, sorts):
        table = fields[rule].table_id
        if table == fields[sort].table_id and rule != sort:
            asked[table][rule, sort] += 1
    for found in asked.values():
        yield from (pair for pair, _count in found.most_common(limits.RULE_INDEXES))


def _known(ids: Iterable[int]) -> list[int]:
    """Those of the fields that are still there and have a column."""
    fields = schema.current().fields
    there = sorted(one for one in ids if one in fields)
    return [one for one in there if fieldtypes.get(fields[one]).stored]


def _of_views() -> Iterator[int]:
    rows = models.View.select(models.View.kind, models.View.options).where(
        models.View.deleted_at.is_null()
    )
    for view in rows:
        if view.kind == "kanban" and view.options.get("group"):
            yield int(view.options["group"])
        for sort in (view.options.get("sort") or [])[:1]:
            yield int(sort["field"])
        for dates in (view.options, *(view.options.get("layers") or ())):
            for key in ("start", "end"):
                if dates.get(key):
                    yield int(dates[key])


def _of_charts() -> Iterator[tuple[list[int], list[int]]]:
    """``(fields grouped by, fields measured)`` of each chart, pivot and kanban."""
    kinds = {"chart": ("group", "split"), "pivot": ("column",), "kanban": ("group",)}
    rows = models.View.select(models.View.kind, models.View.options).where(
        models.View.deleted_at.is_null(), models.View.kind.in_(list(kinds))
    )
    for view in rows.order_by(models.View.id):
        options = view.options
        given = [*(options.get("rows") or ()), *(options.get(one) for one in kinds[view.kind])]
        groups = [one["field"] if isinstance(one, dict) else one for one in given if one]
        asked = [options.get("measure"), *(options.get("more") or ())]
        asked += options.get("measures") or ()
        measures = [one["field"] for one in asked if one and one.get("field")]
        yield [int(one) for one in groups], [int(one) for one in measures]


def _of_duties() -> Iterator[int]:
    for duty in models.Duty.select(models.Duty.definition):
        yield int(duty.definition["date_field"])


def _of_rules() -> Iterator[int]:
    for right in models.TableRight.select():
        for column in RULES:
            yield from _compared(getattr(right, column))


def _compared(rule: Any) -> Iterator[int]:
    """The fields whose values a rule names outright: people, departments, choices."""
    if not isinstance(rule, dict):
        return
    for kind in ("all", "any"):
        for one in rule.get(kind) or ():
            yield from _compared(one)
    if rule.get("op") in {"is", "any_of"}:
        yield int(rule["field"])


def make_missing() -> int:
    """Make the indexes that are wanted and not there; how many."""
    there = existing()
    missing = [one for one in wanted() if ddl.index_name(one) not in there]
    for one in missing:
        with db.write():
            ddl.set_index(*one)
    return len(missing)


def holds(fields: Iterable[Field]) -> bool:
    """Whether an index has all these fields, as far as was known a minute ago."""
    kept = schema.current().derived
    seen, sets = kept.get("indexes", (0.0, []))
    if time.monotonic() - seen > FRESH:
        names = [one for one in existing() if NAME.fullmatch(one)]
        sets = [{int(part) for part in one[1:].split("_")} for one in names]
        kept["indexes"] = (time.monotonic(), sets)
    wanted = {one.id for one in fields}
    return any(wanted <= one for one in sets)


def existing() -> set[str]:
    if db.is_sqlite():
        rows = db.query("SELECT name FROM sqlite_master WHERE type = 'index'")
    else:
        rows = db.query("SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()")
    return {str(row[0]) for row in rows}
