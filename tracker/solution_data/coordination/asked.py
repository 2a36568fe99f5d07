"""What the automation about quiet clients has asked so far: some questions open, one answered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tracker import clock
from tracker.blueprint import Both, Maker
from tracker.models import Alert, AlertParty, Automation, Comment, Notification
from tracker.query import Query, Record
from tracker.solution_data.coordination import crew
from tracker.solution_data.coordination.crew import Crew

AGO = (6, 1, 1, 6)  # days since each was asked, the last one is answered
SAID = Both("需要支持：想请区域领导一起去一次", "Need support: could the region's head come along?")
ANSWER = Both("答复：{said}", "Answer: {said}")
TOLD = Both("{name}答复：{said}", "{name} answered: {said}")


def ask(made: Maker, house: Crew) -> None:
    """Questions to the one who signs in as staff; the answer to their region's head too."""
    automation = Automation.get_by_id(made.id("automation:quiet"))
    action: Any = automation.definition["actions"][0]
    head = house.known[crew.HEAD[0]]
    action["tell"] = [*action["tell"], {"people": [head]}]
    automation.save()
    staff = house.known[crew.STAFF[0]]
    quiet = _quiet(made, staff)
    asked = [
        _asked(automation, made, record, staff, ago)
        for record, ago in zip(quiet, AGO, strict=False)
    ]
    if len(asked) == len(AGO):
        _answered(made, asked[-1], quiet[-1], staff, head)


def _quiet(made: Maker, staff: int) -> list[Record]:
    """Her clients of the upper grades, those longest without a visit first."""
    grades = [made.id(f"companies.grade:{one}") for one in "ab"]
    hers = [
        {"field": made.id("companies.holder"), "op": "is", "value": staff},
        {"field": made.id("companies.grade"), "op": "any_of", "value": grades},
        {"field": made.id("companies.last_visit"), "op": "filled"},
    ]
    query = Query(made.viewer, made.table("companies")).where({"all": hers})
    order = [{"field": made.id("companies.last_visit"), "desc": False}]
    return query.order(order).page(len(AGO)).records


def _asked(automation: Any, made: Maker, record: Record, staff: int, ago: int) -> Any:
    table, action, now = made.table("companies"), automation.definition["actions"][0], clock.now()
    at = now - timedelta(days=ago, hours=3)
    alert = Alert.create(
        open_key=Alert.key_of(automation.id, 0, table.id, record.id),
        automation=automation.id,
        table_id=table.id,
        record_id=record.id,
        asked=action,
        asked_at=at,
        answer_by=clock.today(made.viewer.context.zone) + timedelta(days=action["days"] - ago),
    )
    AlertParty.create(alert=alert.id, person=staff, asked=True)
    subject = action["subject"].replace("{name}", record.title)
    _line(f"alert:{alert.id}:{staff}:inbox", staff, subject, f"/alerts/{alert.id}", at)
    return alert


def _answered(made: Maker, alert: Any, record: Record, staff: int, head: int) -> None:
    """Answered some hours ago, as a comment, with a line to the head."""
    at, said = clock.now() - timedelta(hours=2), _in(made, SAID)
    about = {"table_id": alert.table_id, "record_id": alert.record_id}
    text = _in(made, ANSWER).format(said=said)
    alert.comment = Comment.create(**about, author=staff, text=text, created_at=at).id
    alert.open_key, alert.answer = None, said
    alert.answered_at, alert.answered_by = at, staff
    alert.save()
    AlertParty.create(alert=alert.id, person=head, asked=False)
    Notification.update(read_at=at).where(Notification.link == f"/alerts/{alert.id}").execute()
    subject = _in(made, TOLD).format(name=crew.STAFF[0], said=said)
    body = alert.asked["subject"].replace("{name}", record.title)
    link = f"/r/{alert.table_id}/{alert.record_id}"
    _line(f"alert:{alert.id}:answered:{head}:inbox", head, subject, link, at, body)


def _line(key: str, person: int, subject: str, link: str, at: Any, body: str = "") -> None:
    Notification.create(key=key, person=person, subject=subject, body=body, link=link, at=at)


def _in(made: Maker, text: Both) -> str:
    return text.en if made.lang == "en" else text.zh
