"""Duties of a base: who owes what by when, how it is chased; shaped by its coordinators."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, render_template, request

from automations import channels, chases
from tracker import db, duties, fieldtypes, holders, models, owing
from tracker.dutyperiods import ZONE
from tracker.errors import Missing, Refused
from tracker.models import Chase, Duty
from tracker.periods import weekday
from tracker.schema import Base, Table
from tracker.text import _, label, say
from views import conditionwords, dutydrafts, http
from views.dutydrafts import DutyDraft
from views.pages.automations import days_of_week, named
from views.pages.configure import crumbs, load, parts
from views.pages.home import matrix_of
from views.room import Room

room = Room("duties")
ALL = "/configure/<int:base_id>/duties"
ONE = f"{ALL}/<int:duty_id>"


def load_duty(base_id: int, duty_id: int) -> tuple[Base, Duty]:
    """The duty of this base, for its coordinators alone."""
    base = load(base_id)
    found = Duty.get_or_none(Duty.id == duty_id, Duty.base == base.id, Duty.deleted_at.is_null())
    if found is None:
        raise Missing
    return base, found


@room.page(ALL, loads="coordinator")
def index(base_id: int) -> Any:
    base = load(base_id)
    rows = Duty.select().where(Duty.base == base.id, Duty.deleted_at.is_null()).order_by(Duty.id)
    name = _("Duties").to(g.lang)
    return http.page(
        "duties.html",
        base=base,
        rows=[described(one) for one in rows],
        parts=parts(base, "duties"),
        crumbs=crumbs(base, (name, "")),
    )


def described(duty: Duty) -> dict[str, Any]:
    """A duty as its line in the list says it."""
    try:
        sentence = say(duties.sentence(duty, g.viewer.context), g.lang)
        href = matrix_of(duty)
    except Refused as refused:  # its table was deleted
        sentence, href = refused.to(g.lang), None
    chased = [
        say(chases.sentence(one, g.viewer.context), g.lang)
        for one in chases.of_duty(duty)
        if one.enabled
    ]
    return {"duty": duty, "sentence": sentence, "chased": chased, "href": href}


# ── one duty ─────────────────────────────────────────────────────────────────


@room.page(f"{ALL}/new", loads="coordinator")
def new(base_id: int) -> Any:
    return editor(load(base_id), DutyDraft())


@room.page(f"{ALL}/new", post=True, loads="coordinator")
def create(base_id: int) -> Any:
    return store(load(base_id), None)


@room.page(ONE, loads="duty")
def edit(base_id: int, duty_id: int) -> Any:
    base, duty = load_duty(base_id, duty_id)
    return editor(base, dutydrafts.of(duty), duty=duty)


@room.page(ONE, post=True, loads="duty")
def save(base_id: int, duty_id: int) -> Any:
    return store(*load_duty(base_id, duty_id))


@room.page(f"{ONE}/delete", post=True, loads="duty")
def delete(base_id: int, duty_id: int) -> Any:
    base, duty = load_duty(base_id, duty_id)
    duties.delete(g.viewer, duty)
    toast = _("“{name}” was deleted.", name=label(duty, g.lang))
    return http.go(f"/configure/{base.id}/duties", toast=toast)


def store(base: Base, duty: Duty | None) -> Any:
    """Keep duty and chase together; refused, they come back with the reasons beside."""
    draft = dutydrafts.typed(request.form)
    try:
        _checked, chase = dutydrafts.check(draft, base, g.viewer)
        with db.write():
            kept = duties.save(
                g.viewer,
                base,
                name=draft.name,
                names=draft.names,
                table=draft.table(base),
                definition=dutydrafts.definition(draft),
                form_id=draft.form_id,
                enabled=draft.enabled,
                duty=duty,
            )
            keep_chase(kept, draft, chase)
    except Refused as refused:
        response = editor(base, draft, duty=duty, refused=refused)
        response.status_code = refused.status
        return response
    return http.go(f"/configure/{base.id}/duties", toast=_("Saved."))


def keep_chase(duty: Duty, draft: DutyDraft, wanted: Chase | None) -> None:
    """The first chase as the form has it; switched off rather than deleted."""
    first = next(iter(chases.of_duty(duty)), None)
    if wanted is not None:
        chases.save(g.viewer, duty, draft.chase, chase=first)
    elif first is not None and first.enabled:
        chases.save(g.viewer, duty, first.definition, enabled=False, chase=first)


def editor(
    base: Base, draft: DutyDraft, *, duty: Duty | None = None, refused: Refused | None = None
) -> Any:
    name = label(duty, g.lang) if duty else _("New duty").to(g.lang)
    home = (_("Duties").to(g.lang), f"/configure/{base.id}/duties")
    return http.page(
        "duty.html",
        duty=duty,
        said=spoken(base, draft)["parts"],
        problems=dutydrafts.problems_of(refused, g.lang),
        refused=refused.to(g.lang) if refused else "",
        parts=parts(base, "duties"),
        crumbs=crumbs(base, home, (name, "")),
        **choices(base, draft),
    )


# ── what the form offers ─────────────────────────────────────────────────────


def choices(base: Base, draft: DutyDraft) -> dict[str, Any]:
    table = next((one for one in base.tables if one.id == draft.table_id), None)
    if not named(draft.duty.get("condition")) <= set(table.by_id if table else ()):
        draft.duty["condition"] = None
    condition = draft.duty.get("condition")
    return {
        "base": base,
        "draft": draft,
        "table": table,
        "channels": list(channels.registry),
        "zone": g.viewer.context.zone or ZONE,
        "weekdays": [weekday(day, g.lang) for day in days_of_week()],
        "levels": levels(),
        "chosen": chosen(draft),
        "roles": list(models.Role.select().where(models.Role.base == base.id)),
        "conditions": conditionwords.about(g.viewer, table, condition, variables=False)
        if table
        else None,
        **fields_of(table, draft),
    }


def fields_of(table: Table | None, draft: DutyDraft) -> dict[str, Any]:
    """Who a record is filed for, its day, and the forms it may be filed with."""
    widget = "person" if draft.who in {"people", "role"} else "department"
    fields = [(one, fieldtypes.get(one).widget) for one in table.fields] if table else []
    forms = models.Form.select().where(
        models.Form.table == (table.id if table else 0), models.Form.deleted_at.is_null()
    )
    return {
        "ower_fields": [one for one, kind in fields if kind == widget],
        "date_fields": [one for one, kind in fields if kind in {"date", "datetime"}],
        "forms": list(forms.order_by(models.Form.ord, models.Form.id)),
    }


def levels() -> list[dict[str, Any]]:
    """The levels of the organisation with how many departments each has, and one by name."""
    found: dict[int, list[Any]] = {}
    for one in owing.tree().values():
        found.setdefault(len(one.path), []).append(one)
    return [
        {"level": level, "n": len(rows), "example": label(rows[0], g.lang)}
        for level, rows in sorted(found.items())
    ]


def chosen(draft: DutyDraft) -> list[tuple[int, str]]:
    """The departments or people that were chosen, by name."""
    ids = (draft.duty.get("owers") or {}).get(draft.who)
    if draft.who == "departments":
        every = owing.tree()
        return [(one, label(every[one], g.lang)) for one in ids or () if one in every]
    if draft.who == "people":
        known = holders.active(models.Person.id.in_(ids or [0]))
        rows = models.Person.select().where(models.Person.id.in_(known or [0]))
        return [(one.id, one.name) for one in rows]
    return []


# ── while it is typed ────────────────────────────────────────────────────────


@room.page(f"{ALL}/parts", post=True, loads="coordinator")
def redraw(base_id: int) -> Any:
    """The form after another table or kind of ower was chosen, a step added or taken away."""
    base = load(base_id)
    draft = dutydrafts.typed(request.form)
    shape(draft, request.form.get("do", ""))
    html = render_template("_duty_parts.html", problems={}, **choices(base, draft))
    return current_app.json.response(html=html)


def shape(draft: DutyDraft, do: str) -> None:
    """``add`` puts a step on the ladder, ``drop:1`` takes one off."""
    what, _colon, which = do.partition(":")
    if what == "add" and len(draft.ladder) < dutydrafts.RUNGS:
        draft.ladder.append({"after_days": 4, "to": "coordinator"})
    if what == "drop" and which.isdecimal() and int(which[:9]) < len(draft.ladder):
        draft.ladder.pop(int(which[:9]))


@room.page(f"{ALL}/sentence", post=True, loads="coordinator")
def sentence(base_id: int) -> Any:
    """The duty as typed, read aloud; or what is still missing."""
    found = spoken(load(base_id), dutydrafts.typed(request.form))
    html = render_template("_said.html", said=found["parts"])
    return current_app.json.response(html=html, missing=found["missing"])


def spoken(base: Base, draft: DutyDraft) -> dict[str, Any]:
    try:
        return {"parts": dutydrafts.said(draft, base, g.viewer), "missing": ""}
    except Refused as refused:
        return {"parts": [], "missing": refused.to(g.lang)}
