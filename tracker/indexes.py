"""Indexes behind what people look at: sort orders of views, calendars, duties, row rules.

Nobody asks for one: the worker makes what the schema of the moment calls for, once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

from tracker import db, ddl, fieldtypes, limits, models, schema
from tracker.schema import Field

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
    return [tuple(fields[one] for one in ids) for ids in wanted]


def _pairs(sorts: list[int], rules: list[int]) -> Iterator[tuple[int, ...]]:
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


def existing() -> set[str]:
    if db.is_sqlite():
        rows = db.query("SELECT name FROM sqlite_master WHERE type = 'index'")
    else:
        rows = db.query("SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()")
    return {str(row[0]) for row in rows}
