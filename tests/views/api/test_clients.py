"""pyairtable, as it is, against a running server."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyairtable
import pytest
import requests
from pyairtable import formulas
from pyairtable.api.table import Table

from tests import world as worlds
from tests.conftest import opened
from tests.e2e.serving import served
from tests.settled import settled
from tracker import accounts, migrations, permissions, tables

NOWHERE = "http://127.0.0.1:9/"  # inside the house: never called
COMPUTED: list[tuple[str, str, dict[str, Any]]] = [
    ("formula", "每人", {"formula": "{金额} / {人数}", "decimals": 2}),
    ("lookup", "名称", {"link": "company", "field": "name"}),
    ("rollup", "家数", {"link": "company", "aggregate": "count"}),
    ("count", "几家", {"link": "company"}),
]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pyairtable.Api]:
    """The small world behind ``rounds serve``, and an administrator's token."""
    folder: Path = tmp_path_factory.mktemp("served")
    with opened(f"sqlite:///{folder / 'rounds.db'}"):
        migrations.migrate()
        world = worlds.build()
        worlds.sample(world)
        for kind, name, options in COMPUTED:
            tables.add_field(permissions.system(), world.visits, kind, name, options=options)
        token = accounts.add_token(world.people["admin"], "pyairtable")
    with served(folder, demo=False) as address:
        yield pyairtable.Api(token, endpoint_url=f"{address}/api")


@pytest.fixture
def visits(api: pyairtable.Api) -> Table:
    return api.bases()[0].table("拜访")


def test_metadata(api):
    assert api.whoami()["email"] == "admin@example.com"
    base = api.base(api.bases()[0].id)
    assert [one.name for one in base.schema().tables] == ["企业", "拜访"]
    table = base.create_table(
        "T 1/中文",
        [
            {"name": "Name", "type": "singleLineText"},
            {
                "name": "Art",
                "type": "singleSelect",
                "options": {"choices": [{"name": "a", "color": "redLight2"}]},
            },
        ],
    )
    field = table.create_field("Preis", "currency", options={"precision": 2, "symbol": "€"})
    assert field.options.symbol == "€"
    named = base.table("T 1/中文")
    assert named.schema().field("Art").options.choices[0].color == "redLight2"
    made = named.create({"Name": "q", "Art": "a", "Preis": 1.5})
    assert named.get(made["id"])["fields"] == {"Name": "q", "Art": "a", "Preis": 1.5}


def test_computed_fields(visits):
    schema = visits.schema()
    link, people = schema.field("企业").id, schema.field("人数").id
    ratio, names, amount = (schema.field(one).options for one in ("每人", "名称", "家数"))
    assert people in ratio.referenced_field_ids
    assert (ratio.result.type, ratio.result.options.precision) == ("number", 2)
    assert (names.record_link_field_id, names.result.type) == (link, "singleLineText")
    assert (amount.result.type, schema.field("几家").options.is_valid) == ("number", True)
    [first] = visits.all(formula=formulas.EQ(formulas.Field("名称"), "重庆医疗"))
    found = [first["fields"][one] for one in ("每人", "名称", "家数", "几家")]
    assert found == [pytest.approx(1000.5 / 3), ["重庆医疗"], 1, 1]


def test_records(visits):
    made = visits.create({"标题": "接口", "人数": 7, "日期": "2026-11-09"})
    assert visits.get(made["id"], cell_format="string", time_zone="UTC", user_locale="en")
    assert visits.update(made["id"], {"人数": 8})["fields"]["人数"] == 8
    assert "人数" not in visits.update(made["id"], {"标题": "接口"}, replace=True)["fields"]
    many = visits.batch_create([{"标题": f"批{number}"} for number in range(23)])
    assert len({one["id"] for one in many}) == 23
    pages = list(visits.iterate(page_size=9, sort=["-编号"]))
    assert [len(page) for page in pages] == [9, 9, 9]
    assert len(visits.all(max_records=5, page_size=2)) == 5
    assert visits.first(sort=["编号"], fields=["标题"])["fields"] == {"标题": "东部首访"}
    changed = visits.batch_update([{"id": one["id"], "fields": {"人数": 1}} for one in many])
    assert all(one["fields"]["人数"] == 1 for one in changed)
    upserts = [{"fields": {"标题": "批1", "人数": 2}}, {"fields": {"标题": "新", "人数": 2}}]
    told = visits.batch_upsert(upserts, key_fields=["标题"])
    assert (len(told["createdRecords"]), len(told["updatedRecords"])) == (1, 1)
    gone = visits.batch_delete([one["id"] for one in [*many, made]])
    assert all(one["deleted"] for one in gone)
    with pytest.raises(requests.HTTPError, match="NOT_FOUND"):
        visits.get(made["id"])
    with pytest.raises(requests.HTTPError, match="INVALID_MULTIPLE_CHOICE_OPTIONS"):
        visits.create({"方式": "传真"})
    assert visits.create({"方式": "传真"}, typecast=True)["fields"]["方式"] == "传真"


def test_comments(visits):
    record = visits.create({"标题": "说说"})["id"]
    comment = visits.add_comment(record, "你好")
    comment.text = "改了"
    comment.save()
    [found] = visits.comments(record)
    assert (found.text, found.author.name) == ("改了", "管理")
    assert found.created_time.tzinfo is dt.UTC
    found.delete()
    assert visits.comments(record) == []


def test_formulas(visits):
    found = visits.all(formula=formulas.match({"标题": "东部首访", "人数": 3}))
    assert [one["fields"]["标题"] for one in found] == ["东部首访"]
    long = formulas.OR(*(formulas.EQ(formulas.Field("标题"), f"访{n}" * 30) for n in range(55)))
    assert visits.all(formula=long) == []  # too long for an address: asked by POST


def test_webhooks(api, visits):
    base = api.bases()[0]
    made = base.add_webhook(NOWHERE, {"options": {"filters": {"dataTypes": ["tableData"]}}})
    record = visits.create({"标题": "gehört"})["id"]
    visits.update(record, {"标题": "gesehen"})
    visits.delete(record)
    hook = base.webhook(made.id)
    settled()
    table = visits.schema().id
    created, changed, gone = (one.changed_tables_by_id[table] for one in hook.payloads())
    assert list(created.created_records_by_id) == [record]
    [values] = changed.changed_records_by_id[record].current.cell_values_by_field_id.values()
    assert values == "gesehen"
    assert gone.destroyed_record_ids == [record]
    hook.extend_expiration()
    hook.disable_notifications()
    hook.delete()
    assert base.webhooks() == []
