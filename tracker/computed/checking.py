"""What a computed field may be made from: checked with its tables, when it is saved."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tracker import conditions, fieldtypes, formula, permissions, schema
from tracker.computed import graph
from tracker.computed.aggregates import DATED, fits
from tracker.computed.throughlinks import condition_fields, has_values, parts
from tracker.errors import Missing, Refused
from tracker.permissions import Viewer
from tracker.schema import Field, Table
from tracker.text import Text, _

ADMIN_ONLY = _(
    "Only an administrator may show everybody what comes from records that some may not see."
)


def check(
    viewer: Viewer, table: Table, draft: Field, *, before: Field | None = None
) -> dict[str, Any]:
    """The options of a computed field with ids for names; `Refused` says what is wrong."""
    if "link" in draft.options:
        options = _through_link(viewer, table, draft)
        if options["scope"] == "everyone":
            _need_publisher(viewer, options, before)
    else:
        options = _formula(table, draft)
        if _names_links(table, options):
            _need_publisher(viewer, options, before, at="formula")
    graph.refuse_circle(replace(draft, options=options))
    return options


def _formula(table: Table, draft: Field) -> dict[str, Any]:
    """A formula that can be read, with ids for the names of its fields."""
    try:
        if not draft.options["formula"].strip():
            raise Refused(_("Write a formula."))
        plan = formula.plan(draft.options["formula"], table)
        stored = formula.store(draft.options["formula"], table)
    except Refused as refused:
        raise Refused(refused.text, {"formula": refused.text}, **refused.context) from None
    for one in plan.inputs:
        kind = fieldtypes.get(one)
        if kind.on_read:
            raise _at("formula", _not_for_all(one))
        if one.problem is None and not has_values(kind) and kind.family != "link":
            text = _("This cannot be worked out from “{field}”.", field=one.name)
            raise _at("formula", text)
    return {**draft.options, "formula": stored}


def check_limit(viewer: Viewer, options: dict[str, Any]) -> dict[str, Any]:
    """The options of a link field with a limit that can be read."""
    target = schema.current().table(options["table"])
    try:
        return {**options, "limit": _condition(viewer, target, {"condition": options["limit"]})}
    except Refused as refused:
        raise _at("limit", refused.text) from None


def _names_links(table: Table, options: dict[str, Any]) -> bool:
    """Whether a formula shows its readers the titles of linked records, whoever may see those."""
    plan = formula.plan(options["formula"], table)
    return any(fieldtypes.get(one).family == "link" for one in plan.inputs)


def _need_publisher(
    viewer: Viewer, options: dict[str, Any], before: Field | None, *, at: str = "scope"
) -> None:
    """Any other definition of a published field publishes anew."""
    same = before is not None and all(
        before.own_options.get(key) == value for key, value in options.items()
    )
    if not (same or viewer.is_admin or viewer.system):
        raise _at(at, ADMIN_ONLY)


def _at(part: str, text: Text) -> Refused:
    return Refused(text, {part: text})


def _through_link(viewer: Viewer, table: Table, draft: Field) -> dict[str, Any]:
    options = dict(draft.options)
    link = table.find(options["link"]) if options["link"] else None
    if link is None or link.type != "link":
        raise _at("link", _("Choose a link field of this table."))
    options["link"] = link.id
    target = schema.current().table(link.options["table"])
    counts = draft.type == "count" or options.get("aggregate") == "count"
    options["field"] = None if counts else _source(viewer, target, draft).id
    if options.get("aggregate") in DATED:
        options["by"] = _dated(viewer, target, options.get("by")).id
    elif "by" in options:
        options["by"] = None
    if not counts:
        _need_fit(link, target.field(options["field"]), draft)
    options["condition"] = _condition(viewer, target, options)
    if options["scope"] == "everyone":
        _need_same_for_all(target, options)
    return options


def _visible(viewer: Viewer, target: Table, ref: Any) -> Field | None:
    """A field of the linked table that whoever shapes this may see."""
    try:
        return permissions.access(viewer, target).field(ref) if ref else None
    except Missing:
        return None


def _source(viewer: Viewer, target: Table, draft: Field) -> Field:
    found = _visible(viewer, target, draft.options["field"])
    if found is None:
        raise _at("field", _("Choose a field of the linked table."))
    return found


def _dated(viewer: Viewer, target: Table, ref: Any) -> Field:
    found = _visible(viewer, target, ref)
    if found is None or fieldtypes.get(found).family != "time":
        raise _at("by", _("Choose the date that says which record is the earliest and latest."))
    return found


def _need_fit(link: Field, source: Field, draft: Field) -> None:
    kind = fieldtypes.get(source)
    aggregate = draft.options.get("aggregate")
    several = kind.family == "list" and not link.options.get("single")
    unfit = (
        not fits(aggregate, kind)
        if aggregate
        else not has_values(kind) or kind.family == "files" or several
    )
    if unfit:
        text = _("This cannot be worked out from “{field}”.", field=source.name)
        raise _at("field", text)


def _condition(viewer: Viewer, target: Table, options: dict[str, Any]) -> Any:
    condition = options.get("condition")
    if condition in (None, True, "", {"all": []}):
        return None
    visible = permissions.access(viewer, target).visible_table
    try:
        return conditions.check(condition, visible, viewer.context)
    except Refused as refused:
        raise _at("condition", refused.text) from None


def _need_same_for_all(target: Table, options: dict[str, Any]) -> None:
    """What is kept for everyone may not be made from what differs from reader to reader."""
    if any("var" in one for one in parts(options["condition"])):
        text = _("What everybody sees alike cannot depend on who reads it (“me”, “my department”).")
        raise _at("condition", text)
    used = [options["field"], options.get("by"), *condition_fields(options["condition"])]
    for one in used:
        need_kept(target.by_id.get(one or 0))


def need_kept(source: Field | None) -> None:
    """Refuse a source whose values are worked out for each reader."""
    if source is not None and fieldtypes.get(source).on_read:
        raise Refused(_not_for_all(source))


def need_rule(field: Field) -> None:
    """Refuse a row rule by what differs from reader to reader."""
    if fieldtypes.get(field).on_read:
        raise Refused(_("“{field}” differs from reader to reader.", field=field.name))


def _not_for_all(source: Field) -> Text:
    return _(
        "“{field}” is worked out for each reader from what they may see; "
        "it cannot go into what everybody sees alike.",
        field=source.name,
    )
