"""The requests of the world-pair test, channel by channel: a seeded stream for one person.

``CHANNELS`` maps endpoints to the requests that try them well; every other door of the register is
tried with plausible ids, so that a new one is in the test from its first day.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from random import Random
from typing import Any

from tests.trust.api_requests import API_CHANNELS
from tests.trust.making import PARTIAL, TEXTS, Make, Stage, get, narrowed, post, tree
from tests.trust.replay import NOW
from views.room import PUBLIC, Door

CHARTS = ("stage_funnel", "time_in_stage", "bar", "combo", "ring", "scatter", "heatmap", "number")
SINCE = f"{NOW - dt.timedelta(minutes=10):%Y-%m-%dT%H:%M:%S}"  # the stage is five minutes old


def any_record(stage: Stage, random: Random) -> str:
    table = random.choice([stage.visits, stage.visits, stage.companies, stage.secret, 99])
    return f"/r/{table}/{random.choice([*stage.records, 10_000])}"


def view_page(stage: Stage, random: Random) -> dict[str, Any]:
    made = get(f"/v/{random.choice([*stage.views, 9999])}", **narrowed(stage, random))
    return {**made, "headers": random.choice([{}, PARTIAL])}


def drawn_otherwise(stage: Stage, random: Random) -> dict[str, Any]:
    """The chart as it is, or any kind of any fields: most of those are refused."""
    if random.random() < 0.4:
        return {}
    names = [*stage.fields.values(), "amount"]
    ways = ["count", "sum", "avg", "unique"]
    return {
        "chart": random.choice(CHARTS),
        "group": random.choice(names),
        "split": random.choice(["", random.choice(names)]),
        "measure": f"{random.choice(ways)}:{random.choice(names)}",
        "target": 3,
        "during": random.choice(["", "this_year"]),
    }


def view_data(
    kind: str, *whats: str, more: Callable[[Stage, Random], dict[str, Any]] | None = None
) -> Make:
    """What the views of one kind fetch after their page."""

    def make(stage: Stage, random: Random) -> dict[str, Any]:
        extra: dict[str, Any] = {"start": "2026-11-01", "end": "2026-12-01"}
        extra["from"] = random.choice([0, 3])
        extra["key"] = random.choice([*stage.others, stage.person])
        extra |= more(stage, random) if more else {}
        extra["ids"] = ",".join(map(str, [*stage.records, *stage.unseen]))
        view = random.choice(stage.kinds[kind])
        what = random.choice(whats)
        return get(f"/v/{view}/data/{what}", **{**narrowed(stage, random), **extra})

    return make


def folded(stage: Stage, random: Random) -> dict[str, Any]:
    """A month of which some records of each day are only counted."""
    return {"fold": random.choice(["", "1", "2", "x"])}


def occurrence(stage: Stage, random: Random) -> dict[str, Any]:
    """One of a series that is not there, or whose fields are hidden."""
    fields = [*stage.fields.values(), 99]
    names = {"start": random.choice(fields), "end": None, "repeat": random.choice(fields)}
    to = random.choice([None, ["2026-11-12 09:00", None]])
    sent = {"scope": random.choice(["one", "later", "all"]), "at": "2026-11-11", "to": to}
    return post(any_unseen(stage, random) + "/occurrence", {**sent, "fields": names})


def of_cards(stage: Stage, random: Random) -> dict[str, Any]:
    """A column, the card that others follow, a card to show anew; unseen ones too."""
    records = [*stage.records, *stage.unseen, 10_000]
    column = random.choice(["1", "2", "null", "true", "99", "x"])
    return {
        "column": column,
        "after": random.choice(["", *records]),
        "card": random.choice(records),
    }


def crossed(stage: Stage, random: Random) -> dict[str, Any]:
    """A pivot by any fields, hidden ones too."""
    fields = [*stage.fields.values(), "nosuch"]
    asked: dict[str, Any] = {"top": random.choice([1, 2, 20]), "from": 0}
    for one in ("row", "row2", "column"):
        if random.random() < 0.5:
            asked |= {one: random.choice(fields), f"{one}_by": random.choice(["week", "quarter"])}
    if random.random() < 0.6:
        kind = random.choice(["sum", "avg", "max", "unique"])
        asked["m1"] = f"{kind}:{random.choice(fields)}"
    asked["rank"] = random.choice(["name", "-m0", "m0:2026-11", "-m0:1"])
    return asked | {"share": random.choice(["", "row", "column", "total"])}


def grid_work(stage: Stage, random: Random) -> dict[str, Any]:
    """What a grid asks for while somebody works in it, of records and fields unseen too."""
    ids = [*stage.records, *stage.unseen, 10_000]
    what = random.choice(["find", "find", "edge", "ids", "talk", "changes", "changes"])
    hour = "2000-01-01T00:00:00" if random.random() < 0.2 else SINCE
    extra: dict[str, Any] = {
        "text": random.choice([*TEXTS, "电话", "2026-11-07", "100", "5", "重点"]),
        "row": random.choice([0, 1, 5, 40]),
        "step": random.choice(["next", "back", "here"]),
        "field": random.choice([*stage.fields.values(), 1]),
        "back": random.choice([0, 1]),
        "to": random.choice([0, 3, 50]),
        "ids": ",".join(str(random.choice(ids)) for _ in range(8)),
        "rows": ",".join(f"{random.choice(ids)}:{random.choice([0, 1, 2])}" for _ in range(8)),
        "since": hour,
    }
    view = random.choice(stage.kinds["grid"])
    return get(f"/v/{view}/data/{what}", **{**narrowed(stage, random), **extra})


def of_news(stage: Stage, random: Random) -> dict[str, Any]:
    """What happened, of records unseen too, as a page of any kind asks."""
    ids = [*stage.records, *stage.unseen, 10_000]
    hour = "2000-01-01T00:00:00" if random.random() < 0.2 else SINCE
    shown = {f"ids.{one}": ",".join(map(str, ids)) for one in (stage.visits, stage.companies)}
    return get(f"/v/{random.choice(stage.views)}/data/news", since=hour, **shown)


def branches(stage: Stage, random: Random) -> dict[str, Any]:
    """Lines of a hierarchy below visible and hidden records, and whether one fits below another."""
    some = [random.choice([*stage.records, *stage.unseen, 10_000]) for _ in range(2)]
    of = random.choice(["top", str(some[0]), f"{some[0]},{some[1]}"])
    asked = {"of": of, "from": random.choice([0, 2]), "record": some[0], "under": some[1]}
    view, what = random.choice(stage.kinds["hierarchy"]), random.choice(["lines", "lines", "fits"])
    return get(f"/v/{view}/data/{what}", **{**narrowed(stage, random), **asked})


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


def drafted_tile(*ways: str) -> Make:
    """A figure or a list in the making, on a dashboard of one's own, over any field."""

    def make(stage: Stage, random: Random) -> dict[str, Any]:
        field = random.choice([*stage.fields.values(), 9999])
        given = {
            "kind": random.choice(["number", "list"]),
            "title": "x",
            "table": random.choice([stage.visits, stage.visits, stage.companies, stage.secret]),
            "filter": random.choice(["", json.dumps(tree(stage, random))]),
            "measure": random.choice(["count", f"sum:{field}", f"max:{field}"]),
            "date": random.choice(["", "", field]),
            "span": "this_month",
            "fields": field,
            "sort_by": random.choice(["", f"{field}:desc"]),
            "rows": 5,
            "like": random.choice(["", "", *stage.views]),
        }
        path = f"/v/{random.choice(stage.kinds['dashboard'])}/tiles/{random.choice(ways)}"
        return {"method": "POST", "path": path, "form": given}

    return make


def shared_page(stage: Stage, random: Random) -> dict[str, Any]:
    """A shared link as strangers open it, with whatever they may ask."""
    secret = random.choice([*stage.links, "x"])
    asked = {
        "month": ["2026-11", "2026-10"],
        "zoom": ["month", "quarter", "year", "x"],
        "day": ["2026-10-01", "2026-01-01"],
        "by": ["name", "visits", "last"],
        "only": ["overdue", "never"],
        "rank": ["m0", "-m0", "name"],
        "column": ["1", "2", "null", "9"],
        "until": ["2026-W45", "2026-W01"],
        **{"from": ["0", "1"], "saved": ["0", ""], "of": ["x", "WzFd"]},
    }
    more = {key: random.choice(values) for key, values in asked.items() if random.random() < 0.3}
    return get(f"/s/{secret}", **narrowed(stage, random), **more)


def shared_file(stage: Stage, random: Random) -> dict[str, Any]:
    """A file through a link, mostly that of the grid, which shows the photos that it may."""
    secret = random.choice([*stage.links[:1] * 9, *stage.links, "x"])
    below = random.choice(["", "", "/small", "/large"])
    return get(f"/s/{secret}/files/{random.choice(stage.files)}{below}")


def shared_download(stage: Stage, random: Random) -> dict[str, Any]:
    """A file of what a link shows, searched and sorted by anything."""
    secret = random.choice([*stage.links[:1] * 9, *stage.links, "x"])
    asked = {key: one for key, one in narrowed(stage, random).items() if random.random() < 0.3}
    return get(f"/s/{secret}/download.{random.choice(['csv', 'csv', 'xlsx', 'x'])}", **asked)


def answer_alert(stage: Stage, random: Random) -> dict[str, Any]:
    """Answers to questions on visits of both sides, some of which are none."""
    alert, choice = random.choice([*range(1, 16), 10_000]), random.choice(["好", "好", "x", ""])
    sent = {"choice": choice, "text": random.choice([*TEXTS, "", ""])}
    path, headers = f"/alerts/{alert}/answer", random.choice([{}, PARTIAL])
    return {"method": "POST", "path": path, "form": sent, "headers": headers}


CHANNELS: dict[str, Make] = {
    **API_CHANNELS,
    "shared.open_link": shared_page,
    "shared.download": shared_download,
    "shared.open_file": shared_file,
    "viewing.data:dashboard": view_data("dashboard", "tiles"),
    "dashboard_tiles.preview": drafted_tile("preview", "preview", "draft"),
    "dashboard_tiles.draft": drafted_tile("draft"),
    "links.dialog": lambda s, r: get(f"/v/{r.choice(s.views)}/links", **narrowed(s, r)),
    "links.index": lambda s, r: get(f"/configure/{r.choice([s.base, 99])}/links"),
    "viewing.base": lambda s, r: get(f"/b/{r.choice([s.base, 99])}"),
    "basefiles.write_out": lambda s, r: get(
        f"/configure/{r.choice([s.base, 99])}/base-file", pattern=r.choice([0, 1])
    ),
    "viewing.table": lambda s, r: get(f"/t/{r.choice([s.visits, s.companies, s.secret, 99])}"),
    "viewing.view": view_page,
    "viewing.data:grid": view_data("grid", "size", "chunk", "cards", "summary", "marks", "x"),
    "viewing.data:work": grid_work,
    "viewing.data:news": of_news,
    "viewing.data:calendar": view_data(
        "calendar", "events", "events", "days", "settings", "layer", more=folded
    ),
    "viewing.data:chart": view_data(
        "chart", "series", "drawing", "chart.xlsx", "records", more=drawn_otherwise
    ),
    "viewing.data:kanban": view_data("kanban", "cards", "heads", "x", more=of_cards),
    "viewing.data:gallery": view_data("gallery", "cards", "heads", more=of_cards),
    "viewing.data:pivot": view_data("pivot", "numbers", "numbers", "export", more=crossed),
    "viewing.data:roster": view_data("roster", *["profile"] * 7, "settings"),
    "viewing.data:timeline": view_data("timeline", "bars", "undated"),
    "viewing.data:hierarchy": branches,
    "viewing.tile": lambda s, r: get(f"/v/{r.choice(s.views)}/tile", **narrowed(s, r)),
    "records.record": lambda s, r: {**get(any_record(s, r)), "headers": r.choice([{}, PARTIAL])},
    "records.values": lambda s, r: get(any_record(s, r) + "/values"),
    "records.record_history": lambda s, r: get(any_record(s, r) + "/history"),
    "comments.read": lambda s, r: get(any_record(s, r) + "/comments"),
    "bulk.ask": lambda s, r: get(
        f"/r/{r.choice([s.visits, s.companies, s.secret])}/bulk",
        field=r.choice([*s.fields.values(), 1]),
    ),
    "bulk.set_fields": lambda s, r: post(
        f"/r/{s.visits}/bulk",
        {"ids": r.sample(s.unseen, 2), "values": {r.choice([*s.fields.values(), "amount"]): "x"}},
    ),
    "bulk.delete": lambda s, r: post(f"/r/{s.visits}/bulk/delete", {"ids": r.sample(s.unseen, 2)}),
    "records.new": lambda s, r: get(f"/r/{r.choice([s.visits, s.secret])}/new"),
    "records.bin": lambda s, r: get(f"/t/{r.choice([s.visits, s.companies, s.secret])}/bin"),
    "profile.profile": lambda s, r: get(
        any_record(s, r) + "/profile",
        only=r.choice(["", s.visits]),
        kind=r.choice(["", "", "", 1]),
        q=r.choice(["", "", "访", "琥珀"]),
        after=r.choice(["", "", "", f'["2026-11-09",{s.visits},4]']),
    ),
    "pickers.records": pick,
    "home.today": lambda s, r: get("/"),
    "home.inbox_page": lambda s, r: get("/inbox"),
    "alerts.index": lambda s, r: get("/alerts"),
    "alerts.alert": lambda s, r: {
        **get(f"/alerts/{r.choice([*range(1, 16), 10_000])}"),
        "headers": r.choice([{}, PARTIAL]),
    },
    "alerts.answer": answer_alert,
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
    "occurrences.change": occurrence,
    "records.delete": lambda s, r: post(any_unseen(s, r) + "/delete", {}),
    "records.press": lambda s, r: post(
        any_record(s, r) + f"/press/{r.choice([*s.fields.values(), 99])}", {}
    ),
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
