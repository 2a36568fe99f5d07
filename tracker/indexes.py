"""Indexes behind what people look at: sort orders of views, calendars, duties, row rules.

Nobody asks for one: the worker makes what the schema of the moment calls for, once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tracker import db, ddl, fieldtypes, models, schema
from tracker.schema import Field

RULES = ("read", "update_rule", "delete_rule")


def wanted() -> list[Field]:
    """The stored fields that views and duties sort or span by, and that row rules compare."""
    fields = schema.current().fields
    ids = sorted({*_of_views(), *_of_duties(), *_of_rules()})
    return [fields[one] for one in ids if one in fields and fieldtypes.get(fields[one]).stored]


def _of_views() -> Iterator[int]:
    rows = models.View.select(models.View.options).where(models.View.deleted_at.is_null())
    for view in rows:
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
    missing = [one for one in wanted() if f"x{one.id}" not in there]
    for one in missing:
        with db.write():
            ddl.set_index(one)
    return len(missing)


def existing() -> set[str]:
    if db.is_sqlite():
        rows = db.query("SELECT name FROM sqlite_master WHERE type = 'index'")
    else:
        rows = db.query("SELECT indexname FROM pg_indexes WHERE schemaname = current_schema()")
    return {str(row[0]) for row in rows}
