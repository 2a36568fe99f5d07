"""The stage of the world-pair test: one small installation with every channel in it."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from typing import Any

import openpyxl
from PIL import Image

from tests import world as worlds
from tests.trust.replay import NOW
from tracker import (
    accounts,
    comments,
    db,
    definitions,
    duties,
    files,
    models,
    permissions,
    records,
    schema,
    sharedlinks,
    tables,
    webhooks,
)
from tracker.models import Form, View
from tracker.query import Query
from tracker.roundtrip import template
from tracker.roundtrip.marks import Signer
from views.shared.showing import may_be_shown

SYSTEM = permissions.system()
PASSWORD = "seven rounds a day"


def build(folder: Path) -> worlds.World:
    """An installation in ``folder`` whose database is open; the sessions file tells the cookies."""
    world = worlds.build()
    ids = worlds.sample(world)
    _hidden_text(world)
    for number in range(12):
        here = number % 2 == 0
        world.visit(
            f"{'东' if here else '南'}访{number}",
            company=[ids["medical"] if number % 3 else ids["electric"]],
            day=f"2026-11-{number + 5:02}",
            start=f"2026-11-{number + 5:02} 09:30",
            kind=["上门", "电话", "线上"][number % 3],
            state=["计划", "完成"][number % 2],
            people=number,
            amount=number * 100,
            owner=world.people["owner" if here else "colleague"].id,
            department=world.departments["上海" if here else "华南"].id,
            notes=f"纪要 {number}",
            remark=f"内部 琥珀 {number}",
        )
    _tree(world)
    _computed(world)
    _hidden_things(world)
    _photos(world, folder)
    _views(world)
    with db.write():
        cookies = [
            f"{name}\t{accounts.start_session(person)}" for name, person in world.people.items()
        ]
    (folder / "cookies").write_text("\n".join(cookies), encoding="utf-8")
    tokens = [
        f"{name}\t{accounts.add_token(person, 'test')}" for name, person in world.people.items()
    ]
    (folder / "tokens").write_text("\n".join(tokens), encoding="utf-8")
    _said(world)
    _asked(world)
    (folder / "links").write_text("\n".join(_links(world)), encoding="utf-8")
    with db.write():  # shortly before the clock of the replay, whenever this runs
        models.Change.update(at=NOW.replace(tzinfo=None) - dt.timedelta(minutes=5)).execute()
    return world


def _tree(world: worlds.World) -> None:
    """Visits beneath visits of both sides, and some in a circle."""
    link = {"table": world.visits.id}
    above = tables.add_field(SYSTEM, world.visits, "link", "上级", key="above", options=link)
    for number in range(2, 13):
        values = {above.id: [number // 2] if number > 3 else [5 - number]}
        records.update(SYSTEM, world.visits, number, values, via="test")


def _links(world: worlds.World) -> list[str]:
    """Links that the owner shares, one for each view that has a shared page."""
    owner = world.viewer("owner")
    day: dict[str, Any] = {"name": "", "password": "", "until": "2026-12-31", "params": {}}
    day["download"] = True
    views = [one for one in View.select() if may_be_shown(one) and one.sharing == "shared"]
    shared = [one for one in views if sharedlinks.may_share(owner, one)]
    return [sharedlinks.create(owner, one, **day) for one in shared]


def _hidden_text(world: worlds.World) -> None:
    """A text in every visit that only coordinators see: what a search must not find."""
    remark = tables.add_field(SYSTEM, world.visits, "text", "内部备注", key="remark")
    with db.write():
        for role in world.roles.values():
            models.FieldRight.create(role=role, field=remark.id, level="hidden")
        schema.changed()


def _said(world: worlds.World) -> None:
    """A remark on each visit; an ear of each person, on all that ever happened."""
    for number in Query(SYSTEM, world.visits).ids():
        comments.add(SYSTEM, world.visits, number, f"话 {number}")
    everything = {"options": {"filters": {"dataTypes": ["tableData"]}}}
    for name in world.people:
        if world.viewer(name).may_enter(world.base.id):
            made = webhooks.create(
                world.viewer(name), world.base, url=None, specification=everything, wanted={}
            )
            models.Webhook.update(read_to=0).where(models.Webhook.id == made.id).execute()


def _asked(world: worlds.World) -> None:
    """A question on each visit in words of a hidden field: to everybody, or to one colleague."""
    action = {"kind": "alert", "subject": "{title}？{remark}", "body": "{remark}", "free": True}
    action |= {"answers": ["好"], "channels": ["inbox"]}
    action |= {"field": world.visits.field("notes").id, "days": 3}
    action["tell"] = {"heads_of": world.visits.field("department").id}
    admin = world.people["admin"]
    made = models.Automation.create(base=world.base.id, name="问一下", run_as=admin, enabled=True)
    everybody = [person.id for person in world.people.values()]
    for number in Query(SYSTEM, world.visits).ids():
        about = {"table_id": world.visits.id, "record_id": number, "asked": action}
        alert = models.Alert.create(automation=made.id, **about, asked_at=NOW.replace(tzinfo=None))
        for person in everybody if number % 3 else [world.people["colleague"].id]:
            models.AlertParty.create(alert=alert.id, person=person)
            told = {"person": person, "subject": "问", "link": f"/alerts/{alert.id}"}
            models.Notification.create(key=f"alert:{alert.id}:{person}", **told)


def _computed(world: worlds.World) -> None:
    """Figures over visits, of which each reader sees others; seen by all who see companies."""
    link = tables.add_pair(SYSTEM, world.visits.field("company"), "拜访", key="visits").id
    late = {"field": "day", "op": "after", "value": "2026-11-08"}
    made: list[tuple[str, str, dict]] = [
        ("count", "n", {}),
        ("count", "late", {"condition": late}),
        ("rollup", "heads", {"field": "people", "aggregate": "sum"}),
        ("rollup", "money", {"field": "amount", "aggregate": "avg"}),
        ("rollup", "latest", {"field": "day", "aggregate": "max"}),
        ("lookup", "titles", {"field": "title"}),
        ("lookup", "ways", {"field": "kind"}),
    ]
    for type, key, options in made:
        options = {"link": link, **options}
        tables.add_field(SYSTEM, world.companies, type, key, key=key, options=options)


def _hidden_things(world: worlds.World) -> None:
    """A table, a field and a role that no role but the coordinator's opens."""
    secret = tables.create_table(SYSTEM, world.base, "机密项目", key="secret")
    tables.add_field(
        SYSTEM, secret, "link", "涉及企业", key="about", options={"table": world.companies.id}
    )
    only_east = {"field": world.companies.field("name").id, "op": "contains", "value": "重庆"}
    with db.write():
        models.Role.create(base=world.base.id, key="secret", name="机密小组")
        models.TableRight.update(read=only_east).where(
            models.TableRight.table == world.companies.id,
            models.TableRight.role == world.roles["staff"],
        ).execute()
        models.TableRight.update(export=True).where(
            models.TableRight.table == world.visits.id,
            models.TableRight.role == world.roles["staff"],
        ).execute()
        schema.changed()


def workbook(world: worlds.World, secret: bytes) -> bytes:
    """A template of all visits, hidden ones too, filled in by somebody: for whoever uploads it."""
    signer = Signer(secret)
    maker = template.Maker(Query(SYSTEM, world.visits), signer, template.Wish())
    made, back = io.BytesIO(), io.BytesIO()
    maker.write(made)
    book = openpyxl.load_workbook(made)
    sheet = book.worksheets[0]
    columns = {cell.value: cell.column for cell in sheet[1]}
    said = {"notes": "改过", "company": "上海电器", "amount": 7, "title": "换了"}
    for row in range(3, sheet.max_row + 1):
        for place, (key, value) in enumerate(said.items()):
            if (row + place) % 3 == 0:
                sheet.cell(row, columns[f"f{world.visits.field(key).id}"]).value = value
    sheet.append([None, "新的", "重庆 医疗"])
    book.save(back)
    return back.getvalue()


def _photos(world: worlds.World, folder: Path) -> None:
    """Photos of visits of both sides, in a field that staff see and in one that they do not."""
    for key, name in (("photos", "照片"), ("inner", "内部照片")):
        tables.add_field(SYSTEM, world.visits, "attachment", name, key=key)
    hidden = world.visits.field("inner").id
    with db.write():
        for role in ("staff", "head"):
            models.FieldRight.create(role=world.roles[role], field=hidden, level="hidden")
        schema.changed()
    for record_id in range(1, 9):
        values = {key: [_photo(world, folder, key, record_id)] for key in ("photos", "inner")}
        records.update(SYSTEM, world.visits, record_id, values, via="test")


def _photo(world: worlds.World, folder: Path, key: str, number: int) -> str:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), (number * 20, 9, 9)).save(out, "PNG")
    out.seek(0)
    field, name = world.visits.field(key), f"现场{number}.png"
    kept = files.keep(folder / "files", out, name, viewer=SYSTEM, field=field)
    return str(kept.id)


def _views(world: worlds.World) -> None:
    """A view of each kind, shown to staff and heads; a form, a duty; what others keep."""
    visits, companies = world.visits, world.companies
    field = {one.key: one.id for one in visits.fields}
    people = {"kind": "sum", "field": field["people"]}
    pair = {"table": visits.id, "link": field["company"]}
    amount = {"field": field["amount"], "op": "gt", "value": 300}  # hidden from staff
    hues = {"colors": [{"when": amount, "color": "red"}, {"by": field["kind"]}]}
    roster = {
        "visits": {**pair, "date": field["day"]},
        "target_days": 30,
        "open": {**pair, "condition": {"field": field["state"], "op": "is", "value": 1}},
        "risk": {**pair, "condition": amount},
    }
    with db.write():
        shown = [
            _view(world, visits, "grid", {}),
            _view(world, visits, "calendar", _layered(world, field)),
            _view(
                world, visits, "chart", {"chart": "bar", "group": field["kind"], "measure": people}
            ),
            _view(world, visits, "chart", {"chart": "stage_funnel", "group": field["state"]}),
            _view(world, visits, "roster", {"by": field["owner"], "date": field["day"]}),
            _view(
                world,
                visits,
                "kanban",
                {"group": field["state"], "measure": people, "limit": 2, **hues},
            ),
            _view(world, visits, "gallery", {"cover": field["photos"], **hues}),
            _view(world, visits, "pivot", _crossed(field)),
            _view(world, visits, "timeline", _bars(field)),
            _view(
                world,
                visits,
                "hierarchy",
                {"parent": field["above"], "progress": field["people"], **hues},
            ),
            _view(world, companies, "grid", {}),
            _view(world, companies, "roster", roster),
        ]
        form = Form.create(table=visits.id, name="填报", definition=_form(world))
        shown.append(_view(world, visits, "matrix", {"duty": _duty(world, field, form.id)}))
        shown.append(_view(world, None, "dashboard", {"tiles": _tiles(visits.id, field, shown)}))
        roles = [world.roles["staff"].id, world.roles["head"].id]
        for view in shown:
            definitions.show_to_roles("views", view, roles, world.base.id)
        definitions.show_to_roles("forms", form.id, roles, world.base.id)
        _kept_to_themselves(world)
        schema.changed()


def _bars(field: dict[str, int]) -> dict:
    late = {"when": {"field": field["remark"], "op": "contains", "value": "1"}, "color": "red"}
    lanes = {"group": field["company"], "color": field["kind"], "depends": field["above"]}
    return {"start": field["day"], "end": None, "rules": [late], **lanes}


def _layered(world: worlds.World, field: dict[str, int]) -> dict:
    """Visits by both dates, repeating; companies by a date of each reader's own; the secret."""
    tables.add_field(SYSTEM, world.visits, "recurrence", "重复", key="repeat")
    secret = world.base.table("secret")
    tables.add_field(SYSTEM, secret, "date", "日子", key="day")
    repeat, number = world.visits.field("repeat").id, iter(Query(SYSTEM, world.visits).ids())
    for record_id in [next(number) for _count in range(6)]:
        records.update(SYSTEM, world.visits, record_id, {repeat: "FREQ=WEEKLY"}, via="test")
    amount = {"field": field["amount"], "op": "gt", "value": 100}
    latest, day = world.companies.field("latest").id, world.base.table("secret").field("day").id
    days = {"table": world.visits.id, "start": field["day"]}
    return {
        "start": field["start"],
        "color": field["kind"],
        "repeat": repeat,
        "layers": [
            {"key": "days", **days, "colors": [{"when": amount, "color": "red"}]},
            {"key": "dear", **days, "filter": amount},
            {"key": "firms", "table": world.companies.id, "start": latest},
            {"key": "secret", "table": secret.id, "start": day},
        ],
    }


def _view(world: worlds.World, table: schema.Table | None, kind: str, options: dict) -> int:
    owned = {"base": world.base.id, "table": table.id if table else None}
    return int(View.create(**owned, kind=kind, name=kind, options=options).id)


def _crossed(field: dict[str, int]) -> dict:
    """A pivot that names a hidden field too."""
    rows = [{"field": field[key], "bucket": "month"} for key in ("department", "tags")]
    measures = [{"kind": "count"}, {"kind": "sum", "field": field["amount"]}]
    measures.append({"kind": "unique", "field": field["company"]})
    column = {"field": field["day"], "bucket": "week"}
    return {"rows": rows, "column": column, "measures": measures, "share": "row", "heat": True}


def _tiles(visits: int, field: dict[str, int], views: list[int]) -> list[dict]:
    """Every view, figures and lists; some name a hidden field."""
    amount, size = field["amount"], {"w": 3, "h": 1}
    much = {"field": amount, "op": "gt", "value": 100}
    number = {"kind": "number", "table": visits, "title": "数", **size}
    count, total = ({"kind": one, "field": amount} for one in ("count", "sum"))
    listed = {"kind": "list", "table": visits, "title": "列", "fields": [amount, field["day"]]}
    return [
        *({"kind": "view", "view": one, "w": 6, "h": 4} for one in views),
        {**number, "measure": {**count, "field": None}},
        {**number, "measure": total},
        {**number, "measure": {**count, "field": None}, "filter": much},
        {**listed, "sort": {"field": amount, "desc": True}, "rows": 3, **size},
    ]


def _duty(world: worlds.World, field: dict[str, int], form: int) -> int:
    definition = {
        "owers": {"departments": [one.id for one in world.departments.values()]},
        "ower_field": field["department"],
        "date_field": field["day"],
        "every": "week",
        "due": {"weekday": 4, "time": "17:00"},
        "since": "2026-10-01",
    }
    saved = duties.save(
        SYSTEM, world.base, name="周报", table=world.visits, definition=definition, form_id=form
    )
    return int(saved.id)


def _kept_to_themselves(world: worlds.World) -> None:
    """A personal view of the colleague, a dashboard of the owner's own, a line in each inbox."""
    own = {"sharing": "personal", "owner": world.people["colleague"].id, "options": {}}
    View.create(base=world.base.id, table=world.visits.id, kind="grid", name="李娜自己的", **own)
    own |= {"owner": world.people["owner"].id}
    View.create(base=world.base.id, kind="dashboard", name="自己的", **own)
    for name in ("owner", "colleague"):
        told = {"person": world.people[name], "subject": f"提醒 {name}", "body": "周报"}
        models.Notification.create(key=f"told:{name}", **told)


def _form(world: worlds.World) -> dict:
    keys = ("title", "company", "day", "kind", "department", "owner", "notes")
    questions = [{"field": world.visits.field(key).id} for key in keys]
    return {"sections": [{"title": "拜访", "questions": questions}]}


def unseen(viewer: permissions.Viewer) -> dict[int, tuple[set[int], set[int]]]:
    """Table id → (record ids, field ids) of it that the viewer may not see."""
    found = {}
    for table in schema.current().tables.values():
        every = set(Query(SYSTEM, table).ids())
        access = permissions.possible_access(viewer, table)
        rows = set(Query(viewer, table).ids()) if access.lanes else set()
        seen = {field.id for field in access.fields} if access.lanes else set()
        found[table.id] = (every - rows, {one.id for one in table.fields} - seen)
    return found
