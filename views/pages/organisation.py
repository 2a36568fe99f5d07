"""The organisation tree, for administrators: departments, their place and their heads."""

from __future__ import annotations

from typing import Any

from flask import g, request
from peewee import fn

from tracker import db, organisation
from tracker.errors import Missing, Problem, Refused
from tracker.models import Department, Headship, Person
from tracker.permissions import need_admin
from tracker.text import _
from views import http, typed
from views.pages.configure_roles import chosen
from views.pages.people import tabs
from views.room import ADMIN, Room

room = Room("organisation")


@room.page("/organisation", access=ADMIN, loads="administrator")
def departments() -> Any:
    """The tree of departments, with heads and the number of people."""
    counts = dict(
        Person.select(Person.department, fn.COUNT(Person.id))
        .where(Person.active == True, Person.department.is_null(False))  # noqa: E712 - SQL
        .group_by(Person.department)
        .tuples()
    )
    heads: dict[int, list[Person]] = {}
    for row in Headship.select(Headship, Person).join(Person).where(Person.active == True):  # noqa: E712 - SQL
        heads.setdefault(row.department_id, []).append(row.person)
    name = _("Organisation").to(g.lang)
    return http.page(
        "organisation.html",
        tree=organisation.tree(),
        counts=counts,
        heads=heads,
        tabs=tabs("organisation"),
        crumbs=[(name, "")],
    )


def department_of(department_id: int) -> Department:
    need_admin(g.viewer)
    found = Department.get_or_none(Department.id == department_id, Department.deleted_at.is_null())
    if found is None:
        raise Missing
    return found


@room.page("/organisation/new", post=True, access=ADMIN, loads="administrator")
def add_department() -> Any:
    parent = department_of(chosen("parent") or 0) if request.form.get("parent") else None
    try:
        made = organisation.add(typed.one_line("name"), parent=parent, names=typed.english())
    except Refused as refused:
        return typed.again(_beside_name(refused), departments, form="new")
    return http.go(f"/organisation#department-{made.id}", toast=_("Added."))


def _beside_name(refused: Refused) -> Refused:
    """A refusal about the name stands beside it."""
    return Refused(refused.text, refused.problems or {"name": refused.text})


@room.page("/organisation/<int:department_id>", access=ADMIN, loads="administrator")
def department(department_id: int) -> Any:
    """One department: names, place, heads, people."""
    found = department_of(department_id)
    heads = list(
        Person.select()
        .join(Headship, on=(Headship.person == Person.id))
        .where(Headship.department == found.id)
    )
    people = Person.select().where(Person.department == found.id, Person.active == True)  # noqa: E712 - SQL
    listed = (_("Organisation").to(g.lang), "/organisation")
    return http.page(
        "department.html",
        department=found,
        heads=heads,
        people=list(people.order_by(Person.initials).limit(200)),
        places=[
            (one, depth)
            for one, depth in organisation.tree()
            if not one.path.startswith(found.path)
        ],
        crumbs=[listed, (found.name, "")],
    )


@room.page("/organisation/<int:department_id>", post=True, access=ADMIN, loads="administrator")
def change_department(department_id: int) -> Any:
    """Names, place and heads at once."""
    found = department_of(department_id)
    parent = chosen("parent")
    heads = [int(one) for one in request.form.getlist("heads") if one.isascii() and one.isdigit()]
    try:
        with db.write():
            organisation.rename(found.id, typed.one_line("name"), names=typed.english())
            if parent != found.parent_id:
                organisation.move(found.id, parent)
            organisation.set_heads(found.id, heads)
    except Problem as problem:
        return typed.again(problem, lambda: department(department_id), form="department")
    return http.go(f"/organisation#department-{found.id}", toast=_("Saved."))


@room.page(
    "/organisation/<int:department_id>/delete", post=True, access=ADMIN, loads="administrator"
)
def delete_department(department_id: int) -> Any:
    found = department_of(department_id)
    try:
        organisation.delete(found.id)
    except Problem as problem:
        return typed.again(problem, lambda: department(department_id), form="department")
    return http.go("/organisation", toast=_("“{name}” is deleted.", name=found.name))
