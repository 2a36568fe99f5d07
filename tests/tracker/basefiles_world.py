"""A small base with one of everything that a base file carries."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path
from typing import Any

from tests import world as worlds
from tracker import (
    comments,
    db,
    duties,
    files,
    models,
    organisation,
    permissions,
    publicids,
    records,
    retype,
    schema,
    tables,
)

SYSTEM = permissions.system()
CHOICES = {"choices": ["甲", "乙"]}
KINDS: dict[str, tuple[dict[str, Any], Any]] = {  # type → options, a value as a person writes it
    "long_text": ({}, "两行\n@王芳 fld:3"),
    "number": ({"precision": 2}, "12345678901.25"),
    "currency": ({"precision": 2, "symbol": "€"}, "-0.05"),
    "percent": ({}, "12%"),
    "progress": ({}, "40%"),
    "rating": ({}, "4"),
    "duration": ({}, "1:30"),
    "checkbox": ({}, "是"),
    "date": ({}, "2026-02-28"),
    "datetime": ({}, "2026-02-28 09:30"),
    "single_choice": (CHOICES, "乙"),
    "multiple_choice": (CHOICES, "甲,乙"),
    "stage": (CHOICES, "甲"),
    "person": ({}, "王芳"),
    "department": ({}, "上海"),
    "email": ({}, "a@b.cn"),
    "phone": ({}, "13800138000"),
    "url": ({}, "https://example.com/a?b=c"),
    "location": ({}, "31.230416,121.473701 人民广场"),
    "barcode": ({}, "6901234567892"),
    "recurrence": ({}, "FREQ=WEEKLY;BYDAY=MO"),
    "button": ({"address": "https://example.com/{title}", "label": "开"}, None),
    "autonumber": ({"pattern": "N-{000}"}, None),
    "created_at": ({}, None),
    "created_by": ({}, None),
    "modified_at": ({}, None),
    "modified_by": ({}, None),
}
COMPUTED: dict[str, dict[str, Any]] = {  # with the keys of fields for their ids
    "formula": {"formula": "IF({字段 checkbox}, {字段 number} * 2, 0) & '{fld:1}'", "decimals": 2},
    "lookup": {"link": "company", "field": "name", "scope": "viewer"},
    "rollup": {"link": "itself", "field": "number", "aggregate": "sum", "scope": "everyone"},
    "count": {"link": "itself", "scope": "everyone"},
}


def table(key: str) -> schema.Table:
    return schema.current().locate(f"rounds/{key}")


def build(folder: Path) -> worlds.World:
    """The small world of tests with a table of all types, and a definition of every kind."""
    world = worlds.build()
    worlds.sample(world)
    _every_type(world, folder)
    _definitions(world)
    return world


def _every_type(world: worlds.World, folder: Path) -> None:
    tables.create_table(SYSTEM, world.base, "全部", key="every", title=None)
    tables.add_field(SYSTEM, table("every"), "text", "标题", key="title", unique=True)
    for type, (options, _raw) in KINDS.items():
        tables.add_field(SYSTEM, table("every"), type, f"字段 {type}", key=type, options=options)
    for type in ("attachment", "signature"):
        tables.add_field(SYSTEM, table("every"), type, type, key=type)
    company = {"table": table("companies").id, "single": True}
    link = tables.add_field(SYSTEM, table("every"), "link", "企业", key="company", options=company)
    tables.add_pair(SYSTEM, link, "全部", key="everything")
    itself = {"table": table("every").id}
    tables.add_field(SYSTEM, table("every"), "link", "自己", key="itself", options=itself)
    _records(world, folder)
    _computed(world)
    _retyped()
    older = {key: one for key, one in table("every").field("company").options.items() if one}
    models.Field.update(options=older).where(
        models.Field.id == table("every").field("company").id
    ).execute()
    schema.changed()
    person = table("every").field("person")
    tables.update_field(SYSTEM, person, default=world.people["owner"].id)
    tables.update_field(
        SYSTEM, table("every").field("title"), help="@帮助", help_names={"en": "@Help"}
    )
    order = [one.id for one in table("every").fields]
    tables.order_fields(SYSTEM, table("every"), [order[3], *order[:3]])
    title = table("every").field("title")
    options = {"title": title.id, "sharing": "names", "names_fields": [person.id]}
    tables.update_table(SYSTEM, table("every"), options=options)


def _records(world: worlds.World, folder: Path) -> None:
    owner = world.people["owner"].id
    companies = [row[0] for row in db.query(f"SELECT id FROM {table('companies').sql_name}")]
    given = {key: raw for key, (_options, raw) in KINDS.items() if raw is not None}
    # Whatever a value is, no ids of this installation are known beyond it.
    photo = files.keep(
        folder / "files",
        io.BytesIO(b"A plain note."),
        "说明.txt",
        viewer=SYSTEM,
        field=table("every").field("attachment"),
    )
    first = _make({"title": "一", **given, "company": companies[:1], "attachment": [photo.id]})
    gone = _make({"title": "去", "itself": [first]})
    last = _make({"title": "@三", "itself": [gone, first], "person": owner})
    records.delete(SYSTEM, table("every"), gone, via="test")
    records.update(SYSTEM, table("every"), last, {"number": "7"}, via="test")
    number = str(table("every").field("date").id)
    strays = f'{{"{number}":"昨天"}}'
    sql = f"UPDATE {table('every').sql_name} SET strays = ?, created_by = ? WHERE id = ?"
    db.execute(sql, strays, owner, last)


def _computed(world: worlds.World) -> None:
    """Fields worked out from others, one from another, with conditions; and a limited link."""
    one = {field.key: field.id for field in table("every").fields}
    mine = {"field": one["person"], "op": "is", "value": _id(world, "owner")}
    for type, options in COMPUTED.items():
        source = table("companies") if type == "lookup" else table("every")
        known = {**options, "link": one.get(options.get("link", ""))}
        known["field"] = source.field(options["field"]).id if "field" in options else None
        known["condition"] = mine if type == "count" else None
        tables.add_field(SYSTEM, table("every"), type, type, key=type, options=known)
    again = {"formula": "{count} + 1"}
    tables.add_field(SYSTEM, table("every"), "formula", "更多", key="again", options=again)
    itself = table("every").field("itself")
    limit = {**itself.own_options, "limit": {"field": one["checkbox"], "op": "checked"}}
    tables.update_field(SYSTEM, itself, options=limit)
    _comment(world, 1, f"@[{publicids.person(_id(world, 'head'))}] 和 @[person:x]")
    _comment(world, 3, "二")


def _retyped() -> None:
    """A number that was a text, with what is no number beside it; a link that was a text."""
    for type, key, options in (("number", "was", {}), ("link", "led", None)):
        made = tables.add_field(SYSTEM, table("every"), "text", key, key=key)
        records.update(SYSTEM, table("every"), 1, {key: "重庆医疗"}, via="test")
        to = {"table": table("companies").id} if options is None else options
        retype.apply(SYSTEM, table("every").field(made.id), type, to)


def _comment(world: worlds.World, record_id: int, text: str) -> None:
    comments.add(world.viewer("admin"), table("every"), record_id, text)


def _make(values: dict[str, Any]) -> int:
    return records.create(SYSTEM, table("every"), values, via="test").record_id


def _definitions(world: worlds.World) -> None:
    every, base = table("every"), world.base
    one = {field.key: field.id for field in every.fields}
    mine = {"field": one["person"], "op": "any_of", "value": [{"var": "me"}, _id(world, "head")]}
    east = {"field": one["department"], "op": "is", "value": str(world.departments["华东"].id)}
    condition = {"all": [mine, {"not": east}, {"field": one["itself"], "op": "filled"}]}
    form = models.Form.create(
        table=every.id,
        name="填报",
        definition={"sections": [{"title": "", "questions": _questions(one, world, condition)}]},
    )
    duty = duties.save(
        SYSTEM,
        base,
        name="日报",
        table=every,
        form_id=form.id,
        definition={
            "owers": {"departments": [world.departments["上海"].id]},
            "ower_field": one["department"],
            "date_field": one["date"],
            "every": "day",
            "due": {"time": "17:00"},
            "since": "2026-01-01",
        },
    )
    role = world.roles["staff"]
    _work(base, duty, one=one, world=world)
    views = _views(base, every, one=one, duty=duty, filter=condition)
    shown = {"views": [*views, 987_654], "forms": [form.id]}
    models.Role.update(shown).where(models.Role.id == role.id).execute()
    models.TableRight.create(role=role, table=every.id, read=condition, create_rule=True)
    models.FieldRight.create(role=role, field=one["number"], level="once")
    models.RoleMember.create(role=role, department=world.departments["华南"].id)
    schema.changed()


def _id(world: worlds.World, name: str) -> int:
    return int(world.people[name].id)


def _questions(one: dict[str, int], world: worlds.World, condition: Any) -> list[dict[str, Any]]:
    return [
        {"field": one["person"], "default": _id(world, "colleague"), "label": "@谁"},
        {"field": one["stage"], "default": 1, "show_if": condition},
        {"field": one["text"] if "text" in one else one["title"], "help": "@@"},
    ]


def _work(base: schema.Base, duty: models.Duty, *, one: dict[str, int], world: Any) -> None:
    ower = str(world.departments["上海"].id)
    at = datetime.fromisoformat("2026-02-01 08:00:00")
    said = {"duty": duty.id, "ower": ower, "period": "2026-02-02", "reason": "放假", "at": at}
    models.Exemption.create(**said, by=_id(world, "owner"))
    role = world.roles["staff"].id
    chase = {"at": "09:00", "ladder": [], "channels": ["inbox"], "give_up_days": 3, "role": role}
    models.Chase.create(duty=duty, definition=chase)
    to = [{"people": [_id(world, "head")]}, {"field": one["person"]}, {"role": role}]
    to += [{"heads_of": one["department"]}]
    trigger = {"kind": "record", "table": duty.table_id, "when": "changed", "fields": [one["date"]]}
    actions = [
        {"kind": "notify", "to": to, "channels": ["inbox"], "subject": "@{title}", "body": ""},
        {"kind": "chase", "duty": duty.id},
    ]
    models.Automation.create(
        base=base.id,
        name="提醒",
        definition={"trigger": trigger, "condition": True, "actions": actions},
        run_as=_id(world, "owner"),
        enabled=True,
    )


def _views(
    base: schema.Base, every: schema.Table, *, one: dict[str, int], duty: Any, filter: Any
) -> list[int]:
    common = {
        "filter": filter,
        "sort": [{"field": one["number"], "desc": True}],
        "hidden": [one["email"]],
        "order": [one["url"], one["title"]],
        "widths": {str(one["title"]): 300},
        "group": one["stage"],
        "color": one["single_choice"],
    }
    visits = {"table": every.id, "link": one["company"], "date": one["date"], "planned": filter}
    measure = {"kind": "sum", "field": one["number"]}
    figure = {"kind": "number", "table": every.id, "filter": filter, "measure": measure}
    kinds: dict[str, dict[str, Any]] = {
        "grid": {},
        "calendar": {"start": one["date"], "end": one["datetime"], "done": filter},
        "chart": {"chart": "bar", "group": one["date"], "measure": measure, "order": ""},
        "roster": {"visits": visits, "target_days": 30},
        "matrix": {"duty": duty.id},
    }
    made = [_view(base, kind, {**common, **more}, table=every.id) for kind, more in kinds.items()]
    tiles = [{"kind": "view", "view": made[1], "w": 6}, {"kind": "text", "text": "@所有人"}]
    compare = {"field": one["date"], "span": "this_month"}
    tiles.append({**figure, "compare": compare, "title": "本月", "names": {"en": "@This month"}})
    fits = {str(every.id): {"date": one["date"], "department": 0}}
    first = [models.Role.get(models.Role.base == base.id).id]
    made.append(_view(base, "dashboard", {"tiles": tiles, "fits": fits, "first_for": first}))
    later: dict[str, dict[str, Any]] = {
        "kanban": {"measure": measure, "cover": None, "limit": 3, "limits": {"1": 2}},
        "gallery": {"cover": one["attachment"], "size": "small"},
        "timeline": {"start": one["date"], "progress": one["number"], "depends": one["company"]},
        "hierarchy": {
            "parent": one["company"],
            "progress": one["number"],
            "weight": one["currency"],
        },
        "pivot": {
            "rows": [{"field": one["stage"], "bucket": "month"}],
            "column": {"field": one["date"], "bucket": "quarter"},
            "measures": [{"kind": "unique", "field": one["title"]}, measure],
        },
    }
    return [
        *made,
        *(_view(base, kind, {**common, **more}, table=every.id) for kind, more in later.items()),
    ]


def _view(base: schema.Base, kind: str, options: Any, table: int | None = None) -> int:
    row = models.View.create(base=base.id, table=table, kind=kind, name=kind, options=options)
    return int(row.id)


def shift() -> None:
    """Another installation's own things, so that no id is what it is elsewhere."""
    for name in ("别处", "别处/上海", "总部"):
        organisation.at_path(name)
    base = tables.create_base(SYSTEM, "别的", key="other")
    for name in ("一", "二"):
        made = tables.create_table(SYSTEM, schema.current().base(base.id), name)
        for number in range(3):
            tables.add_field(SYSTEM, schema.current().table(made.id), "text", f"字段{number}")
        models.View.create(base=base.id, table=made.id, kind="grid", name="g")
        models.Form.create(table=made.id, name="f")
