"""Several files become linked tables: what points to what, settled words, circles, real files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dumping import everything
from tracker import models, permissions, schema, tables
from tracker.errors import Refused
from tracker.query import Query
from tracker.relating import making
from tracker.relating.survey import survey

SYSTEM = permissions.system().speaking("en", "Asia/Shanghai")
FILES = {
    "companies.csv": "名称,母公司,城市\n重庆医疗,,重庆\n上海电气,重庆医疗,上海\n"
    "GTX Pro,上海电气,深圳\n甲,,北京\n",
    "people.csv": "id,name,since\np1,王芳,2020-01-01\np1,王芳芳,2024-01-01\n"
    "p2,李娜,2021-01-01\np3,陈,2021-01-01\n",
    "visits.csv": "no,company,person_id,day\n1,重庆医疗,p1,2026-11-01\n"
    "2,上海电气,p2,2026-11-02\n3,GTXPro,p3,2026-11-03\n4,甲,p1,2026-11-03\n",
}


def written(folder: Path, files: dict[str, str]) -> list[tuple[Path, str]]:
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [(folder / name, name) for name in files]


def found(made) -> list[tuple[str, str, str, str]]:
    names = [one.table for one in made.sources]
    return [(names[one.source], one.column, names[one.target], one.key) for one in made.links]


def values(table, name: str) -> list[list[str]]:
    """Titles linked in a field, by record."""
    query = Query(SYSTEM, table)
    field = next(one for one in table.fields if one.name == name)
    target = schema.current().table(field.options["table"])
    titles = {one.id: one.title for one in Query(SYSTEM, target).fetch(Query(SYSTEM, target).ids())}
    return [[titles[id_] for id_ in one[field] or []] for one in query.fetch(query.ids())]


def test_files_hang_together_and_go_again(database, tmp_path):
    base = tables.create_base(SYSTEM, "走访", key="x")
    told = survey(written(tmp_path, FILES), "zh")
    assert found(told) == [
        ("companies", "母公司", "companies", "名称"),
        ("visits", "company", "companies", "名称"),
        ("visits", "person_id", "people", "id"),
    ]
    company = told.links[1]
    assert company.unknown == {"GTXPro": ["GTX Pro"]} and company.sure == {"GTXPro": "GTX Pro"}
    before = {**everything(), "meta": []}  # the version of the schema moves on
    making.make(SYSTEM, base, told, links=told.links, dry_run=True)
    assert {**everything(), "meta": []} == before
    made = making.make(SYSTEM, base, told, links=told.links)
    assert made.lost == {(2, "company"): 1}
    visits = schema.current().table(made.tables[2])
    field = next(one for one in visits.fields if one.name == "company")
    kept = [one.strays for one in Query(SYSTEM, visits).fetch(Query(SYSTEM, visits).ids())]
    assert {field.id: "GTXPro"} in kept  # nothing is lost
    assert making.undo(SYSTEM, made.batches) == 3
    assert schema.current().base(base.id).tables == ()
    aliases = {(2, "company"): company.sure}
    made = making.make(SYSTEM, base, told, links=told.links, aliases=aliases)
    visits, companies = (schema.current().table(made.tables[one]) for one in (2, 0))
    assert values(visits, "company") == [["重庆医疗"], ["上海电气"], ["GTX Pro"], ["甲"]]
    assert values(visits, "person_id")[0] == ["王芳", "王芳芳"]  # both rows with the key
    assert values(companies, "母公司") == [[], ["重庆医疗"], ["上海电气"], []]
    assert [one.name for one in companies.fields].count("母公司") == 1
    form = models.Form.get(models.Form.table == companies.id)
    asked = [one["field"] for one in form.definition["sections"][0]["questions"]]
    assert set(asked) <= set(companies.by_id)
    with pytest.raises(Refused):  # the names are taken; nothing is left of the try
        making.make(SYSTEM, base, told, links=told.links, names={0: "anew"})
    assert "anew" not in [one.name for one in schema.current().base(base.id).tables]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_circles_and_files_that_have_nothing_to_do_with_each_other(database, tmp_path):
    base = tables.create_base(SYSTEM, "圈", key="y")
    circle = {
        "a.csv": "id,b\na1,b1\na2,b2\na3,b1\n",
        "b.csv": "id,a\nb1,a1\nb2,a3\n",
        "c.csv": "x,day,n\n1,2026-01-01,5\n2,2026-01-01,6\n",
    }
    told = survey(written(tmp_path, circle), "en")
    assert found(told) == [("a", "b", "b", "id"), ("b", "a", "a", "id")]
    made = making.make(SYSTEM, base, told, links=told.links)
    assert values(schema.current().table(made.tables[0]), "b") == [["b1"], ["b2"], ["b1"]]
    assert values(schema.current().table(made.tables[1]), "a") == [["a1"], ["a3"]]
    with pytest.raises(Refused):
        survey(written(tmp_path, {"a.csv": "id\n1\n"}), "en")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_ministers_have_no_orphan_and_sales_find_their_products(database, shared, tmp_path):
    """Eight files by their ids; and names of which one in six is written together."""
    base = tables.create_base(SYSTEM, "数据", key="z")
    paths = sorted((shared / "data" / "ministers").glob("*.csv"))
    told = survey([(one, one.name) for one in paths], "en")
    assert len(found(told)) == 7 and all(not one.lost for one in told.links)
    small = [one for one in paths if one.stem in {"organisation", "organisation_link", "event"}]
    few = survey([(one, one.name) for one in small], "en")
    made = making.make(SYSTEM, base, few, links=few.links)
    links = schema.current().table(made.tables[2])
    assert made.lost == {} and [one.table for one in few.sources][2] == "organisation_link"
    for name in ("predecessor_organisation_id", "successor_organisation_id"):
        assert all(len(one) == 1 for one in values(links, name))
    crm = sorted((shared / "data" / "crm").glob("*.csv"))
    told = survey([(one, one.name) for one in crm], "en")
    assert [(one.column, one.lost, one.sure) for one in told.links] == [
        ("subsidiary_of", 0, {}),
        ("sales_agent", 0, {}),
        ("product", 1, {"GTXPro": "GTX Pro"}),
        ("account", 0, {}),
    ]
