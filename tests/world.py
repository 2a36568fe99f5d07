"""A small world for tests: an organisation, three people, a base with two tables, and roles.

Owner, colleague and stranger: Wang Fang files for East, Li Na for South, Zhao is in no role.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tracker import accounts, db, models, organisation, permissions, records, schema, tables
from tracker.permissions import Viewer

ZONE = "Asia/Shanghai"
BELOW = {"var": "my_departments_below"}


@dataclass
class World:
    """Names to things; viewers are resolved afresh at each call, as in requests."""

    people: dict[str, models.Person] = field(default_factory=dict)
    departments: dict[str, models.Department] = field(default_factory=dict)
    roles: dict[str, models.Role] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)  # of the records of `sample`

    def viewer(self, name: str, lang: str = "en") -> Viewer:
        person = models.Person.get_by_id(self.people[name].id)
        return permissions.viewer_for(person, lang=lang, zone=ZONE)

    @property
    def base(self) -> schema.Base:
        return schema.current().base("rounds")

    @property
    def companies(self) -> schema.Table:
        return self.base.table("companies")

    @property
    def visits(self) -> schema.Table:
        return self.base.table("visits")

    def visit(self, title: str, **values: Any) -> int:
        """A visit made by the product itself; its id."""
        given = {"title": title, **values}
        return records.create(permissions.system(), self.visits, given, via="test").record_id

    def company(self, name: str) -> int:
        system = permissions.system()
        return records.create(system, self.companies, {"name": name}, via="test").record_id


def build() -> World:
    """The world in the database that is open."""
    world = World()
    _organisation(world)
    _schema()
    _roles(world)
    return world


def _organisation(world: World) -> None:
    for path in ("总部", "总部/华东", "总部/华东/上海", "总部/华南"):
        world.departments[path.rpartition("/")[2]] = organisation.at_path(path)
    for key, name, department in (
        ("admin", "管理", "总部"),
        ("owner", "王芳", "上海"),
        ("colleague", "李娜", "华南"),
        ("head", "陈总", "华东"),
        ("stranger", "赵路人", None),
    ):
        world.people[key] = accounts.add_person(
            f"{key}@example.com",
            name=name,
            admin=key == "admin",
            department=world.departments.get(department or ""),
        )
    models.Headship.create(person=world.people["head"], department=world.departments["华东"])


def _schema() -> None:
    system = permissions.system()
    base = tables.create_base(system, "走访", key="rounds", names={"en": "Rounds"})
    companies = tables.create_table(system, base, "企业", key="companies", title=None)
    tables.add_field(system, companies, "text", "名称", key="name", required=True)
    visits = tables.create_table(
        system, schema.current().base(base.id), "拜访", key="visits", title=None
    )
    for kind, name, key, options in (
        ("text", "标题", "title", {}),
        ("link", "企业", "company", {"table": companies.id}),
        ("date", "日期", "day", {}),
        ("datetime", "开始", "start", {}),
        ("single_choice", "方式", "kind", {"choices": ["上门", "电话", "线上"]}),
        ("multiple_choice", "标签", "tags", {"choices": ["重点", "风险", "回访"]}),
        ("stage", "状态", "state", {"choices": ["计划", "完成", "取消"]}),
        ("number", "人数", "people", {}),
        ("currency", "金额", "amount", {}),
        ("checkbox", "已回访", "followed", {}),
        ("person", "负责人", "owner", {}),
        ("department", "部门", "department", {}),
        ("long_text", "纪要", "notes", {}),
        ("autonumber", "编号", "number", {"pattern": "V-{0000}"}),
        ("created_by", "创建人", "created_by", {}),
        ("created_at", "创建时间", "created_at", {}),
    ):
        table = schema.current().table(visits.id)
        tables.add_field(system, table, kind, name, key=key, options=options)


def _roles(world: World) -> None:
    """Staff: visits of their department and below, without amounts; they change their own."""
    base, visits, companies = world.base, world.visits, world.companies
    below = {"field": visits.field("department").id, "op": "any_of", "value": [BELOW]}
    mine = {"field": visits.field("owner").id, "op": "is", "value": {"var": "me"}}
    headed = {
        "field": visits.field("department").id,
        "op": "any_of",
        "value": [{"var": "headed_departments"}],
    }
    with db.write():
        staff = models.Role.create(base=base.id, key="staff", name="填报人员")
        head = models.Role.create(base=base.id, key="head", name="部门负责人")
        for person in ("owner", "colleague"):
            models.RoleMember.create(role=staff, person=world.people[person])
        models.RoleMember.create(role=head, person=world.people["head"])
        models.TableRight.create(
            role=staff,
            table=visits.id,
            read=below,
            create_rule=below,
            update_rule=mine,
            delete_rule=mine,
            fields="write",
        )
        models.FieldRight.create(role=staff, field=visits.field("amount").id, level="hidden")
        models.TableRight.create(role=staff, table=companies.id, read=True, fields="read")
        models.TableRight.create(
            role=head, table=visits.id, read=headed, fields="read", export=True
        )
        models.TableRight.create(role=head, table=companies.id, read=True, fields="read")
        schema.changed()
    world.roles.update(staff=staff, head=head)


def sample(world: World) -> dict[str, int]:
    """A few visits of both sides; ids by name."""
    medical, electric = world.company("重庆医疗"), world.company("上海电气")
    owner, colleague = world.people["owner"].id, world.people["colleague"].id
    east, south = world.departments["上海"].id, world.departments["华南"].id
    world.ids = {
        "medical": medical,
        "electric": electric,
        "east": world.visit(
            "东部首访",
            company=[medical],
            day="2026-11-03",
            start="2026-11-03 09:30",
            kind="上门",
            tags=["重点"],
            state="完成",
            people=3,
            amount="1000.50",
            followed=True,
            owner=owner,
            department=east,
            notes="谈了 IPO",
        ),
        "south": world.visit(
            "南部首访",
            company=[electric],
            day="2026-11-04",
            start="2026-11-04 23:30",
            kind="电话",
            tags=["风险", "回访"],
            state="计划",
            people=5,
            amount="20000",
            owner=colleague,
            department=south,
        ),
        "bare": world.visit("空白", department=east),
    }
    return world.ids
