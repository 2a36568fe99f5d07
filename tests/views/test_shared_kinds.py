"""Shared links of every kind: the view as its holder sees it, hidden fields nowhere, no doors."""

from __future__ import annotations

import csv
import html
import re
from typing import Any
from urllib.parse import quote

import pytest
import time_machine

from tests.counting import statements
from tests.views import shared_hues
from tests.views.test_calendar import shown
from tests.views.test_shared_links import link
from tracker import db, duties, kept, models, permissions, schema, sharedlinks, tables
from views import kinds as view_kinds
from views.shared import windows
from views.shared.showing import SHOWN_BY

NOW = "2026-11-20T10:00:00+08:00"
SYSTEM = permissions.system()
HIDDEN = (
    "followed",
    "people",
    "amount",
    "notes",
    "tags",
    "number",
    "created_by",
    "created_at",
    "start",
)
SECRET = ("7001", "7,001", "9,101", "9101", "14,00", "秘密纪要", "回访", "人数", "金额", "纪要")
DOORS = re.compile(r"/(?:r|v|t|b|f|files|duties|people|configure)/\d+")


@pytest.fixture(autouse=True)
def _november(monkeypatch):
    monkeypatch.setattr(kept, "WORTH", 99)  # statements are counted, however slow the machine is
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def visitor(site):
    client = site.app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


@pytest.fixture
def kinds(site) -> dict[str, str]:
    """Kind → the address of a view of it: done and planned visits of East, one of South."""
    world = site.world
    above = tables.add_field(
        SYSTEM, world.visits, "link", "上级", key="above", options={"table": world.visits.id}
    )
    tables.add_field(SYSTEM, world.visits, "progress", "进度", key="done")
    first = 0
    for place in range(4):
        first = first or visit(site, 0)
        visit(site, place + 1, above=[first], done=f"{20 * place}%")
    world.visit("南访", day="2026-11-05", kind="电话", department=world.departments["华南"].id)
    with db.write():
        rights = {"role": world.roles["head"], "table": world.companies.id}
        models.TableRight.update(export=True).where(
            models.TableRight.role == world.roles["head"],
            models.TableRight.table == world.companies.id,
        ).execute()
        assert models.TableRight.get(**rights).export
        schema.changed()
    return {kind: shown(site, kind, options(site, kind, above.id)) for kind in OPTIONS}


def visit(site, place: int, **more: Any) -> int:
    return site.world.visit(
        f"东访{place}",
        day=f"2026-11-{place % 27 + 1:02}",
        kind=["上门", "线上"][place % 2],
        state=["计划", "完成"][place % 2],
        people=7000 + place,
        amount=9100 + place,
        tags=["回访"],
        notes=f"秘密纪要{place}",
        company=[site.ids["medical"]],
        owner=site.world.people["owner"].id,
        department=site.world.departments["上海"].id,
        **more,
    )


OPTIONS: dict[str, dict[str, Any]] = {
    "grid": {"sort": [{"field": "day", "desc": False}]},
    "gallery": {"size": "small", "color": "state"},
    "kanban": {"group": "kind", "measure": {"kind": "sum", "field": "people"}, "color": "state"},
    "calendar": {"start": "day", "color": "kind"},
    "timeline": {"start": "day", "group": "kind", "progress": "done", "zoom": "month"},
    "chart": {"chart": "bar", "group": "kind"},
    "pivot": {
        "rows": [{"field": "kind"}, {"field": "tags"}],
        "column": {"field": "day", "bucket": "month"},
        "measures": [{"kind": "count"}, {"kind": "sum", "field": "people"}],
    },
    "roster": {"by": "owner", "date": "day", "target_days": 30},
    "hierarchy": {"parent": "above", "progress": "done", "weight": "people"},
    "matrix": {},
}


def options(site, kind: str, above: int) -> dict[str, Any]:
    """Fields by id; a filter, and all that is hidden."""
    field = {one.key: one.id for one in site.world.visits.fields}

    def ids(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: ids(one) for key, one in value.items()}
        if isinstance(value, list):
            return [ids(one) for one in value]
        return field.get(value, value) if isinstance(value, str) else value

    state = {"field": field["state"], "op": "is", "value": 2}
    made = ids({**OPTIONS[kind], "hidden": [*HIDDEN, "state"]})
    made["filter"] = {"field": field["tags"], "op": "has_any", "value": [3]}
    if kind in {"calendar", "roster"}:
        made["done"] = state
    if kind == "calendar":  # beside it another date of the table, in other rows
        few = {"field": field["people"], "op": "is", "value": 3}
        layer = {"key": "b", "table": site.world.visits.id, "start": field["start"], "filter": few}
        made["layers"] = [layer, {**layer, "key": "c", "table": 99}]
    if kind == "timeline":
        late = {"field": field["people"], "op": "gt", "value": 7001}
        made["rules"] = [{"when": late, "color": "red"}]
    return {**made, "duty": weekly(site).id} if kind == "matrix" else made


def weekly(site) -> models.Duty:
    definition = {
        "owers": {"level": 3},
        **{"ower_field": "department", "date_field": "day"},
        **{"every": "week", "due": {"weekday": 4, "time": "17:00"}, "since": "2026-10-05"},
    }
    world = site.world
    return duties.save(
        SYSTEM, world.base, name="周报", table=world.visits, definition=definition, form_id=None
    )


SEEN = {  # kind → what its page shows
    "grid": ["东访1", "东访4", "重庆医疗", 'class="tag'],
    "gallery": ["东访4", "card-facts"],
    "kanban": ["kanban-column", "东访3", "上门", "线上"],
    "calendar": ["东访0", "is-planned", "Nov 2026", "东部首访", "09:30"],
    "timeline": ["东访2", "<rect", "rowgroup"],
    "chart": ["data-chart", "上门"],
    "pivot": ["上门", "线上", "Together"],
    "roster": ["王芳", "on time"],
    "hierarchy": ["东访0", "30%", "data-unfold"],
    "matrix": ["上海", "mark is-"],
}


def test_every_kind_shows_what_it_shows_and_nothing_else(site, visitor, kinds):
    """On both databases: the holder's rows, the view's filter, no hidden value, no way further."""
    assert set(SHOWN_BY) == {one.key for one in view_kinds.registry}
    for kind, address in kinds.items():
        path = link(site, address)
        answer = visitor.get(path)
        assert answer.status_code == 200, kind
        page = html.unescape(answer.text)
        assert not [one for one in SEEN[kind] if one not in page], kind
        assert not [one for one in [*SECRET, "南访", "华南", "空白"] if one in page], kind
        assert not DOORS.findall(page) and "@example.com" not in page, kind
        assert "<img" not in page and ("data-id" not in page or kind == "matrix"), kind
        for word in ("秘密纪要1", "7001", "回访", "完成"):
            found = visitor.get(f"{path}?q={quote(word)}")
            assert found.status_code == 200, kind
            told = kind in {"chart", "matrix", "roster"}  # these are not searched
            assert told or "东访" not in html.unescape(found.text), (kind, word)
    if db.is_sqlite():  # one world for all of it: making it takes longer than looking at it
        shared_hues.rules_colour_by_what_is_shown(site, visitor, kinds, SECRET)
        odd_addresses_are_answered_without_an_error(site, visitor, kinds)
        what_moves_on_a_page(site, visitor, kinds)
        a_page_costs_the_same_for_few_and_for_many(site, visitor, kinds)
    a_roster_counts_as_its_holder_sees(site, visitor)


ODD = {
    "grid": ["sort=0", "after=x", "after=é"],
    "gallery": ["after=WzFd"],
    "kanban": ["column=9", "column=x", "column=1&after=x", "column="],
    "calendar": ["month=x", "month=0001-01", "month=9999-12", "month=2026-13"],
    "timeline": ["zoom=x", "day=x", "day=0001-01-01", "day=9999-12-31"],
    "pivot": ["rank=x", "rank=-m1:²", "from=²", "from=999999", "m1=sum:8", "row=8"],
    "roster": ["by=x", "only=x", "after=x", "q=x"],
    "hierarchy": ["of=x", "of=WzFd", "of=1", "after=x"],
    "matrix": ["until=x", "until=2026-W99", "until=2026-W47"],
    "chart": ["group=1", "chart=pie"],
}


def odd_addresses_are_answered_without_an_error(site, visitor, kinds):
    for kind, queries in ODD.items():
        path = link(site, kinds[kind])
        plain = visitor.get(path).text
        for query in queries:
            answer = visitor.get(f"{path}?{query}")
            assert answer.status_code in {200, 404}, (kind, query)
            text = html.unescape(answer.text)
            assert not [one for one in SECRET if one in text], (kind, query)
            if kind in {"pivot", "chart"} and query[:4] in {"m1=s", "row=", "grou", "char"}:
                assert ("%" in text, len(answer.text) > 0.9 * len(plain)) == ("%" in plain, True)


def what_moves_on_a_page(site, visitor, kinds):
    """A month on, a zoom out, a column alone, a branch unfolded, a heading that sorts."""

    def get(kind: str, query: str = "") -> str:
        return html.unescape(visitor.get(f"{paths[kind]}{query}").text)

    paths = {kind: link(site, address) for kind, address in kinds.items()}
    assert "东访" not in get("calendar", "?month=2026-12") and "Dec" in get(
        "calendar", "?month=2026-12"
    )
    assert "东访" in get("timeline", "?zoom=year&day=2026-01-01")
    assert "东访" not in get("timeline", "?zoom=month&day=2027-01-01")
    assert "tag-red" not in get("timeline")
    view = models.View.id == int(kinds["calendar"].rpartition("/")[2])
    known = models.View.get(view).options  # what is done is told, by a field that is hidden
    field = {one.key: one.id for one in site.world.visits.fields}
    told = {"color": field["state"], "title": field["state"]}
    models.View.update(options={**known, **told}).where(view).execute()
    assert "计划" not in get("calendar") and "is-planned" in get("calendar")
    layers = [{**one, "colors": [{"by": field["kind"]}]} for one in known["layers"]]
    models.View.update(options={**known, "color": None, "layers": layers}).where(view).execute()
    assert "上门" in get("calendar")  # a further table keeps the colours it has
    models.View.update(options=known).where(view).execute()
    view, state = int(kinds["gallery"].rpartition("/")[2]), field["state"]
    cards = {"color": state, "filter": None, "hidden": []}
    models.View.update(options=cards).where(models.View.id == view).execute()
    whole = link(site, kinds["gallery"])
    less = link(site, kinds["gallery"], query=f"?hide={state}")  # hidden when it was shared
    for path, colors, status in ((whole, True, 200), (less, False, 404)):
        assert ("is-coloured" in visitor.get(path).text) is colors
        assert visitor.get(f"{path}?sort={state}").status_code == status
    alone = get("kanban", "?column=1")
    assert "东访2" in alone and "东访1" not in alone
    only = get("roster", "?only=overdue"), get("roster", "?only=overdue&by=name")
    assert all("王芳" not in one for one in only)
    top = get("hierarchy")
    assert "东访1" not in top
    [unfold] = re.findall(r'hx-get="([^"]+)" hx-target="closest tr" hx-swap="afterend"', top)
    below = html.unescape(visitor.get(unfold).text)
    assert "<html" not in below and all(f"东访{place}" in below for place in (1, 2, 3, 4))
    assert not DOORS.findall(below) and not [one for one in SECRET if one in below]
    other = unfold.rpartition("of=")[2]
    assert visitor.get(f"{paths['grid']}?of={other}").status_code == 200  # is not asked for there
    again = link(site, kinds["hierarchy"])
    assert visitor.get(f"{again}?of={other}").status_code == 404  # sealed for its own link
    rising = get("pivot", "?rank=m0:2026-11")
    assert 'aria-sort="ascending"' in rising


def a_roster_counts_as_its_holder_sees(site, visitor):
    """Visits are read with the rights of the holder, who may take them out."""
    field = {one.key: one.id for one in site.world.visits.fields}
    options = {"visits": {"table": site.world.visits.id, "link": field["company"]}}
    options["visits"] |= {
        "date": field["day"],
        "done": {"field": field["state"], "op": "is", "value": 2},
    }
    with db.write():
        view = models.View.create(
            base=site.world.base.id, table=site.world.companies.id, kind="roster", name="R",
            options={**options, "target_days": 30, "colors": [
                {"when": {"field": site.world.companies.title.id, "op": "contains", "value": "电"},
                 "color": "green"},
            ]},
        )  # fmt: skip
        for role in models.Role.select():
            role.views = [*role.views, view.id]
            role.save()
        schema.changed()
    address = f"/v/{view.id}"
    of_head = html.unescape(visitor.get(link(site, address)).text)
    rows = re.findall(
        r'<span class="name">(.*?)</span>.*?days? ago|<span class="name">(.*?)</span>',
        of_head,
        re.S,
    )
    assert "重庆医疗" in of_head and "上海电气" in of_head and rows
    cells = dict(
        re.findall(r'<span class="name">(.*?)</span>.*?All visits">(\d+)</td>', of_head, re.S)
    )
    done = "18" if db.is_sqlite() else "3"  # 东部首访 among them
    assert cells == {"上海电气": "0", "重庆医疗": done}  # those of South are unseen
    assert re.findall(r'is-edged tag-green">.*?"name">(.*?)<', of_head, re.S) == ["上海电气"]
    a_roster_is_taken_along(site, visitor, address, cells)
    searched = visitor.get(link(site, address) + f"?q={quote('电气')}").text
    assert "上海电气" in searched and "重庆医疗" not in searched
    with db.write():  # who may not take the visits out may not share figures made of them
        rights = models.TableRight.update(export=False)
        rights.where(models.TableRight.table == site.world.visits.id).execute()
        schema.changed()
    assert site["head"].get(f"{address}/links").status_code == 403
    assert site["owner"].get(f"{address}/links").status_code == 403
    assert site["stranger"].get(f"{address}/links").status_code == 404
    assert sharedlinks.may_share(site.world.viewer("admin"), view)


def a_roster_is_taken_along(site, visitor, address: str, cells: dict[str, str]):
    """With the standings and counts of the page, searched as it is."""
    path = link(site, address, download="1")
    page = html.unescape(visitor.get(path).text)
    assert f"{path}/download.csv" in page
    lines = visitor.get(f"{path}/download.csv", buffered=True).data.decode("utf-8-sig")
    rows = list(csv.DictReader(lines.splitlines()))
    assert list(rows[0])[:2] == ["名称", "Standing"] and "All visits" in rows[0]
    assert {one["名称"]: one["All visits"] for one in rows} == cells
    assert all(one["Standing"] in page for one in rows)
    found = visitor.get(f"{path}/download.csv?q={quote('电气')}", buffered=True).data
    assert found.decode("utf-8-sig").count("\n") == 2


def a_page_costs_the_same_for_few_and_for_many(site, visitor, kinds):
    def counts() -> dict[str, int]:
        found = {}
        for kind, path in paths.items():
            visitor.get(path)
            with statements() as sent:
                visitor.get(path)
            found[kind] = len(sent)
        return found

    paths = {kind: link(site, address) for kind, address in kinds.items()}
    field = {one.key: one.id for one in site.world.visits.fields}
    known = {"field": field["title"], "op": "contains", "value": "访"}
    saved = {"group_by": [{"field": field["kind"]}], "summaries": {str(field["people"]): "sum"}}
    saved |= {"colors": [{"when": known, "color": "red"}, {"by": field["state"]}]}
    paths["groups"] = link(site, shown(site, "grid", saved))
    few = counts()
    for place in range(5, 35):
        visit(site, place)
    assert counts() == few


def test_options_name_fields_and_conditions_do_not():
    """A choice's number in a condition is no field that happens to have it."""
    stored = {
        **{
            "group": 3,
            "color": None,
            "limit": 7,
            "target_days": 8,
            "top": 9,
            "sort": [{"field": 1}],
        },
        "done": {"field": 4, "op": "is", "value": 2},
        "measure": {"kind": "sum", "field": 5},
        "tiers": {"field": 6, "days": {"1": 30}},
        "rows": [{"field": 10, "bucket": "month"}],
    }
    assert set(windows.named_fields(stored)) == {3, 5, 10}
    assert set(windows.condition_fields({"all": [stored["done"], {"not": {"field": 11}}]})) == {
        4,
        11,
    }
