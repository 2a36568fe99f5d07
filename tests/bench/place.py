"""A million visits: an organisation of 94 departments, 20,000 companies, 15 fields, seeded."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from tests.bench import overviews
from tracker import (
    accounts,
    bulk,
    db,
    indexes,
    models,
    organisation,
    permissions,
    roles,
    schema,
    searchindex,
    tables,
)
from tracker.computed import backlog

COMPANIES = 20_000
DEPARTMENTS = 94
FIRST_DAY = date(2024, 1, 1)
DAYS = 1_096
CHUNK = 50_000
BELOW = {"var": "my_departments_below"}
FIELDS: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    ("text", "主题", "title", {}),
    ("link", "企业", "company", {}),
    ("date", "日期", "day", {}),
    ("datetime", "开始", "start", {}),
    ("single_choice", "方式", "kind", {"choices": ["上门", "电话", "线上", "会议", "活动"]}),
    ("multiple_choice", "业务", "lines", {"choices": ["IPO", "再融资", "并购", "债券", "财富"]}),
    ("stage", "状态", "state", {"choices": ["计划", "完成", "取消"]}),
    ("number", "人数", "people", {}),
    ("currency", "金额", "amount", {}),
    ("checkbox", "需跟进", "followed", {}),
    ("person", "负责人", "owner", {}),
    ("department", "机构", "department", {}),
    ("long_text", "纪要", "notes", {}),
    ("phone", "电话", "phone", {}),
    ("autonumber", "编号", "number", {"pattern": "V-{0000000}"}),
)
FORMULAS = {
    "per_head": "{金额} / {人数}",
    "month": "DATETIME_FORMAT({日期}, 'YYYY-MM')",
    "size": "IF({金额} > 50000, '大', IF({金额} > 10000, '中', '小'))",
    "line": "{主题} & ' ' & {电话}",
}
PAIRS = "合同方案股权激励上市辅导债券承销财富客户回访签约调研路演尽调申报募资"
WORDS = [PAIRS[start : start + 2] for start in range(0, len(PAIRS), 2)]
PARTS = "东西南北华海江河山川盛恒瑞泰宏远新光联创"
TRADES = ["科技", "医药", "电子", "机械", "能源", "材料", "农业", "物流", "银行", "环保"]


@dataclass(frozen=True)
class Place:
    """Ids of what the operations use; ``cookies`` by person."""

    visits: int
    companies: int
    grid: int
    calendar: int
    chart: int
    fields: dict[str, int]
    clerk: int
    head: int
    admin: int
    branch: int
    cookies: dict[str, str]
    overviews: dict[str, int]

    def plain(self) -> dict[str, Any]:
        return asdict(self)


def make(rows: int) -> Place:
    """Fill the empty database that is open."""
    random = Random(7)
    branches, people = _organisation()
    companies, visits = _tables()
    system = permissions.system()
    names = [f"{_name(random)}{number}" for number in range(COMPANIES)]
    title = companies.field("name").id
    linked = bulk.insert_many(system, companies, ({title: one} for one in names), via="bench").ids
    stream = _visits(visits, rows, random, linked, names, branches, people)
    for start in range(0, rows, CHUNK):
        part = (next(stream) for _number in range(min(CHUNK, rows - start)))
        bulk.insert_many(system, visits, part, via="bench")
        print(f"\r{start + CHUNK:>10,} visits", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return _shared(visits, companies, branches)


def compute(visits: schema.Table) -> float:
    """Four formulas of the visits, two figures of the companies; seconds until all stand."""
    system = permissions.system()
    began = time.perf_counter()
    link = tables.add_pair(system, visits.field("company"), "拜访", key="visits")
    companies = schema.current().table(visits.field("company").options["table"])
    for key, formula in FORMULAS.items():
        current = schema.current().table(visits.id)
        tables.add_field(system, current, "formula", key, key=key, options={"formula": formula})
    day = {"field": visits.field("day").id, "aggregate": "max"}
    for kind, key, options in (("count", "n", {}), ("rollup", "latest", day)):
        given = {"link": link.id, "scope": "everyone", **options}
        current = schema.current().table(companies.id)
        tables.add_field(system, current, kind, key, key=key, options=given)
    while backlog.step():
        pass
    return time.perf_counter() - began


def index() -> float:
    """Seconds to make the search indexes, as the worker does."""
    began = time.perf_counter()
    while searchindex.catch_up(60):
        pass
    return time.perf_counter() - began


def _organisation() -> tuple[list[int], list[int]]:
    """Head office, 6 subsidiaries, 87 branches, a clerk in each; ids of branches and clerks."""
    branches, people = [], []
    for number in range(DEPARTMENTS - 7):
        path = f"总部/公司{number % 6 + 1}/营业部{number + 1:02}"
        department = organisation.at_path(path)
        branches.append(department.id)
        person = accounts.add_person(
            f"clerk{number + 1}@example.com", name=f"员工{number + 1}", department=department
        )
        people.append(person.id)
    accounts.add_person("admin@example.com", name="管理员", admin=True)
    head = accounts.add_person(
        "head@example.com", name="负责人", department=organisation.at_path("总部/公司1")
    )
    models.Headship.create(person=head, department=organisation.at_path("总部/公司1"))
    return branches, people


def _tables() -> tuple[schema.Table, schema.Table]:
    system = permissions.system()
    base = tables.create_base(system, "走访", key="bench")
    companies = tables.create_table(system, base, "企业", key="companies", title=None)
    tables.add_field(system, companies, "text", "名称", key="name")
    visits = tables.create_table(
        system, schema.current().base(base.id), "拜访", key="visits", title=None
    )
    for kind, name, key, options in FIELDS:
        given = {"table": companies.id} if kind == "link" else options
        visits = schema.current().table(visits.id)
        tables.add_field(system, visits, kind, name, key=key, options=given)
    current = schema.current()
    return current.table(companies.id), current.table(visits.id)


def _name(random: Random) -> str:
    return "".join(random.choices(PARTS, k=2)) + random.choice(TRADES)


def _visits(
    table: schema.Table,
    rows: int,
    random: Random,
    companies: list[int],
    names: list[str],
    branches: list[int],
    people: list[int],
) -> Iterator[dict[int, Any]]:
    ids = {one.key: one.id for one in table.fields}
    for number in range(rows):
        place = random.randrange(len(branches))
        company = min(int(random.expovariate(1 / 4000)), COMPANIES - 1)
        day = FIRST_DAY + timedelta(days=random.randrange(DAYS))
        words = random.choices(WORDS, k=3)
        yield {
            ids["title"]: f"{names[company]}：{words[0]}{words[1]}",
            ids["company"]: [companies[company]],
            ids["day"]: day.isoformat(),
            ids["start"]: f"{day} {random.randrange(1, 10):02}:{random.randrange(60):02}:00",
            ids["kind"]: random.randrange(1, 6),
            ids["lines"]: sorted(random.sample(range(1, 6), random.randrange(1, 3))),
            ids["state"]: random.choice((1, 2, 2, 2, 3)),
            ids["people"]: random.randrange(1, 20),
            ids["amount"]: random.randrange(0, 10_000_000),
            ids["followed"]: random.random() < 0.3,
            ids["owner"]: people[place],
            ids["department"]: branches[place],
            ids["notes"]: f"第{number}次，谈了{words[2]}与{words[0]}，下月再访。" * 2,
            ids["phone"]: f"138{random.randrange(10**8):08}",
        }


def _shared(visits: schema.Table, companies: schema.Table, branches: list[int]) -> Place:
    """Views, the roles of clerk and head, a session for each."""
    system = permissions.system()
    fields = {one.key: one.id for one in visits.fields}
    newest = {"sort": [{"field": fields["day"], "desc": True}]}
    group = {"chart": "bar", "group": fields["department"], "measure": {"kind": "count"}}
    with db.write():
        made = [
            models.View.create(
                base=visits.base_id, table=visits.id, kind=kind, name=kind, options=options
            )
            for kind, options in (
                ("grid", newest),
                ("calendar", {"start": fields["day"]}),
                ("chart", group),
            )
        ]
        schema.changed()
    beside = overviews.make(visits, companies)
    base = schema.current().base("bench")
    below = {"field": fields["department"], "op": "any_of", "value": [BELOW]}
    role = roles.create(system, base, "员工")
    for table, rule in ((visits, below), (companies, True)):
        roles.set_right(
            system,
            role,
            table,
            rules={"read": rule, "create": rule, "update": rule},
            fields="write",
            levels={},
            export=True,
        )
    roles.set_shown(system, role, views=[*(one.id for one in made), *beside.values()], forms=[])
    people = {one.email.partition("@")[0]: one for one in models.Person.select()}
    cookies = {}
    with db.write():
        for name in ("clerk1", "head"):
            models.RoleMember.create(role=role, person=people[name])
        for name in ("clerk1", "head", "admin"):
            cookies[name] = accounts.start_session(people[name])
        schema.changed()
    indexes.make_missing()
    grid, calendar, chart = (one.id for one in made)
    ids = {name: people[name].id for name in ("clerk1", "head", "admin")}
    return Place(
        visits=visits.id,
        companies=companies.id,
        grid=grid,
        calendar=calendar,
        chart=chart,
        fields=fields,
        clerk=ids["clerk1"],
        head=ids["head"],
        admin=ids["admin"],
        branch=branches[0],
        cookies=cookies,
        overviews=beside,
    )
