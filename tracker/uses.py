"""Where a field is used: conditions on it, in views, roles, forms, duties and automations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tracker import conditions, fieldtypes, models, schema
from tracker.computed import graph
from tracker.context import Context
from tracker.errors import Problem
from tracker.schema import Field, Table
from tracker.text import Text, _


def broken_by(changed: Field) -> list[Text]:
    """What holds a condition that no longer works once the field is as in ``changed``."""
    table = schema.current().table(changed.table_id)
    fields = tuple(changed if one.id == changed.id else one for one in table.fields)
    after = replace(
        table,
        fields=fields,
        by_id={one.id: one for one in fields},
        by_key={one.key: one for one in fields},
    )
    found = [
        told
        for told, data in _holders(table)
        if not all(_work(leaf, after) for leaf in _leaves(data, changed.id))
    ]
    found += [
        told_field(one)
        for one in graph.dependents(changed.id)
        if fieldtypes.shaped(one, {**schema.current().fields, changed.id: changed}).problem
    ]
    return list(dict.fromkeys(found))


def made_from(field: Field) -> list[Text]:
    """The computed fields that are made from this one."""
    return [told_field(one) for one in graph.dependents(field.id)]


def told_field(field: Field) -> Text:
    table = schema.current().table(field.table_id)
    return _("the field “{field}” of “{table}”", field=field.name, table=table.name)


def _holders(table: Table) -> Iterator[tuple[Text, Any]]:
    """Everything of the base that holds conditions, each with what to call it."""
    live = {"base": table.base_id, "deleted_at": None}
    for view in models.View.filter(**live):
        yield _("the view “{name}”", name=view.name), view.options
    for automation in models.Automation.filter(**live):
        yield _("the automation “{name}”", name=automation.name), automation.definition
    for duty in models.Duty.filter(**live):
        yield _("the duty “{name}”", name=duty.name), duty.definition
    for form in models.Form.filter(table=table.id, deleted_at=None):
        yield _("the form “{name}”", name=form.name), form.definition
    for one in schema.current().fields.values():
        link = schema.current().fields.get(one.own_options.get("link") or 0)
        if link is not None and link.options.get("table") == table.id:
            yield told_field(one), one.own_options.get("condition")
    for right in models.TableRight.filter(table=table.id):
        rules = [right.read, right.create_rule, right.update_rule, right.delete_rule]
        yield _("the role “{name}”", name=right.role.name), rules


def _leaves(data: Any, field_id: int) -> Iterator[dict[str, Any]]:
    """Conditions on the field, however deep in a definition."""
    if isinstance(data, list):
        for one in data:
            yield from _leaves(one, field_id)
    elif isinstance(data, dict):
        if data.get("field") == field_id and "op" in data:
            yield data
        for one in data.values():
            yield from _leaves(one, field_id)


def _work(leaf: dict[str, Any], table: Table) -> bool:
    try:
        conditions.check(leaf, table, Context())
    except Problem:
        return False
    return True
