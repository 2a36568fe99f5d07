"""Rosters and profiles: numbers as bare SQL has them, targets by tier, pages, what is not there."""

from __future__ import annotations

import html
import re
from datetime import date, timedelta

import pytest
import time_machine

from tests.counting import statements
from tracker import (
    db,
    definitions,
    models,
    neglect,
    permissions,
    records,
    roles,
    schema,
    tables,
    timeline,
)
from tracker.neglect import Line, Target
from tracker.query import Query
from tracker.rollcall import Meaning, Source

NOW = "2026-11-20T10:00:00+08:00"
SYSTEM = permissions.system()
TODAY = date(2026, 11, 20)
SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # no SQL of its own


@pytest.fixture(autouse=True)
def _november():
    with time_machine.travel(NOW, tick=False):
        yield


def ago(days: int) -> str:
    return (TODAY - timedelta(days=days)).isoformat()


@pytest.fixture
def graded(site):
    """Companies with a grade, and visits to them of both sides."""
    world = site.world
    tables.add_field(
        SYSTEM, world.companies, "single_choice", "Grade", key="grade", options={"choices": "ABC"}
    )
    place = {"east": world.departments["上海"].id, "south": world.departments["华南"].id}

    def make(name: str, grade: str | None, *visits: tuple[int, str, str]) -> int:
        given = {"name": name, "grade": grade}
        made = records.create(SYSTEM, world.companies, given, via="test").record_id
        for days, state, side in visits:
            world.visit(
                f"{name} {days}",
                company=[made],
                day=ago(days),
                start=f"{ago(days)} 09:30",
                state=state,
                department=place[side],
                owner=world.people["owner"].id,
                notes=f"said {days}",
            )
        return made

    return make


def pair(site) -> dict[str, int]:
    visits = site.world.visits
    return {"table": visits.id, "link": visits.field("company").id}


def options(site, **more) -> dict:
    state = site.world.visits.field("state").id
    done, planned = ({"field": state, "op": "is", "value": one} for one in (2, 1))
    visits = {**pair(site), "date": site.world.visits.field("day").id}
    grade = site.world.companies.find("grade")
    tiers = {"field": grade.id, "days": {"1": 30, "2": 60, "3": 90}} if grade else None
    visits |= {"done": done, "planned": planned}
    return {"visits": visits, "target_days": 45, "tiers": tiers, **more}


def shown(site, given: dict) -> str:
    """A roster that all roles see; its address."""
    world = site.world
    with db.write():
        view = models.View.create(
            base=world.base.id, table=world.companies.id, kind="roster", name="R", options=given
        )
        for role in models.Role.select():
            role.views = [*role.views, view.id]
            role.save()
        schema.changed()
    return f"/v/{view.id}"


def names(page: str) -> list[str]:
    return re.findall(r'<a class="name" href="[^"]*/profile">(.*?)</a>', page)


def words(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


CASES = [  # days since the last visit, target → state
    (None, 30, "never"),
    (None, None, ""),
    (0, 30, "ok"),
    (24, 30, "ok"),
    (25, 30, "soon"),
    (30, 30, "soon"),
    (31, 30, "late"),
    (48, 60, "ok"),
    (49, 60, "soon"),
    (61, 60, "late"),
    (72, 90, "ok"),
    (73, 90, "soon"),
    (91, 90, "late"),
    (4000, None, ""),
    (2, 3, "ok"),
    (3, 3, "soon"),
]


def test_states_by_tier_are_the_same_in_sql_and_in_words(site, graded):
    """Each case is a company; SQL counts them into the filters as `state_of` says."""
    grades = {30: "A", 60: "B", 90: "C", None: None, 3: None}
    cases = [one for one in CASES if one[1] in {30, 60, 90}]
    ids = {
        graded(
            f"c{place}", grades[target], *([(days, "完成", "east")] if days is not None else [])
        ): neglect.state_of(days, target)
        for place, (days, target, _state) in enumerate(cases)
    }
    assert [neglect.state_of(days, target) for days, target, _state in CASES] == [
        state for _days, _target, state in CASES
    ]
    given, world = options(site), site.world
    source = Source(
        given["visits"]["table"],
        given["visits"]["link"],
        given["visits"]["date"],
        Meaning(planned=given["visits"]["planned"], done=given["visits"]["done"]),
    )
    grade = world.companies.field("grade")
    target = Target(None, grade, {1: 30, 2: 60, 3: 90})
    query = Query(SYSTEM, world.companies).where({"field": "grade", "op": "filled"})

    def found(only: str = "", **more) -> list[Line]:
        return neglect.sheet(query, source, target, only=only, **more).lines

    assert {line.id: line.state for line in found()} == ids
    for only, states in (("overdue", {"late", "never"}), ("soon", {"soon"})):
        assert {line.id for line in found(only)} == {
            one for one, state in ids.items() if state in states
        }
    tally = neglect.sheet(query, source, target).tally
    assert (tally.all, tally.overdue, tally.never) == (
        len(ids),
        sum(state in {"late", "never"} for state in ids.values()),
        1,
    )
    order = [neglect.neglect_of(line.days, line.target) for line in found()]
    assert order == sorted(order, reverse=True)
    for sort in neglect.ORDERS:  # page by page as at once
        whole, after, paged = [one.id for one in found(order=sort)], None, []
        while True:
            sheet = neglect.sheet(query, source, target, order=sort, after=after, limit=4)
            paged += [one.id for one in sheet.lines]
            after = sheet.after
            if after is None:
                break
        assert paged == whole


BARE = """SELECT l.{far}, SUM(CASE WHEN v.{state} = 2 THEN 1 ELSE 0 END),
    SUM(CASE WHEN v.{state} = 2 AND v.{day} >= '2026-10-01' THEN 1 ELSE 0 END),
    MAX(CASE WHEN v.{state} = 2 THEN v.{day} END),
    MIN(CASE WHEN v.{state} = 1 AND v.{day} >= '2026-11-20' THEN v.{day} END)
    FROM t{visits} v JOIN l{junction} l ON l.{near} = v.id
    WHERE v.deleted_at IS NULL AND v.{department} IN ({departments}) GROUP BY l.{far}"""


def bare(site, *departments: str) -> dict:
    visits = site.world.visits
    columns = {one: visits.field(one).column for one in ("state", "day", "department")}
    ids = ", ".join(str(site.world.departments[one].id) for one in departments)
    junction = visits.field("company").options["junction"]
    sql = BARE.format(
        **columns, visits=visits.id, junction=junction, near="src", far="dst", departments=ids
    )
    text = {None: None}
    return {
        row[0]: (int(row[1]), int(row[2]), *(text.get(one, one and str(one)) for one in row[3:]))
        for row in db.query(sql)
    }


def test_each_reads_the_numbers_of_their_own_visits(site, graded):
    graded("Alpha", "A", (10, "完成", "east"), (100, "完成", "east"), (3, "取消", "east"))
    graded("Beta", "B", (5, "完成", "south"), (70, "完成", "east"), (-4, "计划", "south"))
    graded("Gamma", "C")
    with db.write():  # the head heads the east; the stranger sees companies, and no visits
        role = roles.create(SYSTEM, site.world.base, "names")
        models.TableRight.create(role=role, table=site.world.companies.id, read=True, fields="read")
        models.RoleMember.create(role=role, person=site.world.people["stranger"])
        schema.changed()
    given = options(site, open={**pair(site), "condition": options(site)["visits"]["planned"]})
    address = shown(site, given)
    seen = {"owner": ["上海"], "head": ["华东", "上海"], "colleague": ["华南"]}
    visits = given["visits"]
    meaning = Meaning(planned=visits["planned"], done=visits["done"])
    source = Source(visits["table"], visits["link"], visits["date"], meaning)
    for who, departments in seen.items():
        query = Query(site.world.viewer(who), site.world.companies)
        lines = neglect.sheet(query, source, Target(30)).lines
        known = {
            one.id: (one.count.visits, one.count.quarter, one.count.last, one.count.next)
            for one in lines
            if one.count != neglect.Count()
        }
        wanted = {
            key: row for key, row in bare(site, *departments).items() if row != (0, 0, None, None)
        }
        assert known == wanted, who
    page = site["owner"].get(address).text
    assert names(page)[:2] == ["Gamma", "Beta"] or "Beta" in names(page)
    assert "overdue 10 days" in words(page) and "11-24" not in words(page)
    assert "11-24" in words(site["colleague"].get(address).text)
    stranger = words(site["stranger"].get(address).text)
    assert "never visited" in stranger and "days ago" not in stranger
    only = site["owner"].get(f"{address}?only=overdue&by=name").text
    assert "Beta" in names(only) and "Alpha" not in names(only)
    site.world.visit(
        "now",
        company=[names_of(site)["Alpha"]],
        day=ago(0),
        state="完成",
        department=site.world.departments["上海"].id,
    )
    assert "today" in words(site["owner"].get(address).text)  # pages are kept, not old ones
    for bad in ("after=x", "after=[1]", "by=nosuch", 'after=["a",2]', "only=zz", "after=[true,1]"):
        assert site["owner"].get(f"{address}?{bad}").status_code == 200


@SQLITE
def test_settings_are_chosen_without_a_word_of_code(site, graded):
    planned = {**pair(site), "condition": options(site)["visits"]["planned"]}
    address = shown(site, options(site, open=planned))
    assert site["owner"].get(f"{address}/data/settings").status_code == 404
    page = site["admin"].get(f"{address}/data/settings", partial=True).text
    assert "Roster settings" in page and 'value="30"' in page and "all but" in page
    grade = site.world.companies.field("grade").id
    saved = site["admin"].post(
        f"{address}/options",
        json={"tiers": {"field": grade, "days": {"1": "14", "2": "", "9": "5"}}},
    )
    assert saved.status_code == 200
    kept = models.View.get_by_id(int(address[3:])).options
    assert kept["tiers"] == {"field": grade, "days": {"1": 14, "2": None}}
    day, amount = (site.world.visits.field(one).id for one in ("day", "amount"))
    for bad in (
        {"target_days": "0.5"},
        {"target_days": 99999},
        {"tiers": {"field": site.world.companies.field("name").id, "days": {}}},
        {"visits": {**pair(site), "date": amount}},
        {"visits": {"table": 99, "link": 1, "date": day}},
        {"open": {**pair(site), "condition": None}},
        {"risk": "x"},
    ):
        answer = site["admin"].post(f"{address}/options", json=bad)
        assert answer.status_code in {404, 422}, bad
    secret = {"field": amount, "op": "gt", "value": "4711"}
    own = options(site, open={**pair(site), "condition": secret})
    own["visits"] |= {"done": secret, "planned": secret}
    mine = models.View.id == int(shown(site, own)[3:])
    owner = site.world.people["owner"].id
    models.View.update(sharing="personal", owner=owner).where(mine).execute()
    panel = site["owner"].get(f"/v/{models.View.get(mine).id}/data/settings", partial=True)
    assert panel.status_code == 200 and "4711" not in panel.text and "As it is now" in panel.text
    tables.delete_field(SYSTEM, site.world.companies.field("grade"))
    assert site["owner"].get(address).status_code == 200  # falls back to the target of all


@SQLITE
def test_as_many_statements_for_one_as_for_thirty(site, graded):
    graded("Only", "A", (10, "完成", "east"), (-3, "计划", "east"))
    planned = {**pair(site), "condition": options(site)["visits"]["planned"]}
    address = shown(site, options(site, open=planned, risk=planned))
    company = names_of(site)["Only"]
    pages = (address, f"/r/{site.world.companies.id}/{company}/profile", "/", f"{address}/tile")

    def cost() -> list[int]:
        found = []
        for page in pages:
            site["owner"].get(page)
            with statements() as sent:
                assert site["owner"].get(page).status_code == 200
            found.append(len(sent))
        return found

    few = cost()
    for number in range(30):
        graded(f"More {number}", "B", (number, "完成", "east"))
        site.world.visit(
            f"v{number}",
            company=[company],
            day=ago(number),
            state="计划" if number % 2 else "完成",
            owner=site.world.people["owner"].id,
            department=site.world.departments["上海"].id,
        )
    assert cost() == few


def names_of(site) -> dict[str, int]:
    return {one.title: one.id for one in Query(SYSTEM, site.world.companies).page(200).records}


# ── the profile ──────────────────────────────────────────────────────────────


@SQLITE
def test_a_profile_tells_what_the_viewer_may_see(site, graded):
    made = graded("Alpha", "A", (10, "完成", "east"), (12, "完成", "south"), (-5, "计划", "east"))
    planned = {**pair(site), "condition": options(site)["visits"]["planned"]}
    shown(site, options(site, open=planned))
    with db.write():
        form = models.Form.create(
            table=site.world.visits.id,
            name="Quick",
            definition={"sections": [{"questions": [{"field": pair(site)["link"]}]}]},
        )
        everybody = [role.id for role in models.Role.select()]
        definitions.show_to_roles("forms", form.id, everybody, site.world.base.id)
        schema.changed()
    address = f"/r/{site.world.companies.id}/{made}/profile"
    page = site["owner"].get(address).text
    told = words(page)
    assert "Alpha 10" in told and "Alpha 12" not in told and "said 12" not in told
    assert told.index("Coming up") < told.rindex("Alpha -5") < told.index("So far")
    assert "Who knows them" in told and "1 visit" in told and "Open items 1" in told
    assert f"?f{pair(site)['link']}={made}&amp;back=" in page
    south = words(site["colleague"].get(address).text)
    assert "Alpha 12" in south and "Alpha 10" not in south and "Alpha -5" not in south
    only = site.world.visits.id
    assert "Alpha 10" not in words(site["owner"].get(f"{address}?q=nothing").text)
    assert "Alpha 10" in words(
        site["owner"].get(f"{address}?only={only}&q=said", partial=True).text
    )
    assert site["stranger"].get(address).status_code == 404
    for bad in ("after=x", 'after=["x",1,2]', "after=[1,2,3]", "kind=x", "only=99&kind=1"):
        assert site["owner"].get(f"{address}?{bad}").status_code == 200


@SQLITE
def test_a_long_history_comes_in_pages(site, graded):
    made = graded("Long", "A", *((number // 2, "完成", "east") for number in range(95)))
    address = f"/r/{site.world.companies.id}/{made}/profile"
    seen, at = [], address
    while at:
        page = site["owner"].get(at, partial=at != address).text
        seen += re.findall(r'class="name" href="/r/\d+/(\d+)"', page)
        more = re.search(r'data-more hx-get="([^"]+)"', page)
        at = html.unescape(more[1]) if more else ""
    assert len(seen) == len(set(seen)) == 95


def test_a_day_on_two_tables_is_told_once_each(site, graded):
    """Days and moments on one line: pages end anywhere without losing or repeating an entry."""
    made = graded("Both", None, *((number, "完成", "east") for number in range(30)))
    calls = tables.create_table(SYSTEM, site.world.base, "Calls", key="calls", title=None)
    link = {"table": site.world.companies.id}
    for kind, key, given in (("datetime", "at", {}), ("link", "company", link)):
        calls = schema.current().table(calls.id)
        tables.add_field(SYSTEM, calls, kind, key, key=key, options=given)
    calls = schema.current().table(calls.id)
    for number in range(30):
        for hour in ("09:00", "18:30"):
            given = {"company": [made], "at": f"{ago(number)} {hour}"}
            records.create(SYSTEM, calls, given, via="test")
    viewer = site.world.viewer("admin")
    lines = timeline.strands(viewer, site.world.companies)
    whole = timeline.history(viewer, made, lines, limit=200).entries
    paged, after = [], None
    while True:
        page = timeline.history(viewer, made, lines, after=after, limit=7)
        paged += page.entries
        after = page.after
        if after is None:
            break
    assert [one.key for one in paged] == [one.key for one in whole]
    assert len(whole) == 30 + 59  # this evening's call lies ahead
