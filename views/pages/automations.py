"""Automations of a base: what runs by itself, read aloud, tried out, and what its runs came to."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import current_app, g, render_template, request
from peewee import fn

from automations import actions, channels, runner, triggers
from automations.occasions import Scene
from tracker import fieldtypes, folding, models
from tracker.dutyperiods import ZONE
from tracker.errors import Missing, Problem, Refused
from tracker.models import Automation, Person, Role, Run
from tracker.periods import weekday
from tracker.schema import Base, Table
from tracker.text import Text, _, label, say
from views import conditionwords, drafts, http, typed
from views.drafts import Draft
from views.pages.configure import crumbs, load, parts
from views.pages.pickers import option
from views.room import Room
from views.sentences import spoken

room = Room("automations")
ALL = "/configure/<int:base_id>/automations"
ONE = f"{ALL}/<int:automation_id>"
LATEST = 20
OFFERED = 30
STATES = {
    "done": ("ok", _("done")),
    "nothing": ("", _("nothing to do")),
    "failed": ("late", _("failed")),
    "running": ("info", _("running")),
}


def load_automation(base_id: int, automation_id: int) -> tuple[Base, Automation]:
    """The automation of this base, for its coordinators alone."""
    base = load(base_id)
    found = runner.load(g.viewer, automation_id)
    if found.base_id != base.id:
        raise Missing
    return base, found


# ── the list ─────────────────────────────────────────────────────────────────


@room.page(ALL, loads="coordinator")
def index(base_id: int) -> Any:
    """Every automation as a sentence, whether it is on, and its last run."""
    base = load(base_id)
    rows = runner.of_base(g.viewer, base)
    last = last_runs(rows)
    return http.page(
        "automations.html",
        base=base,
        rows=[
            {
                "automation": one,
                "sentence": runner.sentence(one, g.viewer),
                "why": runner.why(one),
                "run": entry(last[one.id]) if one.id in last else None,
            }
            for one in rows
        ],
        parts=parts(base, "automations"),
        crumbs=crumbs(base, (_("Automations").to(g.lang), "")),
    )


def last_runs(rows: list[Automation]) -> dict[int, Run]:
    """Automation id → its latest run."""
    latest = Run.select(fn.MAX(Run.id)).where(Run.automation.in_([one.id for one in rows] or [0]))
    found = Run.select().where(Run.id.in_(latest.group_by(Run.automation)))
    return {run.automation_id: run for run in found}


def entry(run: Run) -> dict[str, Any]:
    """One line of the run ledger."""
    cls, word = STATES.get(run.state, STATES["running"])
    messages, people = run.summary.get("messages", 0), run.summary.get("people", 0)
    said = _("{n} messages to {m} people", n=messages, m=people) if messages else None
    return {"run": run, "cls": cls, "word": word, "why": runner.why(run), "said": said}


@room.page("/configure/automations/<int:automation_id>", loads="automation")
def found(automation_id: int) -> Any:
    """Where messages about an automation lead to."""
    automation = runner.load(g.viewer, automation_id)
    return http.go(f"/configure/{automation.base_id}/automations/{automation.id}")


@room.page(
    "/configure/<int:base_id>/automations/<int:automation_id>/switch", post=True, loads="automation"
)
def switch(base_id: int, automation_id: int) -> Any:
    """On from now, or off."""
    base, automation = load_automation(base_id, automation_id)
    on = "on" in request.form
    try:
        runner.set_enabled(g.viewer, automation, on)
    except Problem as problem:
        return typed.again(problem, lambda: index(base.id), form="switch")
    name = label(automation, g.lang)
    told = _("“{name}” is on.", name=name) if on else _("“{name}” is off.", name=name)
    return http.go(f"/configure/{base.id}/automations", toast=told)


@room.page(
    "/configure/<int:base_id>/automations/<int:automation_id>/delete", post=True, loads="automation"
)
def delete(base_id: int, automation_id: int) -> Any:
    base, automation = load_automation(base_id, automation_id)
    runner.delete(g.viewer, automation)
    name = label(automation, g.lang)
    return http.go(f"/configure/{base.id}/automations", toast=_("“{name}” was deleted.", name=name))


# ── one automation ───────────────────────────────────────────────────────────


@room.page(f"{ALL}/new", loads="coordinator")
def new(base_id: int) -> Any:
    return editor(load(base_id), Draft())


@room.page(f"{ALL}/new", post=True, loads="coordinator")
def create(base_id: int) -> Any:
    return store(load(base_id), None)


@room.page(ONE, loads="automation")
def edit(base_id: int, automation_id: int) -> Any:
    base, automation = load_automation(base_id, automation_id)
    return editor(base, drafts.of(automation), automation=automation)


@room.page(
    "/configure/<int:base_id>/automations/<int:automation_id>", post=True, loads="automation"
)
def save(base_id: int, automation_id: int) -> Any:
    return store(*load_automation(base_id, automation_id))


def store(base: Base, automation: Automation | None) -> Any:
    """Keep what was typed; refused, it comes back with the reasons beside it."""
    draft = drafts.typed(request.form)
    try:
        runner.save(
            g.viewer,
            base,
            draft.definition,
            name=draft.name,
            names=draft.names,
            run_as=draft.run_as if g.viewer.is_admin else None,
            enabled=draft.enabled,
            automation=automation,
        )
    except Refused as refused:
        response = editor(base, draft, automation=automation, refused=refused)
        response.status_code = refused.status
        return response
    return http.go(f"/configure/{base.id}/automations", toast=_("Saved."))


def editor(
    base: Base,
    draft: Draft,
    *,
    automation: Automation | None = None,
    refused: Refused | None = None,
) -> Any:
    """The sentence on top, its parts as a form beneath, the last runs beside."""
    name = label(automation, g.lang) if automation else _("New automation").to(g.lang)
    home = (_("Automations").to(g.lang), f"/configure/{base.id}/automations")
    return http.page(
        "automation.html",
        automation=automation,
        why=runner.why(automation) if automation else None,
        runs=[entry(one) for one in runner.runs(g.viewer, automation, limit=LATEST)]
        if automation
        else [],
        said=said(base, draft)["parts"],
        problems=problems_of(refused),
        refused=refused.to(g.lang) if refused else "",
        runner_name=runner_name(draft),
        parts=parts(base, "automations"),
        crumbs=crumbs(base, home, (name, "")),
        **choices(base, draft),
    )


def problems_of(refused: Refused | None) -> dict[str, str]:
    found = refused.problems if refused else {}
    return {str(key): say(text, g.lang) for key, text in found.items()}


def runner_name(draft: Draft) -> str:
    found = Person.get_or_none(Person.id == draft.run_as) if draft.run_as else None
    return str(found.name if found else g.viewer.name)


def choices(base: Base, draft: Draft) -> dict[str, Any]:
    """What the parts of the form offer, for the table that is chosen."""
    table = table_of(base, draft)
    fit(draft, table)
    viewer = g.viewer
    return {
        "base": base,
        "draft": draft,
        "table": table,
        "trigger_kinds": list(triggers.registry),
        "action_kinds": list(actions.registry),
        "offers": {one.key: one.offers(Scene(viewer, base, table)) for one in actions.registry},
        "channels": list(channels.registry),
        "zone": viewer.context.zone or ZONE,
        "weekdays": [weekday(day, g.lang) for day in days_of_week()],
        "duties": list(
            models.Duty.select().where(
                models.Duty.base == base.id, models.Duty.deleted_at.is_null()
            )
        ),
        "tokens": [drafts.tokens(one.get("to"), table, viewer.context) for one in draft.actions],
        "told": [drafts.tokens(one.get("tell"), table, viewer.context) for one in draft.actions],
        "conditions": conditionwords.about(viewer, table, draft.condition) if table else None,
    }


def days_of_week() -> list[date]:
    """A week from Monday on."""
    return [date(2024, 1, day) for day in range(1, 8)]


def table_of(base: Base, draft: Draft) -> Table | None:
    try:
        return base.table(draft.trigger["table"])
    except (Missing, KeyError):
        return None


def fit(draft: Draft, table: Table | None) -> None:
    """Leave out what speaks of fields that the chosen table does not have."""
    known = set(table.by_id) if table else set()
    if not named(draft.condition) <= known:
        draft.condition = None
    for action in draft.actions:
        for name in ("to", "tell"):
            if isinstance(action.get(name), list):
                action[name] = [one for one in action[name] if fits(one, known)]


def named(condition: Any) -> set[int]:
    """The fields a condition looks at."""
    if isinstance(condition, dict):
        own = {condition["field"]} if isinstance(condition.get("field"), int) else set()
        return own.union(*(named(one) for one in condition.values()))
    if isinstance(condition, list):
        return set().union(*(named(one) for one in condition))
    return set()


def fits(part: Any, known: set[int]) -> bool:
    if part == drafts.CREATOR:
        return bool(known)
    kind, value = next(iter(part.items()))
    return kind not in {"field", "heads_of"} or value in known


# ── while it is typed ────────────────────────────────────────────────────────


@room.page(f"{ALL}/parts", post=True, loads="coordinator")
def redraw(base_id: int) -> Any:
    """The form after another table or kind was chosen, an action added or taken away."""
    base = load(base_id)
    draft = drafts.typed(request.form)
    shape(draft, request.form.get("do", ""))
    html = render_template(
        "_automation_parts.html",
        problems={},
        runner_name=runner_name(draft),
        **choices(base, draft),
    )
    return current_app.json.response(html=html)


def shape(draft: Draft, do: str) -> None:
    """``add:notify`` puts an action at the end, ``drop:1`` takes one out."""
    what, _colon, which = do.partition(":")
    if what == "add" and which in actions.registry:
        draft.actions.append({"kind": which})
    if what == "drop" and which.isdecimal() and int(which[:9]) < len(draft.actions):
        draft.actions.pop(int(which[:9]))


@room.page(f"{ALL}/sentence", post=True, loads="coordinator")
def sentence(base_id: int) -> Any:
    """The automation as typed, read aloud; or what is still missing."""
    found = said(load(base_id), drafts.typed(request.form))
    html = render_template("_said.html", said=found["parts"])
    return current_app.json.response(html=html, missing=found["missing"])


def said(base: Base, draft: Draft) -> dict[str, Any]:
    try:
        checked = runner.check(g.viewer, base, draft.definition)
    except Refused as refused:
        return {"parts": [], "missing": refused.to(g.lang)}
    return {"parts": spoken(checked, base, g.viewer), "missing": ""}


@room.page(f"{ALL}/preview", post=True, loads="coordinator")
def preview(base_id: int) -> Any:
    """“Had this been on last week: 214 messages to 61 people.”"""
    base = load(base_id)
    draft = drafts.typed(request.form)
    try:
        checked = runner.check(g.viewer, base, draft.definition)
        acting = draft.run_as if g.viewer.is_admin and draft.run_as else g.viewer.person_id
        trial = Automation(base=base.id, definition=checked, run_as=acting)
        found = runner.preview(g.viewer, trial, settings=current_app.config["SETTINGS"])
    except Refused as refused:
        return current_app.json.response(text=refused.to(g.lang), refused=True)
    return current_app.json.response(text=say(_outcome(found), g.lang), refused=False)


def _outcome(found: runner.Preview) -> Text:
    if not found.runs:
        return _("Had this been on last week, nothing would have set it off.")
    return _(
        "Had this been on last week: {runs} times, {n} messages to {m} people.",
        runs=found.runs,
        n=found.messages,
        m=found.people,
    )


@room.page(f"{ALL}/recipients", loads="coordinator")
def recipients(base_id: int) -> Any:
    """Who can be told: fields of the table, roles of the base, people by name or pinyin."""
    base = load(base_id)
    asked = folding.fold(request.args.get("q", "").strip()[:60])
    try:
        table = base.table(request.args["table"]) if request.args.get("table") else None
    except Missing:
        table = None
    offers = [one for one in fixed(base, table) if asked in folding.fold(one[1])]
    offers += [(f"person:{one.id}", one.name) for one in people_like(asked)]
    return current_app.json.response(
        [option(value, text) for value, text in offers[: OFFERED + 10]]  # type: ignore[arg-type]  # values are any token
    )


def fixed(base: Base, table: Table | None) -> list[tuple[str, str]]:
    """Recipients that are not people by name."""
    context, found = g.viewer.context, []
    for one in table.fields if table else ():
        way = {"person": "field", "department": "heads_of"}.get(fieldtypes.get(one).widget)
        if way:
            text = drafts.field_text(way, label(one, g.lang), context)
            found.append((f"{way}:{one.id}", text))
    if table:
        found.append((drafts.CREATOR, _("Who made the record").to(g.lang)))
    roles = Role.select().where(Role.base == base.id).order_by(Role.id)
    return found + [(f"role:{one.id}", drafts.role_text(one, context)) for one in roles]


def people_like(asked: str) -> list[Person]:
    sounds = asked.replace(" ", "")
    spelled = Person.initials.startswith(sounds) | Person.initials.contains(f" {sounds}")
    rows = Person.select().where(Person.active == True)  # noqa: E712 - an SQL comparison
    if asked:
        rows = rows.where(Person.name.contains(asked) | spelled)
    return list(rows.order_by(Person.initials, Person.id).limit(OFFERED))
