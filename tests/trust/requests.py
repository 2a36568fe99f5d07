"""The requests of the world-pair test, channel by channel: a seeded stream for one person.

``CHANNELS`` maps endpoints to the requests that try them well; every other door of the register is
tried with plausible ids, so that a new one is in the test from its first day.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import quote

from tracker import publicids
from views.room import PUBLIC, Door


@dataclass
class Stage:
    """The ids that requests are made from; the same in both worlds."""

    visits: int
    companies: int
    secret: int
    base: int
    views: list[int]
    kinds: dict[str, list[int]]  # kind of view → ids
    forms: list[int]
    records: list[int]
    unseen: list[int]
    fields: dict[str, int]
    companies_fields: dict[str, int]
    changes: list[int]
    person: int
    others: list[int]
    workbook: str  # a filled-in template of all visits, base64
    files: list[str]


Make = Callable[[Stage, Random], dict[str, Any]]
TEXTS = (
    "首访",
    "东",
    "南",
    "重庆",
    "上海",
    "cq",
    "sh",
    "夜航",
    "琥珀",
    "纪要",
    "%",
    "9731",
    "ZQX",
    "李娜",
)
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


def get(path: str, **params: Any) -> dict[str, Any]:
    query = "&".join(f"{key}={quote(str(value))}" for key, value in params.items())
    return {"method": "GET", "path": f"{path}?{query}" if query else path}


def leaf(stage: Stage, random: Random) -> dict[str, Any]:
    """A filter leaf over any field, hidden ones too."""
    key = random.choice([*stage.fields, "amount", "nosuch"])
    field = stage.fields.get(key, key)
    operator, value = random.choice(
        [
            ("contains", random.choice(TEXTS)),
            ("is", random.choice([*TEXTS, 1, 2])),
            ("gt", random.choice([0, 100, 5000])),
            ("lt", 900),
            ("empty", None),
            ("filled", None),
            ("any_of", [1, 2]),
            ("has_any", [1]),
            ("has_none", [2]),
            ("within", "this_month"),
            ("before", "2026-11-10"),
            ("checked", None),
        ]
    )
    return {"field": field, "op": operator, "value": value}


def tree(stage: Stage, random: Random, depth: int = 2) -> dict[str, Any]:
    if depth == 0 or random.random() < 0.5:
        return leaf(stage, random)
    if random.random() < 0.3:
        return {"not": tree(stage, random, depth - 1)}
    parts = [tree(stage, random, depth - 1) for _ in range(random.randint(1, 3))]
    return {random.choice(["all", "any"]): parts}


def narrowed(stage: Stage, random: Random) -> dict[str, str]:
    """Random filter, sort and search parameters of a view."""
    params: dict[str, str] = {}
    if random.random() < 0.6:
        params["filter"] = json.dumps(tree(stage, random))
    if random.random() < 0.5:
        names = [random.choice([*stage.fields.values(), "amount", "nosuch"]) for _ in range(2)]
        params["sort"] = ",".join(random.choice(["", "-"]) + str(one) for one in names)
    if random.random() < 0.3:
        params["q"] = random.choice(TEXTS)
    return params


def any_record(stage: Stage, random: Random) -> str:
    table = random.choice([stage.visits, stage.visits, stage.companies, stage.secret, 99])
    return f"/r/{table}/{random.choice([*stage.records, 10_000])}"


def view_page(stage: Stage, random: Random) -> dict[str, Any]:
    made = get(f"/v/{random.choice([*stage.views, 9999])}", **narrowed(stage, random))
    return {**made, "headers": random.choice([{}, PARTIAL])}


def view_data(kind: str, *whats: str) -> Make:
    """What the views of one kind fetch after their page."""

    def make(stage: Stage, random: Random) -> dict[str, Any]:
        extra: dict[str, Any] = {"start": "2026-11-01", "end": "2026-12-01"}
        extra["from"] = random.choice([0, 3])
        extra["key"] = random.choice([*stage.others, stage.person])
        view = random.choice(stage.kinds[kind])
        what = random.choice(whats)
        return get(f"/v/{view}/data/{what}", **{**narrowed(stage, random), **extra})

    return make


def pick(stage: Stage, random: Random) -> dict[str, Any]:
    field = random.choice([stage.fields["company"], stage.fields["company"], stage.fields["title"]])
    table = random.choice([stage.visits, stage.visits, stage.companies])
    return get(f"/r/{table}/pick", field=field, q=random.choice([*TEXTS, ""]))


def search(stage: Stage, random: Random) -> dict[str, Any]:
    """The search box: words, parts of them, pinyin; while typing and as a page."""
    words = random.choice(
        [*TEXTS, "yehang", "hupo", "yh", "上", "东 纪", "dongfang", "访1", "-1 访"]
    )
    base = random.choice([{}, {"base": stage.base}, {"base": 99}])
    return {**get("/search", q=words, **base), "headers": random.choice([{}, PARTIAL])}


def post(path: str, body: Any) -> dict[str, Any]:
    headers = {"Accept": "application/json"}
    return {"method": "POST", "path": path, "json": body, "headers": headers}


def write(stage: Stage, random: Random) -> dict[str, Any]:
    """Writes that are refused or go wrong: their words must tell nothing."""
    values = {
        random.choice([*map(str, stage.fields.values()), "amount", "nosuch"]): random.choice(
            ["x", 1, [1], None, "2026-11-11", [99], {"x": 1}]
        )
    }
    return post(any_unseen(stage, random), {"values": values, "rev": random.choice([None, 1, 9])})


def any_unseen(stage: Stage, random: Random) -> str:
    return f"/r/{stage.visits}/{random.choice([*stage.unseen, 10_000])}"


def template(stage: Stage, random: Random) -> dict[str, Any]:
    whose = random.choice(
        [
            "",
            f"f{stage.fields['department']}:{random.choice([1, 2, 3, 4])}",
            f"f{stage.fields['department']}:level2",
            f"f{stage.fields['owner']}:each",
            f"f{stage.fields['owner']}:{random.choice(stage.others)}",
        ]
    )
    table = random.choice([stage.visits, stage.visits, stage.visits, stage.companies])
    return get(f"/t/{table}/excel/template", whose=whose, view=random.choice(["", *stage.views]))


def hand_in(stage: Stage, random: Random) -> dict[str, Any]:
    """A filled-in template of all visits: now and then, for it is read in a process of its own."""
    if random.random() < 0.85:
        return get(f"/t/{random.choice([stage.visits, stage.companies, stage.secret])}/excel")
    sent = {"method": "POST", "path": f"/t/{stage.visits}/excel", "as_name": "files"}
    return {**sent, "file": stage.workbook}


# ── the API ──────────────────────────────────────────────────────────────────


def api(stage: Stage, random: Random, *more: str) -> str:
    """The address of a table as programs name it, and what follows."""
    table = random.choice([stage.visits, stage.visits, stage.companies, stage.secret, 99])
    named = random.choice([publicids.table(table), publicids.table(table), "拜访", "机密项目"])
    parts = [publicids.base(random.choice([stage.base, stage.base, 99])), named, *more]
    return "/api/v0/" + "/".join(quote(part, safe="") for part in parts)


def api_record(stage: Stage, random: Random) -> str:
    table = random.choice([stage.visits, stage.visits, stage.companies, stage.secret])
    return publicids.record(table, random.choice([*stage.records, *stage.unseen, 10_000]))


def api_field(stage: Stage, random: Random) -> str:
    return random.choice(
        ["标题", "金额", "nosuch", *(publicids.field(one) for one in stage.fields.values())]
    )


def api_list(stage: Stage, random: Random) -> dict[str, Any]:
    """Lists with views, fields, sorts and formulas; the hidden ones too."""
    params: dict[str, Any] = {"pageSize": random.choice([2, 100])}
    if random.random() < 0.4:
        params["sort[0][field]"] = api_field(stage, random)
        params["sort[0][direction]"] = random.choice(["asc", "desc"])
    if random.random() < 0.3:
        params["view"] = publicids.view(random.choice([*stage.views, 99]))
    if random.random() < 0.3:
        params["fields[]"] = api_field(stage, random)
    if random.random() < 0.3:
        params |= {"cellFormat": "string", "timeZone": "Asia/Shanghai", "userLocale": "en"}
    if random.random() < 0.3:
        params["recordMetadata[]"] = "commentCount"
    if random.random() < 0.5:
        params["filterByFormula"] = api_formula(stage, random)
    return get(api(stage, random), **params)


def api_formula(stage: Stage, random: Random) -> str:
    """Formulas over any field, hidden ones too, with and without a form in SQL."""
    field = api_field(stage, random)
    return random.choice(
        [
            f"{{{field}}}",
            f"{{{field}}} > 100",
            f"FIND('{random.choice(TEXTS)}', {{{field}}} & '')",
            f"OR({{{field}}} = '{random.choice(TEXTS)}', RECORD_ID() = 'x')",
            f"IF({{{field}}}, 1/0, 1)",
            f"LEN(ARRAYJOIN({{{field}}})) > 3",
        ]
    )


def api_hook(stage: Stage, random: Random, *more: str) -> dict[str, Any]:
    hook = publicids.encode(publicids.WEBHOOK, random.choice([1, 2, 3, 4, 5, 99]))
    parts = [publicids.base(stage.base), "webhooks", hook, *more]
    return get("/api/v0/bases/" + "/".join(parts), cursor=random.choice([1, 2, 5, 90]))


def api_write(method: str, one: bool) -> Make:
    """Writes that are refused or go wrong."""

    def make(stage: Stage, random: Random) -> dict[str, Any]:
        fields = {api_field(stage, random): random.choice(["x", 1, ["x"], None, "2026-11-11"])}
        number = publicids.record(stage.visits, random.choice([*stage.unseen, 10_000]))
        many = {"records": [{"id": number, "fields": fields}]}
        path = api(stage, random, number) if one else api(stage, random)
        return {"method": method, "path": path, "json": {"fields": fields} if one else many}

    return make


def api_delete(stage: Stage, random: Random) -> dict[str, Any]:
    number = publicids.record(stage.visits, random.choice([*stage.unseen, 10_000]))
    return {"method": "DELETE", "path": api(stage, random, number)}


API_CHANNELS: dict[str, Make] = {
    "api_meta.whoami": lambda s, r: get("/api/v0/meta/whoami"),
    "api_meta.bases": lambda s, r: get("/api/v0/meta/bases"),
    "api_meta.base_tables": lambda s, r: get(
        f"/api/v0/meta/bases/{publicids.base(r.choice([s.base, 99]))}/tables",
        **{"include[]": "visibleFieldIds"},
    ),
    "api_records.list_records": api_list,
    "api_records.get_record": lambda s, r: get(api(s, r, api_record(s, r))),
    "api_records.update_record": api_write("PATCH", True),
    "api_records.replace_record": api_write("PUT", True),
    "api_records.update_records": api_write("PATCH", False),
    "api_records.delete_record": api_delete,
    "api_webhooks.list_webhooks": lambda s, r: get(
        f"/api/v0/bases/{publicids.base(r.choice([s.base, 99]))}/webhooks"
    ),
    "api_webhooks.list_payloads": lambda s, r: api_hook(s, r, "payloads"),
    "api_comments.list_comments": lambda s, r: get(api(s, r, api_record(s, r), "comments")),
}

CHANNELS: dict[str, Make] = {
    **API_CHANNELS,
    "viewing.base": lambda s, r: get(f"/b/{r.choice([s.base, 99])}"),
    "basefiles.write_out": lambda s, r: get(
        f"/configure/{r.choice([s.base, 99])}/base-file", pattern=r.choice([0, 1])
    ),
    "viewing.table": lambda s, r: get(f"/t/{r.choice([s.visits, s.companies, s.secret, 99])}"),
    "viewing.view": view_page,
    "viewing.data:grid": view_data("grid", "size", "chunk", "cards", "x"),
    "viewing.data:calendar": view_data("calendar", "events", "days"),
    "viewing.data:chart": view_data("chart", "series", "records"),
    "viewing.data:roster": view_data("roster", "profile", "settings"),
    "viewing.tile": lambda s, r: get(f"/v/{r.choice(s.views)}/tile", **narrowed(s, r)),
    "records.record": lambda s, r: {**get(any_record(s, r)), "headers": r.choice([{}, PARTIAL])},
    "records.values": lambda s, r: get(any_record(s, r) + "/values"),
    "records.record_history": lambda s, r: get(any_record(s, r) + "/history"),
    "records.new": lambda s, r: get(f"/r/{r.choice([s.visits, s.secret])}/new"),
    "records.bin": lambda s, r: get(f"/t/{r.choice([s.visits, s.companies, s.secret])}/bin"),
    "profile.profile": lambda s, r: get(
        any_record(s, r) + "/profile",
        only=r.choice(["", s.visits]),
        kind=r.choice(["", 1, 2]),
        q=r.choice(["", "访", "琥珀"]),
        after=r.choice(["", f'["2026-11-09",{s.visits},4]']),
    ),
    "pickers.records": pick,
    "home.today": lambda s, r: get("/"),
    "home.inbox_page": lambda s, r: get("/inbox"),
    "search.search": search,
    "home.calendar": lambda s, r: get("/calendar"),
    "forms.form": lambda s, r: get(f"/f/{r.choice([*s.forms, 99])}"),
    "forms.listing": lambda s, r: get("/file"),
    "forms.near": lambda s, r: get(
        f"/f/{s.forms[0]}/near/{s.fields['company']}", id=r.choice([1, 2, 3, 99])
    ),
    "files.whole": lambda s, r: get(f"/files/{r.choice(s.files)}"),
    "files.picture": lambda s, r: get(f"/files/{r.choice(s.files)}/{r.choice(['small', 'large'])}"),
    "roundtrip.fetch": template,
    "roundtrip.hand_in": hand_in,
    "records.update": write,
    "records.delete": lambda s, r: post(any_unseen(s, r) + "/delete", {}),
    "records.undo": lambda s, r: post(f"/changes/{r.choice(s.changes)}/undo", {}),
}


EXEMPT = {"account.sign_out"}  # it would end the session that the rest of the stream needs


def all_channels(doors: dict[str, Door]) -> dict[str, Make]:
    """`CHANNELS`, and for every other door requests that fill its address with plausible ids."""
    tried = {channel.partition(":")[0] for channel in CHANNELS}
    rest = {
        endpoint: filled(door)
        for endpoint, door in doors.items()
        if door.access != PUBLIC and endpoint not in tried and endpoint not in EXEMPT
    }
    return {**CHANNELS, **rest}


def filled(door: Door) -> Make:
    def make(stage: Stage, random: Random) -> dict[str, Any]:
        ids = [1, 2, 3, stage.visits, stage.companies, stage.secret, 17, 99]

        def one(found: re.Match[str]) -> str:
            number = found[0].startswith("<int")
            return str(random.choice(ids)) if number else random.choice(["x", "csv", "xlsx"])

        path = re.sub(r"<[^>]+>", one, door.rule)
        return post(path, {}) if "POST" in door.methods else get(path)

    return make
