"""Shared links: one view for strangers, filters and hidden fields kept, dead when it should be."""

from __future__ import annotations

import html
import json
import re
from urllib.parse import quote

import pytest
import time_machine

from tests.views.test_calendar import shown
from tests.views.test_dashboard import figures, number
from tracker import db, limits, models, permissions, records, schema, sharedlinks, tables

NOW = "2026-11-20T10:00:00+08:00"
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def _november():
    with time_machine.travel(NOW, tick=False) as travel:
        yield travel


@pytest.fixture
def visitor(site):
    """Nobody, in English."""
    client = site.app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def link(site, address: str, who: str = "head", query: str = "", **given: str) -> str:
    """The path of a new link that the person has made in the dialog."""
    sent = {"name": "", "password": "", "until": "2026-12-01", **given}
    made = site[who].form(f"{address}/links{query}", **sent)
    assert made.status_code == 200, made.text
    found = re.search(r'id="made-link" value="[^"]*(/s/[\w-]+)"', made.text)
    assert found, made.text
    assert not sent["password"] or f'value="{sent["password"]}"' in made.text  # to be copied, once
    return found[1]


def fields(site, *keys: str) -> list[int]:
    return [site.world.visits.field(key).id for key in keys]


@pytest.fixture
def grid(site):
    """A grid of the visits that are done, without people and amount; several sampled visits."""
    for place in range(3):
        site.world.visit(
            f"东访{place}",
            day=f"2026-11-0{place + 1}",
            state=["计划", "完成"][place % 2],
            people=7000 + place,
            amount=9100 + place,
            notes=f"秘密纪要{place}",
            company=[site.ids["medical"]],
            owner=site.world.people["owner"].id,
            department=site.world.departments["上海"].id,
        )
    state = site.world.visits.field("state").id
    hidden = [one.id for one in site.world.visits.fields if one.key in HIDDEN]
    done = {"field": state, "op": "is", "value": 2}
    return shown(site, "grid", {"filter": done, "hidden": [*hidden, state], "sort": []})


HIDDEN = ("people", "amount", "notes", "number", "created_by", "created_at", "tags", "start")


def rows(page: str) -> list[str]:
    body = re.search(r"<tbody>(.*?)</tbody>", page, re.S)
    lines = re.findall(r"<tr[^>]*>(.*?)</tr>", body[1], re.S) if body else []
    cells = [re.findall(r'<span class="shared-cell">(.*?)</span>', line, re.S) for line in lines]
    return [html.unescape(one[0]) for one in cells if one]


# ── what it shows ────────────────────────────────────────────────────────────


def test_a_stranger_with_the_link_reads_the_view_and_nothing_else(site, visitor, grid):
    path = link(site, grid)
    answer = visitor.get(path)
    assert answer.status_code == 200 and "东访1" in rows(answer.text)
    assert not {"东访0", "东访2"} & set(rows(answer.text))  # the filter is the server's
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "noindex" in answer.headers["X-Robots-Tag"] and 'content="noindex' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    ids = re.findall(r"/(?:r|v|t|b|f|files)/\d+", answer.text)
    assert not ids and "@example.com" not in answer.text
    for address in ("/", grid, f"{grid}/data/size", f"{grid}/menu", "/search?q=x", "/people/pick"):
        assert visitor.get(address).status_code in {303, 401}, address
    for method in ("post", "put", "delete", "patch"):
        assert getattr(visitor, method)(path + "/x").status_code in {404, 405}


def test_rows_are_those_of_who_shared(site, visitor, grid):
    """The same view by two people: each link shows what its maker may see."""
    site.world.visit("南访", state="完成", department=site.world.departments["华南"].id)
    assert "南访" in rows(visitor.get(link(site, grid, "admin")).text)
    assert "南访" not in rows(visitor.get(link(site, grid, "head")).text)


def test_hidden_fields_are_not_there_by_any_way(site, visitor, grid):
    """Whatever a visitor asks by, what the view hides changes nothing but as an unknown thing."""
    path = link(site, grid)
    plain = visitor.get(path).text
    words = ["7001", "9101", "秘密纪要", "纪要", "人数", "金额", "状态", "完成"]
    assert not [one for one in words if one in plain]
    # sorting by a hidden field is sorting by one that does not exist
    unknown = visitor.get(f"{path}?sort=99999")
    assert unknown.status_code == 404
    for one in fields(site, "people", "amount", "notes", "state"):
        for sort in (f"{one}", f"-{one}"):
            answer = visitor.get(f"{path}?sort={sort}")
            assert (answer.status_code, answer.data) == (404, unknown.data)
    # a search does not look into them
    for word in ("秘密纪要1", "7001", "9101"):
        assert rows(visitor.get(f"{path}?q={quote(word)}").text) == []
    assert rows(visitor.get(f"{path}?q={quote('东访1')}").text) == ["东访1"]
    # all other parameters are not read at all
    probes = [
        {"field": one, "op": op, "value": value}
        for one in fields(site, "people", "notes", "state")
        for op, value in (("filled", None), ("gt", 1), ("contains", "秘"), ("is", 1))
    ]
    others = [f"filter={quote(json.dumps(one))}" for one in probes]
    others += ["saved=0", "hide=", f"order={fields(site, 'notes')[0]}", "group=1", "measure=sum:8"]
    others += [f"saved=0&hide=&fields={fields(site, 'amount')[0]}", "arrange=1", "wall=1"]
    for other in others:
        assert rows(visitor.get(f"{path}?{other}").text) == rows(plain), other
    for odd in ("sort=x", "sort=²", "sort=9" + "9" * 30, "after=x", "after=WzEsMl0=", "after=é"):
        assert visitor.get(f"{path}?{odd}").status_code == 404, odd
    for suffix in ("/export.xlsx", "/export.csv", "/data/chunk", "/data/size", "/tile"):
        assert visitor.get(path + suffix).status_code == 404


def test_linked_records_have_titles_and_nothing_else(site, visitor, grid):
    assert "重庆医疗" in visitor.get(link(site, grid)).text.replace(" ", "")


def test_the_filter_at_the_time_of_sharing_goes_along(site, visitor, grid):
    title = fields(site, "title")[0]
    narrowed = quote(json.dumps({"field": title, "op": "contains", "value": "东访"}))
    path = link(site, grid, query=f"?filter={narrowed}&saved=0&sort=-{title}")
    assert rows(visitor.get(path).text) == ["东访2", "东访1", "东访0"]
    # a field that the sharer loses takes the filter with it, not away from it
    with db.write():
        role = site.world.roles["head"]
        models.FieldRight.create(role=role, field=title, level="hidden")
        schema.changed()
    assert visitor.get(path).status_code == 404


def test_pages_follow_each_other(site, visitor, monkeypatch):
    monkeypatch.setattr(limits, "SHARED_ROWS", 2)
    for place in range(5):
        site.world.visit(f"页{place}", department=site.world.departments["上海"].id)
    title = fields(site, "title")[0]
    path = link(site, shown(site, "grid", {"sort": [{"field": title, "desc": False}]}))
    seen, address = [], path
    while address:
        page = visitor.get(address).text
        seen += rows(page)
        more = re.search(r'rel="next" href="([^"]+)"', page)
        address = html.unescape(more[1]) if more else ""
    assert len(seen) == len(set(seen)) == 7 and seen[-5:] == [f"页{place}" for place in range(5)]


# ── charts and dashboards ────────────────────────────────────────────────────


def test_charts_and_dashboards_show_numbers_without_doors(site, visitor, grid):
    options = {"chart": "bar", "group": fields(site, "kind")[0], "filter": None}
    chart = shown(site, "chart", options)
    page = visitor.get(link(site, chart)).text
    assert "data-chart" in page and not re.findall(r'"/(?:r|v)/', page)
    done = {"field": fields(site, "state")[0], "op": "is", "value": 2}
    tiles = [
        number(site, filter=done, measure={"kind": "sum", "field": fields(site, "people")[0]}),
        {"kind": "view", "view": int(chart.rpartition("/")[2]), "w": 6, "h": 3},
        {"kind": "view", "view": int(grid.rpartition("/")[2]), "w": 6, "h": 3},
        {"kind": "list", "title": "L", "table": site.world.visits.id, "fields": [], "w": 6, "h": 3},
        {"kind": "text", "text": "**Hello**", "w": 3, "h": 1},
    ]
    with db.write():
        view = models.View.create(
            base=site.world.base.id, kind="dashboard", name="D", options={"tiles": tiles}
        )
    path = link(site, f"/v/{view.id}", "admin")
    page = visitor.get(path).text
    assert figures(page) == figures(site["admin"].get(f"/v/{view.id}").text) != []
    assert "<strong>Hello</strong>" in page and "data-chart" in page and "东访1" in page
    assert "秘密纪要" not in page and not re.findall(r'"/(?:r|v)/', page)
    for query in ("period=last_year", "department=1", "person=1", "arrange=1", "period=x"):
        assert figures(visitor.get(f"{path}?{query}").text) == figures(page)


def test_a_narrowed_dashboard_narrows_all_tables_of_a_shared_calendar(site, visitor):
    """Also those beside the view's own, as the person who shared it saw them."""
    start, day = fields(site, "start", "day")
    layer = {"key": "b", "table": site.world.visits.id, "start": start}
    calendar = int(shown(site, "calendar", {"start": day, "layers": [layer]}).rpartition("/")[2])
    tiles = [{"kind": "view", "view": calendar, "w": 6, "h": 4}]
    with db.write():
        view = models.View.create(
            base=site.world.base.id, kind="dashboard", name="D", options={"tiles": tiles}
        )
    days = re.compile(r'<span class="month-day">(\d+)</span><span class="month-count">(\d+)')
    south = site.world.departments["华南"].id
    for query, expected in (
        ("", [("3", "2"), ("4", "2")]),
        (f"?department={south}", [("4", "2")]),
        ("?period=last_month", []),
    ):
        page = visitor.get(link(site, f"/v/{view.id}", "admin", query)).text
        assert days.findall(page) == expected, query
        assert ("Oct 2026" in page) == ("last_month" in query)


def test_records_that_may_not_be_taken_out_are_on_no_shared_dashboard(site, visitor):
    """Who shapes this base and only reads another shares nothing of that one by tiles."""
    base = tables.create_base(permissions.system(), "二")
    table = tables.create_table(permissions.system(), base, "机要")
    [title] = table.fields
    records.create(permissions.system(), table, {title.id: "二号机密"}, via="test")
    owner, world = site.world.people["owner"], site.world
    with db.write():
        grid = models.View.create(base=base.id, table=table.id, kind="grid", name="G", options={})
        reader = models.Role.create(base=base.id, key="r", name="R", views=[grid.id])
        rights = models.TableRight.create(role=reader, table=table.id, read=True, fields="read")
        shaper = models.Role.get(models.Role.base == world.base.id, models.Role.coordinator)
        for role in (reader, shaper):
            models.RoleMember.create(role=role, person=owner)
        sized = {"w": 6, "h": 3}
        tiles = [
            number(site, table=table.id, title="Secrets"),
            {"kind": "list", "title": "L", "table": table.id, "fields": [], **sized},
            {"kind": "view", "view": grid.id, "title": "Own title", **sized},
        ]
        view = models.View.create(
            base=world.base.id, kind="dashboard", name="D", options={"tiles": tiles}
        )
        schema.changed()
    path = link(site, f"/v/{view.id}", "owner")
    page = visitor.get(path).text
    assert "二号机密" not in page and "Secrets" not in page and "Own title" not in page
    with db.write():
        rights.export = True
        rights.save()
        schema.changed()
    page = visitor.get(path).text
    assert page.count("二号机密") == 2 and "Secrets" in page and "Own title" in page


def test_a_calendar_is_read_month_by_month(site, visitor, grid):
    path = link(site, shown(site, "calendar", {"start": fields(site, "day")[0]}))
    november = visitor.get(f"{path}?month=2026-11").text
    assert all(one in november for one in ("东访0", "东访2")) and "重庆医疗" not in november
    assert "东访" not in visitor.get(f"{path}?month=2026-01").text
    assert visitor.get(f"{path}?month=x").status_code == 404


# ── doors that close ─────────────────────────────────────────────────────────


def test_a_password_is_asked_for_and_tries_are_counted(site, visitor, grid):
    path = link(site, grid, password="open sesame now")
    asked = visitor.get(path)
    assert asked.status_code == 200 and "东访" not in asked.text and "grid" not in asked.text
    wrong = visitor.post(path, data={"password": "x"})
    assert wrong.status_code == 422 and "wrong" in wrong.text and "东访" not in wrong.text
    right = visitor.post(path, data={"password": "open sesame now"})
    assert right.status_code == 303 and "HttpOnly" in right.headers["Set-Cookie"]
    assert f"Path={path}" in right.headers["Set-Cookie"]
    assert "东访1" in visitor.get(path).text
    other = site.app.test_client()
    for cookie in ("x", "9999999999.x", "²³.x", "9" * 40 + ".x"):
        other.set_cookie("rounds_link", cookie, path=path)
        assert "东访" not in other.get(path).text
    for _try in range(limits.SHARED_TRIES - 1):
        assert other.post(path, data={"password": "x"}).status_code == 422
    late = other.post(path, data={"password": "open sesame now"})
    assert late.status_code == 429 and int(late.headers["Retry-After"])
    spoofed = {"X-Forwarded-For": "10.9.8.7"}
    assert other.post(path, data={"password": "x"}, headers=spoofed).status_code == 429
    assert "东访1" in visitor.get(path).text  # who is in stays in
    kept = models.SharedLink.get()
    assert kept.password_hash.startswith("$argon2") and path.rpartition("/")[2] != kept.digest


def test_a_link_ends(site, visitor, grid, _november):
    """Revoked, past, its maker deactivated or without the right, its view gone: always alike."""
    unknown = visitor.get("/s/" + "x" * 43)
    assert unknown.status_code == 404
    head, ids = site.world.people["head"], site.world.base.id

    def dead(path: str) -> bool:
        answer = visitor.get(path)
        return (answer.status_code, answer.data) == (404, unknown.data)

    path = link(site, grid)
    assert "End it" in site["admin"].get(f"/configure/{ids}/links").text
    assert site["owner"].form(f"/links/{models.SharedLink.get().id}/revoke").status_code == 404
    site["admin"].form(f"/links/{models.SharedLink.get().id}/revoke")
    assert dead(path) and dead(path + "?q=x")
    path = link(site, grid)
    for change, back in (
        (lambda: set_active(head.id, False), lambda: set_active(head.id, True)),
        (lambda: export(site, False), lambda: export(site, True)),
        (lambda: view(grid, deleted_at=NOW[:10]), lambda: view(grid, deleted_at=None)),
        (lambda: views_of(site, []), lambda: views_of(site, [int(grid.rpartition("/")[2])])),
    ):
        change()
        assert dead(path)
        assert visitor.post(path, data={"password": "x"}).status_code == 404
        back()
        assert visitor.get(path).status_code == 200
    _november.move_to("2026-12-01T23:00:00+08:00")
    assert visitor.get(path).status_code == 200
    _november.move_to("2026-12-02T00:10:00+08:00")
    assert dead(path)


def set_active(person_id: int, active: bool) -> None:
    models.Person.update(active=active).where(models.Person.id == person_id).execute()


def export(site, allowed: bool) -> None:
    with db.write():
        rights = models.TableRight.update(export=allowed)
        rights.where(models.TableRight.role == site.world.roles["head"]).execute()
        schema.changed()


def view(address: str, **values) -> None:
    with db.write():
        change = models.View.update(**values)
        change.where(models.View.id == int(address.rpartition("/")[2])).execute()


def views_of(site, views: list[int]) -> None:
    with db.write():
        role = site.world.roles["head"]
        models.Role.update(views=views).where(models.Role.id == role.id).execute()
        schema.changed()


def test_who_may_share_and_how(site, grid):
    assert "Share by a link" in site["head"].get(f"{grid}/menu").text
    assert "Share by a link" not in site["owner"].get(f"{grid}/menu").text
    sent = {"until": "2026-12-01", "password": ""}
    assert site["owner"].get(f"{grid}/links").status_code == 403
    assert site["owner"].form(f"{grid}/links", **sent).status_code == 403
    assert site["stranger"].form(f"{grid}/links", **sent).status_code == 404
    for wrong in (
        {"until": ""},
        {"until": "x"},
        {"until": "2026-11-19"},
        {"until": "2028-01-01"},
        {"password": "short"},
        {"password": "12345678"},
    ):
        assert site["head"].form(f"{grid}/links", **{**sent, **wrong}).status_code == 422
    base = site.world.base.id
    assert site["owner"].get(f"/configure/{base}/links").status_code == 403
    assert site["stranger"].get(f"/configure/{base}/links").status_code == 404
    assert sharedlinks.of_base(base) == []
    path = link(site, grid, "head", name="Bank", password="open sesame now")
    page = site["admin"].get(f"{grid}/links").text
    assert (
        "Bank" in page and "not opened yet" in page and "陈总" in page and "with a password" in page
    )
    site.app.test_client().post(path, data={"password": "open sesame now"})
    assert "not opened yet" in site["head"].get(f"{grid}/links").text
    link(site, grid, "admin", name="Other")
    assert "Other" not in site["head"].get(f"{grid}/links").text
    everything = site["admin"].get(f"/configure/{base}/links").text
    assert "Bank" in everything and "Other" in everything and "陈总" in everything
