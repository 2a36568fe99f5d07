"""Pages of automations: read aloud, saved as typed or refused in words; the outbox; the bell."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
import time_machine

from automations import inbox, runner
from automations.messages import Message, keep
from tests.automations.world import automation
from tests.views import house
from tests.views.house import COORDINATOR, HEAD, STAFF, STRANGER
from tracker import clock, db, models, schema
from tracker.models import Automation, Outbox
from tracker.text import _

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # no SQL of its own


site = house.site_at("2026-11-18T02:00:00Z")


def home(site: Any) -> str:
    return f"/configure/{site.world.base.id}/automations"


def friday(site: Any, **changes: Any) -> dict[str, Any]:
    """What the form sends for: every Friday at 15:00, tell everybody with the role."""
    return {
        "name": "周五提醒",
        "name_en": "Friday reminder",
        "enabled": "on",
        "trigger.kind": "schedule",
        "trigger.every": "week",
        "trigger.weekday": "4",
        "trigger.time": "15:00",
        "trigger.zone": "Asia/Shanghai",
        "trigger.table:id": "",
        "actions.0.kind": "notify",
        "actions.0.to:who": [f"role:{site.world.roles['staff'].id}"],
        "actions.0.channels:list": ["inbox", "email"],
        "actions.0.subject": "周报今天截止",
        "actions.0.body": "",
        **changes,
    }


def visits(site: Any, **changes: Any) -> dict[str, Any]:
    """… for: when a report comes to meet a condition, tell its owner and who made it."""
    table: schema.Table = site.world.table
    return friday(site) | {
        "trigger.kind": "record",
        "trigger.when": "enters",
        "trigger.table:id": str(table.id),
        "condition": json.dumps({"field": table.field("visits").id, "op": "ge", "value": "5"}),
        "actions.0.to:who": [f"field:{table.field('owner').id}", "record_creator"],
        "actions.0.subject": "看一下 {title}",
        **changes,
    }


# ── saving ───────────────────────────────────────────────────────────────────


def test_what_was_typed_is_an_automation_read_aloud(site: Any) -> None:
    page = site[COORDINATOR]
    assert "Nothing runs by itself yet" in page.get(home(site)).text
    assert page.get(f"{home(site)}/new").status_code == 200
    assert page.form(f"{home(site)}/new", **friday(site)).status_code == 303
    saved = Automation.get()
    assert saved.enabled and saved.run_as.name == COORDINATOR
    assert saved.definition["trigger"] == {
        "kind": "schedule",
        "every": "week",
        "time": "15:00",
        "weekday": 4,
        "zone": "Asia/Shanghai",
    }
    assert saved.definition["actions"][0]["channels"] == ["inbox", "email"]
    listed = html.unescape(page.get(home(site)).text)
    assert "Every Fri at 15:00, notify everybody with the role “专员”" in listed
    edited = html.unescape(page.get(f"{home(site)}/{saved.id}").text)
    assert "周报今天截止" in edited and "Role: 专员" in edited


def test_a_record_trigger_keeps_its_condition_and_recipients(site: Any) -> None:
    page = site[COORDINATOR]
    assert page.form(f"{home(site)}/new", **visits(site)).status_code == 303
    saved = Automation.get().definition
    table = site.world.table
    assert saved["condition"] == {"field": table.field("visits").id, "op": "ge", "value": "5"}
    assert saved["actions"][0]["to"] == [{"field": table.field("owner").id}, "record_creator"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": " "}, "A name is needed."),
        ({"trigger.kind": "sunrise"}, "There is no kind called sunrise."),
        ({"trigger.time": "25:00"}, "“25:00” is not a time of day. Write it like 17:00."),
        ({"trigger.zone": "America"}, "There is no time zone called America."),
        ({"trigger.weekday": "9"}, "Choose a day of the week."),
        ({"actions.0.to:who": []}, "Choose who is told."),
        ({"actions.0.to:who": ["person:99999"]}, "Choose the people who are told."),
        ({"actions.0.to:who": ["field:1"]}, "Choose who is told."),
        ({"actions.0.subject": ""}, "A message needs a subject."),
        ({"actions.0.kind": "explode"}, "There is no kind called explode."),
        ({"actions.0.channels:list": ["pigeon"]}, "Choose how people are told."),
        ({"trigger": "x", "actions": "y", "actions.x.y": "z"}, None),
    ],
)
def test_bad_input_is_refused_in_words_and_kept(
    site: Any, changes: dict[str, Any], said: str | None
) -> None:
    answer = site[COORDINATOR].form(f"{home(site)}/new", **{**friday(site), **changes})
    if said is None:
        assert answer.status_code == 303
        return
    assert answer.status_code == 422
    text = html.unescape(answer.text)
    assert said in text
    assert "Friday reminder" in text
    assert not Automation.select().exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"trigger.table:id": "999"}, "Choose a table of this base."),
        ({"condition": ""}, "Say which condition a record must come to meet."),
        ({"condition": '{"field": 99999, "op": "ge"}'}, "There is no field called 99999."),
        ({"condition": "{nonsense"}, "This condition cannot be read."),
        ({"condition": "[1]"}, "This condition cannot be read."),
        ({"condition": "[" * 900 + "]" * 900}, "This condition cannot be read."),
        ({"condition": '{"all":[' * 60 + "]}" * 60}, "This condition cannot be read."),
        ({"actions.0.subject": "{nosuch}"}, "There is no field with the key {nosuch}."),
    ],
)
def test_a_record_trigger_is_refused_in_words(
    site: Any, changes: dict[str, Any], said: str
) -> None:
    answer = site[COORDINATOR].form(f"{home(site)}/new", **{**visits(site), **changes})
    assert answer.status_code == 422
    assert said in html.unescape(answer.text)


def test_only_administrators_let_it_run_as_somebody_else(site: Any) -> None:
    other = site.world.people[STAFF].id
    site[COORDINATOR].form(f"{home(site)}/new", **friday(site, run_as=str(other)))
    assert Automation.get().run_as.name == COORDINATOR
    models.Person.update(is_admin=True).where(
        models.Person.id == site.world.people[COORDINATOR].id
    ).execute()
    path = f"{home(site)}/{Automation.get().id}"
    site[COORDINATOR].form(path, **friday(site, run_as=str(other)))
    assert Automation.get().run_as.name == STAFF


def test_switched_off_and_on_and_deleted(site: Any) -> None:
    made = automation(site.world, {"kind": "schedule", "every": "day", "time": "09:00"})
    page, path = site[COORDINATOR], f"{home(site)}/{made.id}"
    assert page.form(f"{path}/switch").status_code == 303
    assert not Automation.get().enabled
    assert page.form(f"{path}/switch", on="on").status_code == 303
    assert Automation.get().enabled
    models.Person.update(active=False).execute()
    models.Person.update(active=True).where(models.Person.name == COORDINATOR).execute()
    Automation.update(run_as=site.world.people[STAFF].id).execute()
    refused = page.form(f"{path}/switch", on="on")
    assert refused.status_code == 422
    assert "no longer active" in refused.text
    assert page.form(f"{path}/delete").status_code == 303
    assert page.get(path).status_code == 404


# ── while it is typed ────────────────────────────────────────────────────────


def test_the_sentence_is_said_in_parts_or_what_is_missing(site: Any) -> None:
    page = site[COORDINATOR]
    said = page.client.post(
        f"{home(site)}/sentence", data={"csrf_token": page.csrf, **visits(site)}
    ).json
    assert said["missing"] == ""
    for part in ("trigger", "condition", "actions.0"):
        assert f'data-goto="{part}"' in said["html"]
    empty = page.form(f"{home(site)}/sentence").json
    assert empty == {"html": "", "missing": "Choose what sets the automation off."}


def test_the_parts_follow_the_table_and_the_actions(site: Any) -> None:
    page = site[COORDINATOR]
    drawn = page.form(f"{home(site)}/parts", **visits(site, do="add:notify")).json["html"]
    assert drawn.count('data-part="actions.') == 2
    assert "{visits}" in drawn
    dropped = page.form(f"{home(site)}/parts", **visits(site, do="drop:0")).json["html"]
    assert 'data-part="actions.' not in dropped
    other = visits(site, **{"trigger.table:id": ""})
    assert "record_creator" not in page.form(f"{home(site)}/parts", **other).json["html"]


def test_a_dry_run_counts_and_sends_nothing(site: Any) -> None:
    page = site[COORDINATOR]
    said = page.form(f"{home(site)}/preview", **friday(site)).json
    assert said["text"] == "Had this been on last week: 1 times, 20 messages to 10 people."
    assert not Outbox.select().exists()
    assert page.form(f"{home(site)}/preview", name="x").json["refused"]


def test_recipients_by_name_pinyin_role_and_field(site: Any) -> None:
    table = site.world.table
    page = site[COORDINATOR]

    def found(text: str) -> list[str]:
        rows = page.get(f"{home(site)}/recipients?table={table.id}&q={text}").json
        return [row["text"] for row in rows]

    assert "上海专员" in found("上海")
    assert "Role: 专员" in found("专员")
    assert "Heads of “branch”" in found("branch")
    assert "Who made the record" in found("")


# ── who may ──────────────────────────────────────────────────────────────────

GETS = ("", "/new", "/{id}", "/recipients")
POSTS = ("/new", "/{id}", "/{id}/switch", "/{id}/delete", "/parts", "/sentence", "/preview")


def test_only_coordinators_find_them(site: Any) -> None:
    made = automation(site.world, {"kind": "schedule", "every": "day", "time": "09:00"})
    before = Automation.get().definition
    for name, status in ((STAFF, 403), (HEAD, 403), (STRANGER, 404)):
        for tail in GETS:
            assert site[name].get(home(site) + tail.format(id=made.id)).status_code == status
        for tail in POSTS:
            path = home(site) + tail.format(id=made.id)
            assert site[name].form(path, **friday(site)).status_code == status
        assert site[name].get(f"/configure/automations/{made.id}").status_code == status
    assert Automation.get().definition == before
    moved = site[COORDINATOR].get(f"/configure/automations/{made.id}")
    assert moved.location == f"{home(site)}/{made.id}"


def test_what_is_not_there_is_missing(site: Any) -> None:
    for path in (f"{home(site)}/999999", "/configure/99/automations", "/configure/99/outbox"):
        assert site[COORDINATOR].get(path).status_code == 404


# ── runs, the outbox, the bell ───────────────────────────────────────────────


def test_runs_say_what_they_came_to(site: Any) -> None:
    made = automation(site.world, {"kind": "schedule", "every": "day", "time": "10:30"})
    with time_machine.travel("2026-11-18T02:31:00Z", tick=False):
        house.worker(site).tick()
    listed = site[COORDINATOR].get(home(site)).text
    assert "1 message to 1 person" in listed
    assert "1 message to 1 person" in site[COORDINATOR].get(f"{home(site)}/{made.id}").text
    Automation.update(enabled=False, paused_why=keep(_("Choose an active person."))).execute()
    assert "Paused: Choose an active person." in site[COORDINATOR].get(home(site)).text


def test_the_outbox_goes_back_page_by_page(site: Any) -> None:
    path = f"/configure/{site.world.base.id}/outbox"
    row = {"channel": "inbox", "payload": {"action": "notify"}, "base": site.world.base.id}
    with db.write():
        Outbox.insert_many({**row, "key": f"k{n}"} for n in range(101)).execute()
    first = site[COORDINATOR].get(path).text
    (older,) = re.findall(r'href="([^"]+before=[0-9]+)"', first)
    assert first.count("<tr>") == 101  # the head and a page
    assert site[COORDINATOR].get(html.unescape(older)).text.count("<tr>") == 2
    assert site[STAFF].get(older).status_code == 403


def test_the_outbox_names_the_reason_and_sends_again(site: Any) -> None:
    automation(
        site.world, {"kind": "schedule", "every": "day", "time": "10:30"}, channels=["email"]
    )
    with time_machine.travel("2026-11-18T02:31:00Z", tick=False):
        house.worker(site).tick()
    path = f"/configure/{site.world.base.id}/outbox"
    shown = html.unescape(site[COORDINATOR].get(f"{path}?state=withdrawn").text)
    assert "No mail server is set up" in shown and "上海专员" in shown
    assert "No messages here" in site[COORDINATOR].get(f"{path}?state=sent").text
    row = Outbox.get()
    again = site[COORDINATOR].form(f"{path}/{row.id}/resend", back=f"{path}?state=withdrawn")
    assert again.location == f"{path}?state=withdrawn"
    assert Outbox.get().state == "waiting"
    assert site[COORDINATOR].form(f"{path}/{row.id}/resend").status_code == 403
    assert site[COORDINATOR].form(f"{path}/999/resend").status_code == 404
    for name, status in ((STAFF, 403), (HEAD, 403), (STRANGER, 404)):
        assert site[name].get(path).status_code == status
        assert site[name].form(f"{path}/{row.id}/resend").status_code == status


def test_the_bell_shows_the_last_notes_and_marks_them_read(site: Any) -> None:
    person = site.world.people[STAFF]
    for number in range(10):
        note = Message(f"通知 {number}", "", "/inbox")
        inbox.tell(person.id, note, key=f"note:{number}", now=clock.now())
    page = site[STAFF]
    menu = page.get("/inbox/menu", partial=True).text
    assert menu.count("note-title") == 8 and "通知 9" in menu and "通知 1<" not in menu
    assert 'hx-get="/inbox/menu"' in page.get("/inbox").text
    marked = page.form("/inbox/menu").text
    assert 'id="bell-count"' in marked and "is-new" not in marked
    assert inbox.unread(site.world.viewer(STAFF)) == 0
    assert "通知" not in site[HEAD].get("/inbox/menu").text


def test_thirty_automations_cost_no_more_statements_for_their_runs(site: Any) -> None:
    """The last runs come in one statement."""
    from views.pages.automations import last_runs

    for _number in range(3):
        automation(site.world, {"kind": "schedule", "every": "day", "time": "10:30"})
    with time_machine.travel("2026-11-18T02:31:00Z", tick=False):
        house.worker(site).tick()
    rows = runner.of_base(site.world.viewer(COORDINATOR), site.world.base)
    assert set(last_runs(rows)) == {row.id for row in rows}
