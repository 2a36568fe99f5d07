"""Alerts to answer: each is answered where it stands, on Today, in the inbox, on the record."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, request

from automations import alerts, answering
from automations.alerts import Question
from tracker.errors import Conflict, Problem, Refused
from tracker.text import _, say
from views import http
from views.room import Room

room = Room("alerts")


@room.page("/alerts", loads="own alerts")
def index() -> Any:
    """All that waits for this person, and what was answered last."""
    return http.page(
        "alerts.html",
        waiting=alerts.to_answer(g.viewer),
        answered=alerts.answered(g.viewer),
        crumbs=[(say(_("Alerts to answer"), g.lang), "")],
    )


@room.page("/alerts/<int:alert_id>", loads="own alert")
def alert(alert_id: int) -> Any:
    """One of them: where mails and lines of the inbox lead to."""
    return shown(alerts.get(g.viewer, alert_id))


def shown(question: Question, *, problem: Problem | None = None) -> Any:
    """The question by itself, or for a swap only its card; refused, with what was typed."""
    listed = (say(_("Alerts to answer"), g.lang), "/alerts")
    response = http.page(
        "alert.html",
        "card",
        question=question,
        error=problem.to(g.lang) if problem else "",
        fresh=http.wants_fragment(),
        words=request.form.get("text", "") if problem else "",
        crumbs=[listed, (question.title, "")],
    )
    if problem is not None:
        response.status_code = problem.status
    return response


@room.page("/alerts/<int:alert_id>/answer", post=True, loads="own alert")
def answer(alert_id: int) -> Any:
    """``choice`` and ``text``, one of them or both."""
    question = alerts.get(g.viewer, alert_id)
    try:
        answering.answer(
            g.viewer,
            question,
            choice=request.form.get("choice", ""),
            text=request.form.get("text", ""),
            settings=current_app.config["SETTINGS"],
        )
    except Conflict as conflict:
        return shown(alerts.get(g.viewer, alert_id), problem=conflict)
    except Refused as refused:
        return shown(question, problem=refused)
    if not http.wants_fragment():
        return http.go(http.local_path(request.form.get("back")), toast=_("Answered."))
    return announced(shown(alerts.get(g.viewer, alert_id)), question)


def announced(response: Any, question: Question) -> Any:
    """The card, and word for the record beside it that there is something new on it."""
    where = {"table": question.table.id, "record": question.alert.record_id}
    response.headers["HX-Trigger"] = current_app.json.dumps({"rounds:answered": where})
    return response
