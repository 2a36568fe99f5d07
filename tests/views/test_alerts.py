"""Alerts answered where they stand: on Today, in the inbox, on the record and by themselves."""

from __future__ import annotations

import html
import json
from typing import Any

import pytest

from automations import alerts, runner
from tests.automations.world import SYSTEM, automation
from tests.counting import statements
from tests.views import house
from tests.views.conftest import PARTIAL
from tests.views.house import COORDINATOR, HEAD, STAFF, STRANGER
from tests.views.test_automations import friday, home
from tracker import db, models, records
from tracker.models import Alert, AlertParty, Automation, Comment, Notification

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # no SQL of its own


site = house.site_at("2026-11-18T02:00:00Z")


def asking(site: Any, **changes: Any) -> dict[str, Any]:
    """What the form sends for: ask the owner of each new report, keep it in the remark."""
    table = site.world.table
    return {
        **friday(site),
        "trigger.kind": "record",
        "trigger.when": "created",
        "trigger.table:id": str(table.id),
        "actions.0.kind": "alert",
        "actions.0.to:who": [f"field:{table.field('owner').id}"],
        "actions.0.subject": "{title}能否安排？{remark}",
        "actions.0.answers:lines": "已安排\r\n\r\n需要<支持>\r\n",
        "actions.0.free": "on",
        "actions.0.days:id": "3",
        "actions.0.field:id": str(table.field("remark").id),
        "actions.0.tell:who": [f"heads_of:{table.field('branch').id}"],
        **changes,
    }


def asked(site: Any, **values: Any) -> int:
    """One alert to the staff of 上海, asked by the automation that a coordinator saved."""
    site[COORDINATOR].form(f"{home(site)}/new", **asking(site))
    world = site.world
    world.file("上海", "2026-11-18", owner=world.person(STAFF), remark="机密", **values)
    house.worker(site).tick()
    return int(Alert.get().id)


def page(site: Any, name: str, path: str, **headers: str) -> str:
    answer = site[name].get(path, **headers)
    assert answer.status_code == 200, (path, answer.status_code)
    return html.unescape(answer.text)


def answer(site: Any, name: str, alert: int, *, partial: bool = True, **values: str) -> Any:
    client = site[name].client
    sent = {"csrf_token": site[name].csrf, **values}
    return client.post(
        f"/alerts/{alert}/answer", data=sent, headers=PARTIAL if partial else {}, buffered=True
    )


def test_the_settings_are_kept_and_come_back(site: Any) -> None:
    asked(site)
    saved = Automation.get().definition["actions"][0]
    table = site.world.table
    assert saved["answers"] == ["已安排", "需要<支持>"] and saved["free"] and saved["days"] == 3
    assert saved["field"] == table.field("remark").id
    assert saved["tell"] == [{"heads_of": table.field("branch").id}]
    back = page(site, COORDINATOR, f"{home(site)}/{Automation.get().id}")
    assert "已安排\n需要<支持></textarea>" in back and "Heads of “branch”" in back
    drawn = site[COORDINATOR].form(
        f"{home(site)}/parts", **{**asking(site), "trigger.table:id": "", "do": ""}
    )
    assert "choose a table first" in drawn.get_json()["html"]  # and its fields are gone


def test_answered_in_place(site: Any) -> None:
    alert, record = asked(site), f"/r/{site.world.table_id}/1"
    places = ("/", "/inbox", "/alerts", f"/alerts/{alert}", record)
    for path in places:
        text = page(site, STAFF, path)
        assert "上海 2026-11-18</a>能否安排？" in text and "机密" not in text, path
        assert 'value="需要<支持>"' in text and "answer by 11-21 Sat" in text, path
    for name in ("苏州专员", HEAD, STRANGER):
        assert "能否安排" not in site[name].get("/").text + site[name].get("/inbox").text
        assert site[name].get(f"/alerts/{alert}").status_code == 404
        assert answer(site, name, alert, choice="已安排").status_code == 404
    seen = page(site, COORDINATOR, record)  # who shapes the base sees it wait, and cannot answer
    assert "waiting for 上海专员" in seen and "已安排" not in seen
    assert answer(site, COORDINATOR, alert, choice="已安排").status_code == 403

    refused = answer(site, STAFF, alert, choice="不行", text='写了"一半')
    assert refused.status_code == 422 and "<html" not in refused.text
    assert "Choose one of the answers." in refused.text and "写了&#34;一半" in refused.text
    whole = answer(site, STAFF, alert, partial=False, text="", back="/")
    assert whole.status_code == 422 and "Choose an answer or write one." in whole.text

    done = answer(site, STAFF, alert, choice="需要<支持>", text="周四")
    assert done.status_code == 200 and "需要&lt;支持&gt;: 周四" in done.text
    assert json.loads(done.headers["HX-Trigger"])["rounds:answered"]["record"] == 1
    assert answer(site, STAFF, alert, choice="需要<支持>", text="周四").status_code == 200
    again = answer(site, STAFF, alert, text="改主意了")
    assert again.status_code == 409 and "has answered already" in again.text
    assert "改主意了" in again.text
    assert "Nothing to answer" in page(site, STAFF, "/alerts")
    assert "Alerts to answer" not in page(site, STAFF, "/")
    house.worker(site).tick()
    line = Notification.get(Notification.person == site.world.person(HEAD))
    assert line.subject == "上海专员答复：需要<支持>: 周四" and line.link == record
    assert "需要<支持>: 周四" in page(site, HEAD, record)
    assert "需要<支持>: 周四" in page(site, STAFF, record)
    assert "as the answer to an alert" in page(site, COORDINATOR, f"{record}/history")
    assert page(site, COORDINATOR, f"{record}/history").count("上海专员") == 1
    assert "as the answer" not in page(site, STAFF, f"{record}/history")  # a hidden field


def test_a_question_ends_with_the_right_to_its_record(site: Any) -> None:
    alert, world = asked(site), site.world
    assert "能否安排" in page(site, STAFF, "/inbox/menu")
    elsewhere = {"branch": world.department("苏州"), "owner": None}
    records.update(SYSTEM, world.table, 1, elsewhere, via="test")
    for path in ("/", "/inbox", "/inbox/menu", "/alerts"):
        text = page(site, STAFF, path)
        assert "能否安排" not in text and "上海 2026" not in text, path
    assert "A question that you can no longer see" in page(site, STAFF, "/inbox")
    assert site[STAFF].get(f"/alerts/{alert}").status_code == 404
    assert answer(site, STAFF, alert, choice="已安排").status_code == 404


def test_an_answer_that_became_a_comment_says_to_what(site: Any) -> None:
    site[COORDINATOR].form(f"{home(site)}/new", **asking(site, **{"actions.0.field:id": ""}))
    site.world.file("上海", "2026-11-18", owner=site.world.person(STAFF))
    house.worker(site).tick()
    sent = answer(site, STAFF, Alert.get().id, partial=False, text="安排在周四", back="/inbox")
    assert (sent.status_code, sent.headers["Location"]) == (303, "/inbox")
    record = f"/r/{site.world.table_id}/1"
    assert "能否安排？</p>" in page(site, STAFF, f"{record}/comments")
    told = page(site, "组员", record) if site["组员"].get(record).status_code == 200 else ""
    assert "能否安排" not in told
    people = {"华东经理": site.world.person(HEAD), "苏州专员": site.world.person(STAFF), "": 1}
    said = {"text": "@华东经理 @苏州专员 <收到>", "mentions": {**people, "x": "y"}}
    assert site[COORDINATOR].post(f"{record}/comments", said).status_code == 200
    assert Notification.get(Notification.link == f"{record}#comments").body.startswith("管理员：@")
    assert Comment.select().where(Comment.text.contains("@[usr")).count() == 1
    shown = page(site, HEAD, f"{record}/comments")
    assert '<b class="mention">@华东经理</b> @苏州专员 ' in shown  # the name of somebody else
    assert 'data-text="@华东经理 @苏州专员 <收到>"' in shown
    known = json.loads(shown.partition('data-mentions="')[2].partition('">')[0])
    assert known == {"华东经理": people["华东经理"]}
    assert "“上海 2026-11-18”有新评论" in [
        one.subject
        for one in Notification.select().where(Notification.person == people["华东经理"])
    ]
    for wrong in ({"text": "x", "mentions": [1]}, {"text": 1}):
        assert site[COORDINATOR].post(f"{record}/comments", wrong).status_code == 422


def test_thirty_alerts_take_the_queries_of_three(site: Any) -> None:
    made = automation(
        site.world,
        {"kind": "record", "table": "reports", "when": "created"},
        actions=[
            {
                "kind": "alert",
                "to": {"people": [site.world.person(STAFF)]},
                "subject": "{title}？",
                "answers": ["好"],
            }
        ],
    )
    counts = []
    for many in (3, 27):
        for number in range(many):
            record = site.world.file("上海", "2026-11-18", title=f"周报{many}{number}")
            action = made.definition["actions"][0]
            about = {"table_id": site.world.table_id, "record_id": record, "asked": action}
            with db.write():
                alert = Alert.create(automation=made.id, **about)
                AlertParty.create(alert=alert.id, person=site.world.person(STAFF))
        for path in ("/", "/alerts"):
            site[STAFF].get(path)
        with statements() as sent:
            for path in ("/", "/alerts"):
                assert site[STAFF].get(path).status_code == 200
        counts.append(len(sent))
    assert counts[0] == counts[1]
    assert len(alerts.to_answer(site.world.viewer(STAFF))) == 30
    runner.delete(site.world.viewer(COORDINATOR), models.Automation.get_by_id(made.id))
    assert "Nothing to answer" in page(site, STAFF, "/alerts")
