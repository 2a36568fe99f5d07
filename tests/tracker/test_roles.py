"""Roles: what coordinators shape, what is checked, and that nothing is left behind."""

from __future__ import annotations

import pytest

from tests import world as worlds
from tracker import db, holders, models, permissions, roles, schema, tables
from tracker.errors import Forbidden, Missing, Refused
from tracker.query import Query


@pytest.fixture
def world(database: str) -> worlds.World:
    return worlds.build()


@pytest.fixture
def admin(world):
    return world.viewer("admin")


def grant(world, admin, role, **more):
    given = {"rules": {"read": True}, "fields": "read", "levels": {}, "export": False}
    roles.set_right(admin, role, world.visits, **{**given, **more})


def test_only_coordinators_shape_roles(world):
    role = world.roles["staff"]
    for who, problem in (("owner", Forbidden), ("stranger", Missing)):
        viewer = world.viewer(who)
        for act in (
            lambda v=viewer: roles.create(v, world.base, "X"),
            lambda v=viewer: roles.rename(v, role, "X", names=None),
            lambda v=viewer: roles.delete(v, role),
            lambda v=viewer: roles.add_member(v, role, person_id=world.people["stranger"].id),
            lambda v=viewer: roles.remove_member(v, role, 1),
            lambda v=viewer: grant(world, v, role),
            lambda v=viewer: roles.set_shown(v, role, views=[], forms=[]),
        ):
            with pytest.raises(problem):
                act()


def test_a_role_is_of_one_base(world, admin):
    other = tables.create_base(admin, "另一个")
    with pytest.raises(Missing):
        roles.get(admin, other, world.roles["staff"].id)
    foreign = roles.create(admin, other, "外人")
    with pytest.raises(Missing):
        grant(world, admin, foreign)


def test_names_are_needed_and_unique(world, admin):
    for name in ("", " ", "x" * 121, "填报人员"):
        with pytest.raises(Refused):
            roles.create(admin, world.base, name)
    made = roles.create(admin, world.base, "Visitors")
    with pytest.raises(Refused):
        roles.rename(admin, made, "填报人员", names=None)
    roles.rename(admin, made, "Visitors", names={"en": "V"})


def test_members_by_name_and_by_department(world, admin):
    role = roles.create(admin, world.base, "成员")
    east = world.departments["华东"]
    roles.add_member(admin, role, department_id=east.id)
    roles.add_member(admin, role, department_id=east.id)
    roles.add_member(admin, role, person_id=world.people["stranger"].id)
    assert len(roles.members(role)) == 2
    assert set(holders.people_with([role.id])) == {
        world.people[who].id for who in ("owner", "head", "stranger")
    }
    for given in ({}, {"person_id": 9999}, {"department_id": 9999}):
        with pytest.raises(Refused):
            roles.add_member(admin, role, **given)


def test_nothing_open_is_no_right_at_all(world, admin):
    role = world.roles["staff"]
    grant(world, admin, role, rules={}, fields="write")
    assert not models.TableRight.select().where(models.TableRight.role == role).count() - 1
    with pytest.raises(Missing):
        permissions.access(world.viewer("owner"), world.visits)


@pytest.mark.parametrize("level", ["", "all", "WRITE", "none"])
def test_unknown_levels_are_refused(world, admin, level):
    field = world.visits.field("notes").id
    with pytest.raises(Refused):
        grant(world, admin, world.roles["staff"], fields=level)
    with pytest.raises(Refused):
        grant(world, admin, world.roles["staff"], levels={field: level})
    with pytest.raises(Refused):
        grant(world, admin, world.roles["staff"], levels={999999: "write"})


def test_computed_fields_are_never_writable(world, admin):
    made = world.visits.field("created_at").id
    grant(world, admin, world.roles["staff"], fields="hidden", levels={made: "write"})
    assert roles.levels(world.roles["staff"], world.visits) == {made: "read"}


def test_a_deleted_role_leaves_nothing(world, admin):
    worlds.sample(world)
    role = roles.create(admin, world.base, "临时")
    roles.add_member(admin, role, person_id=world.people["stranger"].id)
    grant(world, admin, role)
    assert Query(world.viewer("stranger"), world.visits).count() == 3
    roles.delete(admin, role)
    again = roles.create(admin, world.base, "临时")
    assert not roles.members(again)
    assert not world.viewer("stranger").roles
    for model in (models.TableRight, models.FieldRight, models.RoleMember):
        assert not model.select().where(model.role == role.id).exists()


def test_a_role_in_use_stays(world, admin):
    role = world.roles["staff"]
    with db.write():
        models.Automation.create(
            base=world.base.id,
            name="提醒",
            definition={"actions": [{"to": [{"role": role.id}]}]},
        )
    with pytest.raises(Refused, match="提醒"):
        roles.delete(admin, role)
    coordinator = next(one for one in roles.of_base(admin, world.base) if one.coordinator)
    with pytest.raises(Refused):
        roles.delete(admin, coordinator)


def test_views_and_forms_of_other_bases_cannot_be_shown(world, admin):
    other = tables.create_base(admin, "另一个")
    with db.write():
        own = models.View.create(
            base=world.base.id, table=world.visits.id, kind="grid", name="自己"
        )
        foreign = models.View.create(base=other.id, kind="dashboard", name="别人")
        schema.changed()
    roles.set_shown(admin, world.roles["staff"], views=[own.id, foreign.id, 99], forms=[99])
    role = models.Role.get_by_id(world.roles["staff"].id)
    assert (role.views, role.forms) == ([own.id], [])
