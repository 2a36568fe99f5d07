"""Filing: a form on a phone, what comes after it, and the list of forms one may file."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlencode

from flask import current_app, g, make_response, render_template, request

from forms import build, nearby, submission
from forms.build import Answers
from forms.definition import Definition, closed_today, load
from tracker import conditions, definitions, fieldtypes
from tracker.errors import Conflict, Forbidden, Missing, Problem, Refused, TooOften
from tracker.models import Form
from tracker.query import Query
from tracker.text import Text, _, label, say
from views import http
from views.room import Room

room = Room("forms")
LARGEST_ID = 2**53
KEPT = (Refused, Conflict, Forbidden, TooOften)  # answered with the form and everything typed


@room.page("/f/<int:form_id>", loads="form")
def form(form_id: int) -> Any:
    """The form, begun with defaults and with what the address brings (``?f12=…``)."""
    definition = load_form(form_id)
    answers = build.fresh(definition, g.viewer, request.args)
    back = request.args.get("back")
    return http.page("form.html", **form_context(answers, back=back), fresh=True)


def load_form(form_id: int) -> Definition:
    if form_id > LARGEST_ID:
        raise Missing
    return load(g.viewer, definitions.form(g.viewer, form_id))


@room.page("/f/<int:form_id>", post=True, loads="form")
def submit(form_id: int) -> Any:
    """File it. A refusal is the same page with a sentence beside each wrong answer."""
    definition = load_form(form_id)
    answers = build.posted(definition, g.viewer, request.form)
    key = request.form.get("key", "")[:80]
    back = request.form.get("back")
    try:
        saved = submission.submit(g.viewer, answers, key=key)
    except KEPT as problem:
        if http.wants_json():
            raise
        return refused(answers, problem, key=key, back=back)
    target = f"/f/{form_id}/done?{urlencode({'record': saved.record_id, 'back': local(back)})}"
    if http.wants_json():
        return current_app.json.response({"record": saved.record_id, "go": target})
    return http.go(target)


def refused(answers: Answers, problem: Problem, *, key: str, back: str | None) -> Any:
    """The form again. A key that is used up by other answers gives way to a new one."""
    rest = [problem.text]
    if isinstance(problem, Refused):
        rest = answers.put(problem)
    notices = [say(one, g.lang) for one in rest]
    if isinstance(problem, Conflict):
        key, notices = secrets.token_urlsafe(16), [say(SENT_BEFORE, g.lang)]
    context = form_context(answers, key=key, back=back, notices=notices)
    response = make_response(render_template("form.html", **context), problem.status)
    if isinstance(problem, TooOften):
        response.headers["Retry-After"] = str(problem.retry_after)
    return response


SENT_BEFORE = _(
    "This form was filed already, with other answers; that record stands. "
    "What you typed is below: submit once more to file it as another one."
)


def local(back: str | None) -> str:
    """Where the person came from, when it is a place of ours."""
    return http.local_path(back) if back else "/file"


def form_context(
    answers: Answers, *, key: str = "", back: str | None = None, notices: list[str] | None = None
) -> dict[str, Any]:
    definition = answers.definition
    return {
        "definition": definition,
        "answers": answers,
        "key": key or secrets.token_urlsafe(16),
        "back": local(back),
        "back_href": local(back),
        "crumbs": [(definition.name, "")],
        "form_action": f"/f/{definition.id}",
        "notices": notices or [],
        "design_href": design_href(definition),
        "closed": definition.closed(g.viewer.context),
        "unfillable": build.UNFILLABLE if answers.unfillable() else None,
        "only_if": {one.field.id: only_if(answers, one) for one in definition.questions},
    }


def design_href(definition: Definition) -> str | None:
    """To the designer, for those who may change the form."""
    mine = g.viewer.coordinates_base(definition.table.base_id)
    return f"/configure/forms/{definition.id}" if mine else None


def only_if(answers: Answers, question: Any) -> str:
    """When the question is asked, in words: for those without a script."""
    if question.show_if is None or not answers.sees(question.show_if):
        return ""
    return conditions.sentence(question.show_if, answers.definition.table, g.viewer.context)


@room.page("/f/<int:form_id>/done", loads="form")
def done(form_id: int) -> Any:
    """What was filed, where the person may see it; the next thing to do."""
    definition = load_form(form_id)
    wanted = request.args.get("record", "")
    number = int(wanted) if wanted.isdecimal() and len(wanted) < 16 else 0
    found = Query(g.viewer, definition.table).only([]).fetch([number]) if number else []
    return http.page(
        "form_done.html",
        definition=definition,
        record=found[0] if found else None,
        back=local(request.args.get("back")),
        crumbs=[(definition.name, "")],
    )


@room.page("/f/<int:form_id>/near/<int:field_id>", loads="form")
def near(form_id: int, field_id: int) -> Any:
    """What is already filed for the record just picked, as far as the viewer may see it."""
    definition = load_form(form_id)
    asked = {one.field.id: one.field for one in definition.questions}
    wanted = request.args.get("id", "")
    link = asked.get(field_id)
    if (
        link is None
        or fieldtypes.get(link).family != "link"
        or not (wanted.isdecimal() and len(wanted) < 99)
    ):
        raise Missing
    table = definition.table
    found = nearby.nearby(g.viewer, table, link, min(int(wanted), LARGEST_ID))
    records = [
        {
            "text": " · ".join(filter(None, (one.when, one.who))),
            "href": f"/r/{table.id}/{one.record_id}",
        }
        for one in found
    ]
    text = _("Already in “{table}”:", table=label(table, g.lang)).to(g.lang)
    return current_app.json.response({"text": text, "records": records})


@room.page("/file", loads="forms of the viewer")
def listing() -> Any:
    """The forms one may file, base by base."""
    sections = []
    for base in definitions.bases_of(g.viewer):
        found = [one for table in base.tables for one in forms_of_table(table)]
        if found:
            sections.append((label(base, g.lang), found))
    return http.page("forms_list.html", sections=sections, crumbs=[(_("File").to(g.lang), "")])


def forms_of_table(table: Any) -> list[tuple[Form, Any, Text | None]]:
    """``(form, its table, why it is closed)`` for each form of the table that is there."""
    return [
        (one, table, closed_today(one, g.viewer.context))
        for one in definitions.forms_of(g.viewer, table)
    ]


@room.page("/file/token", loads="own session")
def token() -> Any:
    """Who is signed in, and the token with which what waited on the device may be sent."""
    return current_app.json.response({"person": g.viewer.person_id, "csrf": http.csrf_token()})
