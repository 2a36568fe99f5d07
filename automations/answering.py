"""Answering an alert: once, stored on the record, and told to whom the automation names.

The answer is written with the rights of the person the automation runs as; whoever answers needs
to see the record, not to be able to write to it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from automations import alerts, execution, outbox, recipients
from automations.alerts import Question
from automations.messages import keep
from automations.occasions import Occasion, Planned
from tracker import clock, comments, db, limits, records
from tracker.errors import Conflict, Forbidden, Missing, Problem, Refused
from tracker.fieldtypes import clean_text
from tracker.models import Alert, Automation, Run
from tracker.permissions import Viewer
from tracker.query import Query
from tracker.settings import Settings
from tracker.text import Text, _


def answer(
    viewer: Viewer, question: Question, *, choice: str, text: str, settings: Settings
) -> None:
    """Close the question with a choice, own words, or a choice and words that go with it.

    Raises `Refused` where that is no answer to it, `Conflict` where somebody else was first; the
    same answer sent twice by the same person is one.
    """
    if not question.mine:
        raise Forbidden(_("Only those who are asked can answer."))
    said = _said(question, choice, clean_text(text), viewer.context.lang)
    alert, now = question.alert, clock.now()
    with db.write():
        if not _close(alert, viewer, said, now):
            _refuse_second(alert, viewer, said, question)
            return
        automation: Automation = alert.automation
        actor = execution.acting(automation, settings)
        problem = _store(viewer, actor, question, said)
        planned = _told(viewer, actor, question, now)
        alerts.close_lines(question)
        outbox.queue(planned, now=now)
        _note(automation, question, planned, problem, now)


def _said(question: Question, choice: str, text: str, lang: str) -> str:
    """The answer as it is kept; what was typed beside a choice goes with it."""
    if choice and choice not in question.answers:
        raise Refused(_("Choose one of the answers."))
    if text and not question.free:
        raise Refused(_("Choose one of the answers."))
    said = choice or text
    if choice and text:
        said = _("{answer}: {words}", answer=choice, words=text).to(lang)
    if not said:
        raise Refused(
            _("Choose an answer or write one.") if question.answers else _("Write an answer.")
        )
    if len(said) > limits.ALERT_ANSWER_LENGTH:
        raise Refused(_("At most {limit} characters fit.", limit=limits.ALERT_ANSWER_LENGTH))
    return said


def _close(alert: Alert, viewer: Viewer, said: str, now: datetime) -> bool:
    """Take the one answer there is; whether it was still to be had."""
    values = {"answered_at": now, "answered_by": viewer.person_id, "answer": said}
    change = Alert.update(open_key=None, **values)
    return bool(change.where(Alert.id == alert.id, Alert.answered_at.is_null()).execute())


def _refuse_second(alert: Alert, viewer: Viewer, said: str, question: Question) -> None:
    first: Any = Alert.get_by_id(alert.id)
    if (first.answered_by_id, first.answer) == (viewer.person_id, said):
        return
    name = question.asked.get(first.answered_by_id, "?")
    raise Conflict(_("{name} has answered already: “{answer}”", name=name, answer=first.answer))


def _store(viewer: Viewer, actor: Viewer | None, question: Question, said: str) -> Text | None:
    """Into the field the automation names, else as a comment; why the field did not take it.

    Nobody loses an answer because a field was deleted or closed since: then it is a comment too.
    """
    alert, table, problem = question.alert, question.table, None
    field = alert.asked.get("field")
    if field is not None:
        try:
            if actor is None:
                raise Refused(execution.NOBODY)
            with db.write():
                via = f"alert:{alert.id}"
                records.update(actor, table, alert.record_id, {field: said}, via=via)
            return None
        except Problem as refused:
            problem = refused.text
    text = _("Answer: {answer}", answer=said).to(viewer.context.lang)
    made = comments.add(viewer, table, alert.record_id, text)
    Alert.update(comment=made.id).where(Alert.id == alert.id).execute()
    return problem


def _told(viewer: Viewer, actor: Viewer | None, question: Question, now: datetime) -> list[Planned]:
    """What is told of the answer, to whom the automation names, as the record is now."""
    alert, table = question.alert, question.table
    to = alert.asked.get("tell")
    if not to or actor is None:
        return []
    try:
        values = Query(actor, table).one(alert.record_id).values
    except Missing:
        values = {}
    key = f"alert:{alert.id}:answered"
    occasion = Occasion(alert.automation, actor, key, now, table, alert.record_id, values)
    people = [one for one in recipients.resolve(to, occasion) if one != viewer.person_id]
    alerts.join(alert, people, asked=False)
    payload = {"action": alert.asked["kind"], "alert": alert.id, "told": True}
    return [
        Planned(f"{key}:{one}:{channel}", channel, one, payload, alert.automation.base_id)
        for one in people
        for channel in alert.asked["channels"]
    ]


def _note(
    automation: Automation,
    question: Question,
    planned: list[Planned],
    problem: Text | None,
    now: datetime,
) -> None:
    """The answer in the ledger; failed where the field did not take it, with the reason."""
    people = {one.person_id for one in planned}
    summary: dict[str, Any] = {"occasions": 1, "messages": len(planned), "people": len(people)}
    Run.create(
        automation=automation.id,
        trigger="answer",
        record_id=question.alert.record_id,
        started_at=now,
        ended_at=now,
        state="failed" if problem else "done",
        summary=summary | ({"why": keep(problem)} if problem else {}),
    )
