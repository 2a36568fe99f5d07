"""Pages of duties: shaped in one form with their chase; excused, reminded, paged in the matrix."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
import time_machine

from automations import chases
from tests.views import house
from tests.views.house import COORDINATOR, HEAD, STAFF, STRANGER
from tracker import models
from tracker.models import Chase, Duty, Exemption, Notification, Outbox

WEEK = "2026-W47"
EVERYBODY = 7  # the staff of six branches, one of them with a team


site = house.site_at("2026-11-21T02:00:00Z")  # Saturday morning: Friday's cut-off has passed


def home(site: Any) -> str:
    return f"/configure/{site.world.base.id}/duties"


def report(site: Any, **changes: Any) -> dict[str, Any]:
    """What the form sends for: each branch files a report by Friday 17:00, chased at 9."""
    world: Any = site.world
    return {
        "name": "项目周报",
        "name_en": "Weekly report",
        "enabled": "on",
        "duty.table:id": str(world.table_id),
        "duty.who": "level",
        "duty.owers.level:id": "3",
        "duty.ower_field:id": str(world.field("branch")),
        "duty.date_field:id": str(world.field("day")),
        "duty.every": "week",
        "duty.due.weekday": "4",
        "duty.due.time": "17:00",
        "duty.since": "2026-11-02",
        "duty.zone": "Asia/Shanghai",
        "chased": "on",
        "chase.at": "09:00",
        "chase.give_up_days": "10",
        "chase.rungs.0.after_days": "0",
        "chase.rungs.0.to": "ower",
        "chase.rungs.1.after_days": "2",
        "chase.rungs.1.to": "head",
        "chase.channels:list": ["inbox"],
        **changes,
    }


# ── shaping ──────────────────────────────────────────────────────────────────


def test_duty_and_chase_are_saved_together_and_read_aloud(site: Any) -> None:
    page = site[COORDINATOR]
    assert "No duty yet" in page.get(home(site)).text
    assert page.get(f"{home(site)}/new").status_code == 200
    assert page.form(f"{home(site)}/new", **report(site)).status_code == 303
    duty, chase = Duty.get(), Chase.get()
    assert duty.definition["owers"] == {"level": 3}
    assert chase.definition["ladder"][1] == {"after_days": 2, "to": "head"}
    listed = html.unescape(page.get(home(site)).text)
    assert "6 departments file a record in “周报” every week, by Fri 17:00." in listed
    assert "after 2 working days their heads" in listed
    assert 'value="2026-11-02"' in page.get(f"{home(site)}/{duty.id}").text


def test_the_chase_is_switched_off_and_on_in_place(site: Any) -> None:
    page = site[COORDINATOR]
    page.form(f"{home(site)}/new", **report(site))
    path = f"{home(site)}/{Duty.get().id}"
    quiet = report(site)
    quiet.pop("chased")
    page.form(path, **quiet)
    assert not Chase.get().enabled
    page.form(path, **report(site, **{"chase.at": "08:30"}))
    assert Chase.get().enabled and Chase.get().definition["at"] == "08:30"
    assert Chase.select().count() == 1
    assert page.form(f"{path}/delete").status_code == 303
    assert page.get(path).status_code == 404


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": ""}, "A name is needed."),
        ({"duty.table:id": "99"}, "Choose the table it is filed in."),
        ({"duty.who": "stars"}, "Choose who owes"),
        ({"duty.owers.level:id": "99"}, "Choose who owes"),
        ({"duty.who": "people", "duty.owers.people:ids": ["1"]}, "Choose a person field"),
        ({"duty.ower_field:id": ""}, "Choose a department field"),
        ({"duty.date_field:id": ""}, "Choose a field with the day."),
        ({"duty.due.time": "half past"}, "“half past” is not a time of day."),
        ({"duty.zone": "Nowhere"}, "There is no time zone called Nowhere."),
        ({"duty.since": "soon"}, "Write the first day of the duty like 2026-11-21."),
        ({"duty.form:id": "99"}, "Choose a form of this table."),
        ({"condition": json.dumps({"field": 99, "op": "is"})}, "There is no field called 99."),
        ({"chase.at": "late"}, "“late” is not a time of day."),
        ({"chase.give_up_days": "0"}, "Write the number of days, 0 to 90."),
        ({"chase.rungs.1.to": "everybody"}, "Each step of the ladder says who is told"),
        ({"chase.role:id": "99"}, "Choose a role of this base."),
    ],
)
def test_bad_input_is_refused_in_words_and_kept(
    site: Any, changes: dict[str, Any], said: str
) -> None:
    answer = site[COORDINATOR].form(f"{home(site)}/new", **{**report(site), **changes})
    assert answer.status_code == 422
    text = html.unescape(answer.text)
    assert said in text and "Weekly report" in text
    assert not Duty.select().exists()


def test_the_sentence_and_the_parts_follow_what_is_typed(site: Any) -> None:
    page = site[COORDINATOR]
    said = page.form(f"{home(site)}/sentence", **report(site)).json
    assert said["missing"] == "" and 'data-goto="chase"' in said["html"]
    missing = page.form(f"{home(site)}/sentence").json["missing"]
    assert missing == "Choose the table it is filed in."
    drawn = page.form(f"{home(site)}/parts", **report(site, do="add")).json["html"]
    assert "chase.rungs.2.to" in drawn
    people = report(site, **{"duty.who": "people", "do": "drop:1"})
    drawn = page.form(f"{home(site)}/parts", **people).json["html"]
    assert "/people/pick" in drawn and "owner" in drawn and "chase.rungs.1.to" not in drawn


def test_only_coordinators_shape_duties(site: Any) -> None:
    duty = house.weekly(site)
    gets = ("", "/new", f"/{duty.id}")
    posts = ("/new", f"/{duty.id}", f"/{duty.id}/delete", "/parts", "/sentence")
    for name, status in ((STAFF, 403), (HEAD, 403), (STRANGER, 404)):
        for tail in gets:
            assert site[name].get(home(site) + tail).status_code == status
        for tail in posts:
            assert site[name].form(home(site) + tail, **report(site)).status_code == status
    assert Duty.get().deleted_at is None


# ── the matrix ───────────────────────────────────────────────────────────────


def about(site: Any, branch: str, **more: str) -> dict[str, str]:
    world: Any = site.world
    return {"ower": str(world.department(branch)), "period": WEEK, **more}


def asked(site: Any, branch: str) -> str:
    return "&".join(f"{key}={value}" for key, value in about(site, branch).items())


def test_a_cell_is_excused_with_a_reason_and_owed_again(site: Any) -> None:
    duty = house.weekly(site)
    view = house.matrix(duty, site)
    page, path = site[COORDINATOR], f"/duties/{duty.id}"
    dialog = html.unescape(page.get(f"{path}/cell?{asked(site, '苏州')}").text)
    assert "week 47 of 2026" in dialog and "Remind now" in dialog and "overdue" in dialog
    refused = page.form(f"{path}/exempt", **about(site, "苏州", reason=" "))
    assert refused.status_code == 422 and "Say why nothing is owed." in refused.text
    back = f"/v/{view.id}"
    moved = page.form(f"{path}/exempt", **about(site, "苏州", reason="没有项目", back=back))
    assert moved.location == back
    assert "没有项目" in page.get(back).text
    assert "Take the excuse back" in page.get(f"{path}/cell?{asked(site, '苏州')}").text
    page.form(f"{path}/owe", **about(site, "苏州"))
    assert not Exemption.select().exists()
    assert page.form(f"{path}/exempt", **about(site, "苏州", period="2026-W99")).status_code == 422
    assert page.form(f"{path}/exempt", ower="x", period=WEEK).status_code == 404


def test_heads_remind_those_below_and_excuse_nobody(site: Any) -> None:
    duty = house.weekly(site)
    path = f"/duties/{duty.id}"
    dialog = site[HEAD].get(f"{path}/cell?{asked(site, '苏州')}").text
    assert "Remind now" in dialog and "Excuse" not in dialog
    assert site[HEAD].get(f"{path}/cell?{asked(site, '广州')}").status_code == 404
    refused = site[HEAD].form(f"{path}/exempt", **about(site, "苏州", reason="x"))
    assert refused.status_code == 403
    assert site[HEAD].form(f"{path}/owe", **about(site, "苏州")).status_code == 403
    assert site[HEAD].form(f"{path}/remind", **about(site, "广州")).status_code == 404
    for name, status in ((STAFF, 404), (STRANGER, 404)):
        assert site[name].get(f"{path}/cell?{asked(site, '上海')}").status_code == status
        for what in ("exempt", "owe", "remind"):
            answer = site[name].form(f"{path}/{what}", **about(site, "上海", reason="x"))
            assert answer.status_code == status
    assert not Outbox.select().exists() and not Exemption.select().exists()


def flashed(answer: Any) -> str:
    cookie = next(one for one in answer.headers.getlist("Set-Cookie") if "rounds_flash" in one)
    return bytes.fromhex(cookie.partition("=")[2].partition(";")[0]).decode()


def test_reminding_all_tells_each_once_a_day(site: Any) -> None:
    duty = house.weekly(site)
    site.world.file("苏州", "2026-11-18")
    first = site[HEAD].form(f"/duties/{duty.id}/remind", period=WEEK)
    assert flashed(first) == "ok:3 people are reminded."  # 上海 and its team, 杭州
    second = site[COORDINATOR].form(f"/duties/{duty.id}/remind", period=WEEK)
    assert flashed(second) == "ok:3 people are reminded; 3 had heard of it today."
    third = site[COORDINATOR].form(f"/duties/{duty.id}/remind", period=WEEK)
    assert flashed(third) == "ok:All 6 of them have heard of it today."
    assert Outbox.select().count() == 6
    house.worker(site).tick()
    note = Notification.get(Notification.person == site.world.people[STAFF])
    assert note.subject == "待填报：“项目周报”，2026 年第 47 周"
    assert note.link == f"/f/{duty.form_id}"


def test_a_reminder_is_withdrawn_once_it_is_filed(site: Any) -> None:
    duty = house.weekly(site)
    site[COORDINATOR].form(f"/duties/{duty.id}/remind", **about(site, "苏州"))
    site.world.file("苏州", "2026-11-18")
    house.worker(site).tick()
    assert Outbox.get().state == "withdrawn"
    assert not Notification.select().exists()


def test_who_was_chased_this_morning_is_not_reminded_again(site: Any) -> None:
    duty = house.weekly(site)
    with time_machine.travel("2026-11-23T01:00:00Z", tick=False):  # Monday 9:00
        house.worker(site).tick()
        told = Outbox.select().count()
        answer = site[COORDINATOR].form(f"/duties/{duty.id}/remind", period=WEEK)
    assert flashed(answer) == f"ok:All {EVERYBODY} of them have heard of it today."
    assert Outbox.select().count() == told


def test_the_last_column_says_whom_how_often_and_when_next(site: Any) -> None:
    duty = house.weekly(site, since="2026-11-16")
    path = f"/v/{house.matrix(duty, site).id}"
    with time_machine.travel("2026-11-23T01:00:00Z", tick=False):
        house.worker(site).tick()
        shown = html.unescape(site[COORDINATOR].get(path).text)
        assert "苏州专员" in shown and "1×, last 11-23 Mon 09:00" in shown
        assert "next 11-24 Tue 09:00" in shown and "3 being chased" in shown
        site.world.file("苏州", "2026-11-20")
        own = html.unescape(site["苏州专员"].get(path).text)
    assert "1×" in own and "next 11-24" not in own
    assert "广州" not in own and "Remind all" not in own


def test_a_tile_of_the_matrix_follows_the_department_that_a_dashboard_is_narrowed_to(
    site: Any,
) -> None:
    duty = house.weekly(site)
    view, world = house.matrix(duty, site), site.world
    tiles = [{"kind": "view", "view": view.id, "w": 6, "h": 4}]
    board = models.View.create(
        base=world.base_id,
        kind="dashboard",
        name="总览",
        sharing="shared",
        options={"tiles": tiles},
    )

    def tile(department: str = "") -> tuple[list[str], str]:
        asked = (
            f"?period=this_month&department={world.department(department)}" if department else ""
        )
        page = html.unescape(site[COORDINATOR].get(f"/v/{board.id}{asked}").text)
        listed = re.findall(r'<li><span class="truncate">([^<]+)<', page)
        missed = re.findall(r'class="tile-missed">([^<]*)<', page)
        return listed, "".join(missed)

    def shared(department: str) -> list[str]:
        sent = {"until": "2026-12-01", "name": "", "password": ""}
        asked = f"?department={world.department(department)}"
        made = site[COORDINATOR].form(f"/v/{board.id}/links{asked}", **sent).text
        [path] = re.findall(r'value="[^"]*(/s/[\w-]+)"', made)
        page = html.unescape(site.app.test_client().get(path).text)
        return re.findall(r'<li><span class="truncate">([^<]+)<', page)

    assert shared("华东") == ["华东"]  # behind a link as it was shared
    every, _nothing = tile()
    assert {"华东", "华南"} <= set(every)
    assert tile("华东") == (["华东"], "not by period")
    assert tile("上海")[0] == []  # one branch: filed or missing, and no bar of others


def test_the_matrix_pages_through_periods(site: Any) -> None:
    duty = house.weekly(site, since="2026-06-01")
    path = f"/v/{house.matrix(duty, site).id}"
    page = site[COORDINATOR]
    assert "?until=2026-W39" in page.get(path).text
    older = page.get(f"{path}?until=2026-W39").text
    assert "until=2026-W31" in older and "Remind all" not in older
    assert f'rel="next" href="{path}"' in older
    oldest = page.get(f"{path}?until=2026-W23").text
    assert 'rel="prev"' not in oldest and "until=2026-W31" in oldest
    assert page.get(f"{path}?until=soon").status_code == 422


def test_home_names_who_is_missing_beside_the_button(site: Any) -> None:
    duty = house.weekly(site)
    seen = site[COORDINATOR].get("/").text
    assert f"/duties/{duty.id}/remind" in seen and "上海、苏州" in seen.replace(", ", "、")
    head = site[HEAD].get("/").text
    assert f"/duties/{duty.id}/remind" in head and "广州" not in head
    assert "/remind" not in site[STAFF].get("/").text


def test_the_matrix_costs_the_same_for_few_and_many_messages(site: Any) -> None:
    from tests.counting import statements

    duty = house.weekly(site)
    path = f"/v/{house.matrix(duty, site).id}"
    page = site[COORDINATOR]
    page.get(path)
    with statements() as few:
        page.get(path)
    site[COORDINATOR].form(f"/duties/{duty.id}/remind")
    chases.of_duty(duty)
    assert models.Outbox.select().count() == EVERYBODY
    page.get(path)
    with statements() as many:
        page.get(path)
    assert len(many) <= len(few) + 1  # the names, once
