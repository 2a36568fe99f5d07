"""Colour rules of every kind of view, and what their pages are told of what others change."""

from __future__ import annotations

import json
import re
from urllib.parse import quote

import pytest

from tests.counting import statements
from tests.views.test_calendar import shown
from tracker import clock, models, permissions, records, tables

SYSTEM = permissions.system()


@pytest.fixture(scope="module")
def site(standing):
    visits = standing.world.visits
    link = {"table": visits.id, "single": True}
    tables.add_field(SYSTEM, visits, "link", "上级", key="above", options=link)
    return standing


def of_event(answer) -> dict[str, str]:
    return {one[2]: one[11] for one in answer.json["events"]}


def of_bar(answer) -> dict[str, str]:
    return {one[2]: one[5] for one in answer.json["bars"]}


def of_line(answer) -> dict[str, str]:
    return {one["title"]: one["color"].rpartition("tag-")[2] for one in answer.json["lines"]}


def of_card(answer) -> dict[str, str]:
    html = answer.json["html"] if answer.is_json else answer.text
    cards = re.findall(r'<li class="card([^"]*)".*?card-open[^>]*>([^<]*)<', html, re.S)
    return {title: color.rpartition("tag-")[2] for color, title in cards}


def of_row(answer) -> dict[str, str]:
    marks, rows = answer.json, {"east": "东部首访", "south": "南部首访", "bare": "空白"}
    return {rows[key]: marks.get(str(one), {}).get("edge", "") for key, one in IDS.items()}


IDS: dict[str, int] = {}
SPAN = "start=2026-11-01&end=2026-12-01"


def test_one_rule_colours_every_kind_of_view(site):
    """A condition first, then the option; one over a field that is hidden colours nothing."""
    field = {one.key: one.id for one in site.world.visits.fields}
    IDS.update({one: site.ids[one] for one in ("east", "south", "bare")})
    dear = {"when": {"field": field["amount"], "op": "gt", "value": 10}, "color": "red"}
    busy = {"when": {"field": field["state"], "op": "is", "value": 2}, "color": "pink"}
    by = {"by": field["kind"]}
    now, before = {"colors": [dear, busy, by]}, {"rules": [dear, busy], "color": field["kind"]}
    alone, none = {"color": field["kind"]}, {"colors": [], "color": field["kind"]}
    ids = ",".join(str(one) for one in IDS.values())
    kinds = {
        "grid": ({}, f"/data/marks?ids={ids}", of_row),
        "kanban": ({"group": field["department"]}, "", of_card),
        "gallery": ({}, "/data/cards", of_card),
        "timeline": ({"start": field["day"]}, f"/data/bars?{SPAN}", of_bar),
        "hierarchy": ({"parent": field["above"]}, "/data/lines?of=top", of_line),
        "calendar": ({"start": field["day"]}, f"/data/events?{SPAN}", of_event),
    }
    option = of_card(site["admin"].get(shown(site, "gallery", alone) + "/data/cards"))["东部首访"]
    for kind, (options, path, read) in kinds.items():
        address = shown(site, kind, {})
        view = models.View.id == int(address.rpartition("/")[2])
        for colors, admin, owner in (
            (now, "red", "pink"),
            (before, "red", "pink"),
            (alone, option, option),
            (none, "", ""),
        ):
            models.View.update(options={**options, **colors}).where(view).execute()
            for who, expected in (("admin", admin), ("owner", owner)):
                found = read(site[who].get(address + path))["东部首访"]
                told_by_legend = kind == "calendar" and colors in (alone, none)
                assert (found or "") == ("" if told_by_legend else expected), (kind, who, colors)
                if kind in ("kanban", "hierarchy") and expected:
                    tile = site[who].get(address + "/tile").text
                    assert f"is-edged tag-{expected}" in tile, (kind, who, colors)
            _kept_in_one_form(site, address, kind, colors, by)


def _kept_in_one_form(site, address: str, kind: str, colors: dict, by: dict) -> None:
    """The menu knows the rules in whatever form they were kept, and what is saved is one form."""
    builder = site["admin"].get(f"{address}/builder").json
    kept = [one for one in builder["colors"] if "by" in one]
    assert [one["by"] for one in kept] == ([] if colors.get("colors") == [] else [by["by"]]), kind
    assert ("cell" in [one["key"] for one in builder["paints"]]) is (kind == "grid")
    assert site["admin"].post(f"{address}/options", {"color": by["by"]}).status_code == 200
    stored = models.View.get_by_id(int(address.rpartition("/")[2])).options
    assert (stored["colors"], stored["color"]) == ([{"paint": "edge", **by}], None)


def test_further_tables_of_a_calendar_have_rules_of_their_own(site):
    field = {one.key: one.id for one in site.world.visits.fields}
    busy = {"when": {"field": field["state"], "op": "is", "value": 2}, "color": "pink"}
    layer = {"key": "more", "table": site.world.visits.id, "start": field["day"]}
    layer |= {"color": field["kind"]}
    address = shown(site, "calendar", {"start": field["start"], "layers": [layer]})
    events = f"{address}/data/events?{SPAN}"

    def colors(path: str) -> set:
        return {one[11] for one in site["owner"].get(path).json["events"] if one[9] == "more"}

    builder = site["admin"].get(f"{address}/builder").json
    assert [one["key"] for one in builder["layers"]] == ["", "more"]
    beside = site["admin"].get(f"{address}/builder?layer=more").json
    assert beside["colors"] == [{"paint": "edge", "by": field["kind"]}]
    assert site["admin"].get(f"{address}/builder?layer=none").status_code == 404
    assert colors(events) == {None}
    said = f'[{{"when":{{"field":{field["state"]},"op":"is","value":2}},"color":"pink"}}]'
    assert "pink" in colors(f"{events}&colors.more={said}")
    by_company = {"field": field["company"], "op": "has_any", "value": [site.ids["medical"]]}
    named = quote(json.dumps([{"when": by_company, "color": "red"}]))
    assert "重庆医疗</li>" in site["owner"].get(f"{address}?colors={named}").text  # beneath it
    save = {"layer_colors": {"more": [busy]}}
    assert site["admin"].post(f"{address}/options", save).status_code == 200
    assert "pink" in colors(events)


def test_pages_are_told_of_what_changed_within_ones_reach(site):
    world, visits = site.world, site.world.visits
    address = shown(site, "kanban", {"group": visits.field("department").id})
    east, south = site.ids["east"], site.ids["south"]
    models.Change.update(at=clock.now().replace(year=2020)).execute()
    now = clock.now().isoformat()

    def news(who: str, since: str = now, shows: str = "") -> dict:
        more = f"&ids.{visits.id}={shows}" if shows else ""
        answer = site[who].get(f"{address}/data/news?since={since}{more}").json
        answer.pop("now")
        return answer

    quiet: dict = {"tables": {}}
    made_up = news("owner", shows=f"{south},999999")  # tells as much before as after
    assert made_up["tables"][str(visits.id)]["gone"] == [south, 999999]
    assert news("owner", shows=str(east)) == news("owner") == quiet
    records.update(SYSTEM, visits, south, {"people": 9}, via="test")
    assert news("owner") == quiet  # of a record out of scope not even that something happened
    assert news("owner", shows=f"{south},999999") == made_up
    assert news("colleague")["tables"][str(visits.id)]["written"][0].startswith(f"{south}:")
    records.update(SYSTEM, visits, east, {"people": 8}, via="test")
    records.delete(SYSTEM, visits, east, via="test")
    told = news("owner", shows=f"{east},{south}")["tables"][str(visits.id)]
    assert ([one.split(":")[0] for one in told["written"]], told["many"]) == ([str(east)], False)
    assert sorted(told["gone"]) == sorted([east, south])
    records.restore(SYSTEM, visits, east, via="test")
    assert news("owner", "2020-01-01T00:00:00") == {**quiet, "stale": True}
    for since, status in (("soon", 422), (now, 200)):
        assert site["owner"].get(f"{address}/data/news?since={since}").status_code == status
    assert site["stranger"].get(f"{address}/data/news").status_code == 404

    asked = f"{address}/data/heads?cards={east},{south}"
    cards = site["owner"].get(asked).json["cards"]
    assert (cards[str(south)], "card-open" in cards[str(east)]["html"]) == (None, True)
    counts = []
    for number in (1, 30):
        for at in range(number):
            world.visit(f"{number}-{at}", department=world.departments["上海"].id)
        with statements() as sent:
            news("owner")
        counts.append(len(sent))
    assert counts[0] == counts[1]
