"""A small house for tests of what happens without a person: six branches, their heads, a report.

总部 → 华东 (上海, 苏州, 杭州) and 华南 (广州, 深圳, 厦门); 上海 has a team. Staff of the branches
file weekly reports; they see those of their own branch, without the remark.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from automations import runner
from tracker import db, models, organisation, permissions, records, schema, tables
from tracker.permissions import Viewer

SYSTEM = permissions.system()
BRANCHES = {"华东": ["上海", "苏州", "杭州"], "华南": ["广州", "深圳", "厦门"]}
FIELDS: list[tuple[str, str, dict[str, Any]]] = [
    ("department", "branch", {}),
    ("date", "day", {}),
    ("single_choice", "state", {"choices": ["草稿", "已提交"]}),
    ("person", "owner", {}),
    ("datetime", "at", {}),
    ("number", "visits", {}),
    ("long_text", "remark", {}),
]


@dataclass
class World:
    """What the tests name: ids by name."""

    base_id: int
    table_id: int
    departments: dict[str, models.Department] = field(default_factory=dict)
    people: dict[str, models.Person] = field(default_factory=dict)
    roles: dict[str, models.Role] = field(default_factory=dict)

    @property
    def base(self) -> schema.Base:
        return schema.current().base(self.base_id)

    @property
    def table(self) -> schema.Table:
        return schema.current().table(self.table_id)

    def field(self, key: str) -> int:
        return self.table.field(key).id

    def viewer(self, name: str) -> Viewer:
        person = models.Person.get_by_id(self.people[name].id)
        return permissions.viewer_for(person)

    def department(self, name: str) -> int:
        return self.departments[name].id

    def person(self, name: str) -> int:
        return self.people[name].id

    def file(self, branch: str, day: str, *, state: str = "已提交", **values: Any) -> int:
        """A report of ``branch`` on ``day``, filed by the product itself."""
        given = {"title": f"{branch} {day}", "branch": self.department(branch), "day": day}
        saved = records.create(SYSTEM, self.table, {**given, "state": state, **values}, via="test")
        return saved.record_id

    def condition(self, state: str = "已提交") -> dict[str, Any]:
        return {"field": self.field("state"), "op": "is", "value": state}


def build() -> World:
    """The house in the open database."""
    with db.write():
        base = tables.create_base(SYSTEM, "协同", key="work")
        made = tables.create_table(SYSTEM, base, "周报", key="reports", title=None)
        tables.add_field(SYSTEM, made, "text", "标题", key="title")
        for kind, key, options in FIELDS:
            table = schema.current().table(made.id)
            tables.add_field(SYSTEM, table, kind, key, key=key, options=options)
        world = World(base.id, made.id)
        _organisation(world)
        _people(world)
        _roles(world)
        schema.changed()
    return world


def _organisation(world: World) -> None:
    for path in ["总部", *(f"总部/{sub}/{one}" for sub, all in BRANCHES.items() for one in all)]:
        organisation.at_path(path)
    organisation.at_path("总部/华东/上海/一组")
    world.departments = {row.name: row for row in models.Department.select()}


def _people(world: World) -> None:
    add = world.people.__setitem__
    add("管理员", person("coordinator@example.test", "管理员", world.departments["总部"]))
    for number, branch in enumerate(one for all in BRANCHES.values() for one in all):
        staff = person(f"staff{number}@example.test", f"{branch}专员", world.departments[branch])
        add(f"{branch}专员", staff)
    add("组员", person("team@example.test", "组员", world.departments["一组"]))
    for sub in BRANCHES:
        head = person(
            f"head-{len(world.people)}@example.test", f"{sub}经理", world.departments[sub]
        )
        add(f"{sub}经理", head)
        models.Headship.create(person=head, department=world.departments[sub])
    stranger = person("stranger@example.test", "外人", None)
    add("外人", stranger)


def person(email: str, name: str, department: models.Department | None) -> models.Person:
    return models.Person.create(email=email, email_key=email, name=name, department=department)


def _roles(world: World) -> None:
    coordinator = models.Role.get(models.Role.base == world.base_id, models.Role.coordinator)
    models.RoleMember.create(role=coordinator, person=world.people["管理员"])
    staff = models.Role.create(base=world.base_id, key="staff", name="专员")
    models.RoleMember.create(role=staff, department=world.departments["总部"])
    branch = world.field("branch")
    own = {"field": branch, "op": "any_of", "value": [{"var": "my_departments_below"}]}
    models.TableRight.create(
        role=staff, table=world.table_id, read=own, create_rule=own, update_rule=own, fields="write"
    )
    models.FieldRight.create(role=staff, field=world.field("remark"), level="hidden")
    world.roles = {"staff": staff, "coordinator": coordinator}


def automation(world: World, trigger: dict[str, Any], **parts: Any) -> models.Automation:
    """An enabled automation of the coordinator that notifies 上海专员 in the inbox."""
    action = {"kind": "notify", "to": {"people": [world.person("上海专员")]}, "subject": "看一下"}
    action |= {key: parts.pop(key) for key in ("to", "channels", "subject", "body") if key in parts}
    definition = {"trigger": trigger, "condition": parts.pop("condition", None)}
    return runner.save(
        world.viewer(parts.pop("by", "管理员")),
        world.base,
        {**definition, "actions": parts.pop("actions", [action])},
        name="提醒",
        enabled=True,
        **parts,
    )


def inbox_of(world: World, name: str) -> list[str]:
    """The subjects somebody finds in their inbox, oldest first."""
    rows = models.Notification.select().where(models.Notification.person == world.person(name))
    return [row.subject for row in rows.order_by(models.Notification.id)]
