"""The requests of the world-pair test to the API."""

from __future__ import annotations

from random import Random
from typing import Any
from urllib.parse import quote

from tests.trust.making import TEXTS, Make, Stage, get
from tracker import publicids


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
