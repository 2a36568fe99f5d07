"""A table with a field of every type, filled with telling values, to be turned into others."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

from tests import world as worlds
from tracker import db, fieldtypes, files, permissions, records, retype, schema, tables
from tracker.query import Query

SYSTEM = permissions.system().speaking("en", "Asia/Shanghai")
CHOICES = {"choices": ["甲", "12", "2026-11-21"]}
TELLING: dict[str, list[Any]] = {
    "text": [
        "12", "-3.50", "1e3", "12.5%", "50", "4★", "1:30", "1:30:15", "90 min", "yes", "否",
        "2026-11-21", "2026-11-21 09:30", "甲", "甲, 乙", "王芳", "owner@example.com", "总部/华东",
        "重庆医疗", "a@b.cn", "+86 21 1234-5678", "https://a.cn/x", "6901234567892",
        "31.2304, 121.4737 人民广场", "¥1,234.50", "=1+1", "'12", "0012", "普通 文字", "🙂",
    ],
    "long_text": ["# 一\n二", "12", "x" * 11_000, "甲\n乙", "  - [ ] 事"],
    "number": ["0", "-7", "3", "1234567890123456", "0.125", "45", "20261121"],
    "currency": ["0", "12.50", "-0.01", "1234567.89"],
    "percent": ["0", "12.5", "-3", "100", "250", "0.01"],
    "progress": ["0", "45", "100"],
    "rating": ["1", "5"],
    "duration": ["0", "1:30", "1:30:15", "-0:45", "100:00"],
    "checkbox": [True, False],
    "date": ["2026-11-21", "1899-12-31"],
    "datetime": ["2026-11-21 09:30", "2026-11-21 00:00", "2026-11-21 23:59:59"],
    "single_choice": ["甲", "12"],
    "stage": ["甲", "2026-11-21"],
    "multiple_choice": [["甲"], ["12", "甲"]],
    "person": ["王芳"],
    "department": ["华南", "总部/华东"],
    "link": ["甲社", "甲社 乙社"],
    "email": ["a@b.cn", "owner@example.com"],
    "phone": ["+86 21 1234-5678", "13800000000"],
    "url": ["https://a.cn/x?y=1"],
    "barcode": ["6901234567892", "A-1", "12"],
    "location": ["31.2304,121.4737 人民广场", "-33.86,151.21"],
    "recurrence": ["每周的周一、周三", "FREQ=DAILY;COUNT=3"],
    "attachment": [1, 2],
    "signature": [1],
}  # fmt: skip
OPTIONS: dict[str, dict[str, Any]] = {
    "number": {"precision": 3},
    "percent": {"precision": 2},
    "duration": {"format": "h:mm"},
    "single_choice": CHOICES,
    "stage": CHOICES,
    "multiple_choice": CHOICES,
}


KINDS = [one.key for one in fieldtypes.registry if one.written]


def options(key: str) -> dict[str, Any]:
    return {"table": "companies"} if key == "link" else dict(OPTIONS.get(key, {}))


def drawn() -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", (4, 4)).save(out, "PNG")
    out.seek(0)
    return out


class Matrix:
    """A table with one field of each type, filled with its telling values."""

    def __init__(self, keys, folder):
        self.world = worlds.build()
        self.keys = keys
        self.companies = {name: self.world.company(name) for name in ("甲社", "乙社", "重庆医疗")}
        base = schema.current().base("rounds")
        table = tables.create_table(SYSTEM, base, "矩阵", key="matrix", title=None)
        tables.add_field(SYSTEM, table, "text", "名", key="name")
        for key in keys:
            given = options(key)
            if key == "link":
                given["table"] = self.world.companies.id
            tables.add_field(SYSTEM, self.table, key, key, key=f"f_{key}", options=given)
        self.fill(folder)

    @property
    def table(self):
        return schema.current().base("rounds").table("matrix")

    def field(self, key):
        return self.table.field(f"f_{key}")

    def fill(self, folder):
        for place in range(max(len(TELLING[key]) for key in self.keys) + 1):
            values = {"name": str(place)}
            for key in self.keys:
                if place < len(TELLING[key]):
                    values[f"f_{key}"] = self.raw(key, TELLING[key][place], folder)
            records.create(SYSTEM, self.table, values, via="test")

    def raw(self, key, given, folder):
        if key == "link":
            return [self.companies[name] for name in given.split()]
        if fieldtypes.registry.get(key).family == "files":
            kept = [
                files.keep(folder, drawn(), f"{n}.png", viewer=SYSTEM, field=self.field(key))
                for n in range(given)
            ]
            return [one.id for one in kept]
        return given

    def stored(self):
        """All rows as the database keeps them, without what other generations left."""
        columns = ["id", "title", "strays", *(f.column for f in self.table.fields if self.own(f))]
        rows = db.query(f"SELECT {', '.join(columns)} FROM {self.table.sql_name} ORDER BY id")
        return rows, self.links()

    def own(self, field):
        return fieldtypes.get(field).stored and not field.options.get("column")

    def links(self):
        if "link" not in self.keys:
            return []
        junction = self.field("link").options["junction"]
        return db.query(f"SELECT src, dst, ord FROM l{junction} ORDER BY src, ord")

    def shown(self, field_id):
        """Record id → ``(value, stray)`` of a field, as it stands now."""
        field = schema.current().fields[field_id]
        found = Query(SYSTEM, self.table).only([field]).page(200).records
        return {one.id: (one.values[field.id], one.strays.get(field.id)) for one in found}


def turn(matrix, source, target):
    """There and back; what became of the values."""
    field = matrix.field(source)
    before, rows = matrix.shown(field.id), matrix.stored()
    report = retype.apply(SYSTEM, field, target, options(target))
    after = matrix.shown(field.id)
    for one, (value, _stray) in before.items():
        assert kept(after[one]) == (value is not None), (source, target, one)
    strays = sum(stray is not None for _value, stray in after.values())
    assert strays == report.fails, (source, target)
    assert sum(value is not None for value, _s in after.values()) == report.converts
    assert len(report.samples) == min(strays, retype.SAMPLES)
    assert not any(value is not None and stray is not None for value, stray in after.values())
    assert retype.undo(SYSTEM, report.batch_id) == []
    assert matrix.stored() == rows and matrix.field(source) == field, (source, target)
    retype.purge(SYSTEM, report.batch_id)
    return report, {one: after[one] for one in before if before[one][0] is not None}


def kept(pair):
    return pair[0] is not None or pair[1] is not None
