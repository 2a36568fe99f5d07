"""Configuring roles: who holds them, and what they open, row by row and field by field."""

from __future__ import annotations

from typing import Any

import orjson
from flask import current_app, g, request

from tracker import conditions, fieldtypes, holders, organisation, roles, schema
from tracker.conditions import Condition
from tracker.errors import Problem, Refused
from tracker.models import Department, Person, Role
from tracker.operators import FAMILIES
from tracker.periods import NAMED
from tracker.permissions import ACTIONS, LEVELS
from tracker.schema import Base, Table
from tracker.text import Text, _, label
from views import filters, http, typed
from views.pages import configure
from views.room import Room

room = Room("configure_roles")
ACTION_WORDS: dict[str, Text] = {
    "read": _("See"),
    "create": _("Add"),
    "update": _("Change"),
    "delete": _("Delete"),
}
LEVEL_WORDS: dict[str, Text] = {
    "hidden": _("hidden"),
    "read": _("read"),
    "once": _("write once"),
    "write": _("write"),
}


def load(base_id: int, role_id: int) -> tuple[Base, Role]:
    base = configure.load(base_id)
    return base, roles.get(g.viewer, base, role_id)


def here(role: Role, extra: str = "") -> str:
    return f"/configure/{role.base_id}/roles/{role.id}{extra}"


def crumbs(base: Base, role: Role, *more: tuple[str, str]) -> list[tuple[str, str]]:
    listed = (_("Roles").to(g.lang), f"/configure/{base.id}/roles")
    return configure.crumbs(base, listed, (label(role, g.lang), here(role)), *more)


@room.page("/configure/<int:base_id>/roles", loads="coordinator")
def listing(base_id: int) -> Any:
    """The roles of a base and how many hold them."""
    base = configure.load(base_id)
    rows = [
        {"role": one, "people": len(holders.people_with([one.id])), "opens": opened(base, one)}
        for one in roles.of_base(g.viewer, base)
    ]
    name = _("Roles").to(g.lang)
    return http.page(
        "configure_roles.html",
        base=base,
        rows=rows,
        parts=configure.parts(base, "roles"),
        crumbs=configure.crumbs(base, (name, "")),
    )


def opened(base: Base, role: Role) -> list[Table]:
    """The tables of which the role opens anything."""
    known = {row.table_id for row in role.table_rights}
    return [one for one in base.tables if one.id in known]


@room.page("/configure/<int:base_id>/roles", post=True, loads="coordinator")
def create(base_id: int) -> Any:
    base = configure.load(base_id)
    try:
        role = roles.create(g.viewer, base, typed.one_line("name"), names=typed.english())
    except Problem as problem:
        return typed.again(problem, lambda: listing(base_id), form="role")
    return http.go(here(role), toast=_("The role stands. Say who holds it and what it opens."))


@room.page("/configure/<int:base_id>/roles/<int:role_id>", loads="coordinator")
def role(base_id: int, role_id: int) -> Any:
    """One role: members, rights in words, what it shows."""
    base, found = load(base_id, role_id)
    views, forms = roles.showable(base.id)
    return http.page(
        "configure_role.html",
        base=base,
        role=found,
        members=[member(one) for one in roles.members(found)],
        rows=[summary(found, one) for one in base.tables],
        actions=ACTION_WORDS,
        views=views,
        forms=forms,
        tables={one.id: one for one in base.tables},
        crumbs=[*crumbs(base, found)[:-1], (label(found, g.lang), "")],
    )


def member(row: Any) -> dict[str, Any]:
    """A member in words: a person, or a department with everybody below."""
    if row.person_id:
        person = Person.get_by_id(row.person_id)
        return {"id": row.id, "person": person, "department": None, "people": 1}
    department = Department.get_by_id(row.department_id)
    within = holders.active(Person.department.in_(organisation.below([department.id])))
    return {"id": row.id, "person": None, "department": department, "people": len(within)}


def summary(role: Role, table: Table) -> dict[str, Any]:
    """What a role may do with a table, in words."""
    row = roles.right(role, table)
    rules = roles.rules(row)
    levels = {**dict.fromkeys(table.by_id, row.fields), **roles.levels(role, table)}
    return {
        "table": table,
        "said": {action: say(rules[action], table) for action in ACTIONS},
        "closed": all(rule is False for rule in rules.values()),
        "export": row.export,
        "counts": [
            (LEVEL_WORDS[level], sum(one == level for one in levels.values())) for level in LEVELS
        ],
    }


def say(rule: Condition, table: Table) -> str:
    """A rule in the person's words; a broken one says that it lets nobody in."""
    if rule is True or rule is False:
        return (_("all") if rule else _("none")).to(g.lang)
    try:
        return conditions.sentence(rule, table, g.viewer.context)
    except (Problem, conditions.Unresolved, KeyError, TypeError, AttributeError):
        return _("nobody: the rule names something that is not there any more").to(g.lang)


@room.page("/configure/<int:base_id>/roles/<int:role_id>", post=True, loads="coordinator")
def rename(base_id: int, role_id: int) -> Any:
    _base, found = load(base_id, role_id)
    try:
        roles.rename(g.viewer, found, typed.one_line("name"), names=typed.english())
    except Problem as problem:
        return typed.again(problem, lambda: role(base_id, role_id), form="name")
    return http.go(here(found), toast=_("Saved."))


@room.page("/configure/<int:base_id>/roles/<int:role_id>/delete", post=True, loads="coordinator")
def delete(base_id: int, role_id: int) -> Any:
    _base, found = load(base_id, role_id)
    try:
        roles.delete(g.viewer, found)
    except Problem as problem:
        return typed.again(problem, lambda: role(base_id, role_id), form="delete")
    text = _("The role “{name}” is gone.", name=label(found, g.lang))
    return http.go(f"/configure/{base_id}/roles", toast=text)


@room.page("/configure/<int:base_id>/roles/<int:role_id>/members", post=True, loads="coordinator")
def add_member(base_id: int, role_id: int) -> Any:
    _base, found = load(base_id, role_id)
    try:
        roles.add_member(
            g.viewer,
            found,
            person_id=chosen("person"),
            department_id=chosen("department"),
        )
    except Problem as problem:
        return typed.again(problem, lambda: role(base_id, role_id), form="members")
    return http.go(f"{here(found)}#members", toast=_("Added."))


def chosen(name: str) -> int | None:
    """The id chosen in a picker; None when nothing is."""
    text = request.form.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


@room.page(
    "/configure/<int:base_id>/roles/<int:role_id>/members/<int:member_id>/remove",
    post=True,
    loads="coordinator",
)
def remove_member(base_id: int, role_id: int, member_id: int) -> Any:
    _base, found = load(base_id, role_id)
    roles.remove_member(g.viewer, found, member_id)
    return http.go(f"{here(found)}#members", toast=_("Removed."))


@room.page("/configure/<int:base_id>/roles/<int:role_id>/shown", post=True, loads="coordinator")
def shown(base_id: int, role_id: int) -> Any:
    """Which views and forms the role sees."""
    _base, found = load(base_id, role_id)
    sent = {
        name: [int(one) for one in request.form.getlist(name) if one.isascii() and one.isdigit()]
        for name in ("views", "forms")
    }
    roles.set_shown(g.viewer, found, views=sent["views"], forms=sent["forms"])
    return http.go(f"{here(found)}#shown", toast=_("Saved."))


RIGHTS = "/configure/<int:base_id>/roles/<int:role_id>/tables/<int:table_id>"


@room.page(RIGHTS, loads="coordinator")
def rights(base_id: int, role_id: int, table_id: int) -> Any:
    """What a role may do with one table: a rule for each action, a level for each field."""
    base, found = load(base_id, role_id)
    table = base.table(table_id)
    row = roles.right(found, table)
    rules = roles.rules(row)
    levels = {**dict.fromkeys(table.by_id, row.fields), **roles.levels(found, table)}
    return http.page(
        "configure_rights.html",
        base=base,
        role=found,
        table=table,
        right=row,
        rules=[about_rule(action, rules[action], table) for action in ACTIONS],
        levels=levels,
        level_words=LEVEL_WORDS,
        written={one.id for one in table.fields if fieldtypes.get(one).written},
        builder=builder(table, list(rules.values())),
        crumbs=crumbs(base, found, (label(table, g.lang), "")),
    )


def about_rule(action: str, rule: Condition, table: Table) -> dict[str, Any]:
    kind = {True: "all", False: "none"}.get(rule, "some") if isinstance(rule, bool) else "some"
    return {
        "action": action,
        "word": ACTION_WORDS[action],
        "kind": kind,
        "rule": rule if kind == "some" else None,
        "said": say(rule, table) if kind == "some" else "",
    }


def builder(table: Table, rules: list[Condition]) -> dict[str, Any]:
    """What the condition builder is made from: fields, comparisons, variables, names of ids."""
    lang = g.lang
    return {
        "table": table.id,
        "fields": [filters.describe(one, lang) for one in table.fields],
        "ops": {family: filters.operators(family, lang) for family in FAMILIES},
        "spans": [{"key": key, "word": word.to(lang)} for key, (word, _span) in NAMED.items()],
        "relative": [{"key": key, "word": word.to(lang)} for key, word in filters.RELATIVE.items()],
        "variables": {
            "person": [filters.variable(one, lang) for one in filters.PEOPLE],
            "department": [filters.variable(one, lang) for one in filters.PLACES],
        },
        "names": filters.names(g.viewer, table, {"all": rules}),
    }


@room.page(RIGHTS, post=True, loads="coordinator")
def save_rights(base_id: int, role_id: int, table_id: int) -> Any:
    base, found = load(base_id, role_id)
    table = base.table(table_id)
    try:
        roles.set_right(
            g.viewer,
            found,
            table,
            rules={action: sent_rule(action) for action in ACTIONS},
            fields=request.form.get("fields", "hidden"),
            levels={one.id: level for one in table.fields if (level := sent_level(one.id))},
            export="export" in request.form,
        )
    except Problem as problem:
        return typed.again(problem, lambda: rights(base_id, role_id, table_id))
    return http.go(here(found), toast=_("Saved."))


def sent_level(field_id: int) -> str:
    return request.form.get(f"level_{field_id}", "")


def sent_rule(action: str) -> Condition:
    """The rule of an action: all, none, or the condition that the builder packed."""
    kind = request.form.get(f"{action}_kind", "none")
    if kind in {"all", "none"}:
        return kind == "all"
    try:
        rule = orjson.loads(request.form.get(action, ""))
    except orjson.JSONDecodeError:
        rule = None
    if not isinstance(rule, dict):
        text = _("Add a part to the condition, or choose all or none.")
        raise Refused(text, {action: text})
    return rule


@room.page(f"{RIGHTS}/say", post=True, loads="coordinator")
def say_rule(base_id: int, role_id: int, table_id: int) -> Any:
    """A condition in words, while it is being put together. Changes nothing."""
    base, _found = load(base_id, role_id)
    table = schema.current().base(base.id).table(table_id)
    body = request.get_json(silent=True)
    try:
        checked = conditions.check((body or {}).get("rule"), table, g.viewer.context)
        said = conditions.sentence(checked, table, g.viewer.context)
    except (Problem, conditions.Unresolved):
        said = ""
    return current_app.json.response(said=said)
