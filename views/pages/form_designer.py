"""Designing forms: questions arranged, worded and made to depend on each other, with a preview."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, render_template, request

from forms import build, checking
from forms.definition import askable, default_for, load
from tracker import choices, clock, conditions, db, definitions, fieldtypes, limits, models, schema
from tracker import permissions as rights
from tracker.errors import Missing, Refused
from tracker.fieldtypes import clean_text
from tracker.models import Form, Role
from tracker.periods import NAMED
from tracker.schema import Field, Table
from tracker.tables import clean_name
from tracker.text import _, label, say
from views import filters, http
from views.pages import configure
from views.pages.forms import LARGEST_ID
from views.room import Room

room = Room("form_designer")


def load_form(form_id: int) -> tuple[Form, Table]:
    """The form and its table, for the coordinators of the base alone."""
    found = Form.get_or_none(Form.id == min(form_id, LARGEST_ID), Form.deleted_at.is_null())
    if found is None:
        raise Missing
    table = schema.current().table(found.table_id)
    rights.need_coordinator(g.viewer, table.base_id)
    return found, table


def sent() -> dict[str, Any]:
    """What the designer sends: ``{"name", "names", "roles", "definition"}``."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise Refused(_("This request cannot be read."))
    return body


@room.page("/configure/<int:base_id>/forms", loads="coordinator")
def listing(base_id: int) -> Any:
    """The forms of a base, table by table, and those that were thrown away."""
    base = configure.load(base_id)
    found: dict[int, list[Form]] = {}
    ids = [one.id for one in base.tables]
    for form in Form.select().where(Form.table.in_(ids)).order_by(Form.ord, Form.id):
        found.setdefault(form.table_id, []).append(form)
    roles = list(Role.select().where(Role.base == base.id, Role.coordinator == False))  # noqa: E712 - SQL
    return http.page(
        "configure_forms.html",
        base=base,
        parts=configure.parts(base, "forms"),
        tables=[(one, found.get(one.id, [])) for one in base.tables],
        roles={
            form.id: ", ".join(label(one, g.lang) for one in roles if form.id in one.forms)
            for forms in found.values()
            for form in forms
        },
        crumbs=configure.crumbs(base, (_("Forms").to(g.lang), "")),
    )


@room.page("/configure/forms/new/<int:table_id>", post=True, loads="coordinator")
def create(table_id: int) -> Any:
    """A new form that asks for every field, ready to be arranged."""
    table = schema.current().table(table_id)
    rights.need_coordinator(g.viewer, table.base_id)
    with db.write():
        count = Form.select().where(Form.table == table.id).count()
        form = Form.create(
            table=table.id,
            name=_("New form").to("zh"),
            names={"en": "New form"},
            definition=checking.examine(default_for(table), table, g.viewer)[0],
            ord=count,
        )
        schema.changed()
    return http.go(f"/configure/forms/{form.id}")


@room.page("/configure/forms/<int:form_id>", loads="coordinator")
def designer(form_id: int) -> Any:
    form, table = load_form(form_id)
    g.table_id = table.id
    base = schema.current().base(table.base_id)
    stored, problems = checking.examine(form.definition or {}, table, g.viewer)
    asked = [one["field"] for part in stored["sections"] for one in part["questions"]]
    return http.page(
        "form_designer.html",
        form=form,
        table=table,
        stored=stored,
        questions={one.id: about(one) for one in table.fields if askable(one)},
        unasked=[one for one in table.fields if askable(one) and one.id not in asked],
        roles=[(one, form.id in one.forms) for one in roles_of(table)],
        conditions=condition_words(table, stored),
        **preview_of(form, table, stored),
        problems={key: say(text, g.lang) for key, text in problems.items()},
        crumbs=configure.crumbs(
            base,
            (_("Forms").to(g.lang), f"/configure/{base.id}/forms"),
            (label(form, g.lang), ""),
        ),
    )


TYPED = {"text", "long_text", "number", "email", "phone", "url", "date"}
TYPED |= {"percent", "progress", "rating", "duration", "barcode", "location"}


def about(field: Field) -> dict[str, Any]:
    """What the settings of a question are made from."""
    kind = fieldtypes.get(field)
    return {
        "field": field,
        "kind": kind,
        "defaults": default_choices(field),
        "typed": kind.widget in TYPED,
    }


def default_choices(field: Field) -> list[tuple[Any, str]]:
    """``(raw default, in words)`` of the defaults that are chosen rather than typed."""
    kind, lang = fieldtypes.get(field), g.lang
    fixed: dict[str, list[tuple[Any, Any]]] = {
        "date": [("today", _("Today"))],
        "datetime": [("now", _("Now"))],
        "person": [({"var": "me"}, _("Whoever files it"))],
        "department": [({"var": "my_department"}, _("The department of whoever files it"))],
        "checkbox": [(True, _("Ticked"))],
    }
    found = [(raw, say(text, lang)) for raw, text in fixed.get(kind.widget, [])]
    if kind.widget in {"choice", "stage", "choices"}:
        found += [(one["id"], label(one, lang)) for one in choices.options(field)]
    return found


def roles_of(table: Table) -> list[Role]:
    rows = Role.select().where(Role.base == table.base_id, Role.coordinator == False)  # noqa: E712 - SQL
    return list(rows.order_by(Role.id))


def condition_words(table: Table, stored: dict[str, Any]) -> dict[str, Any]:
    """What the show-if editor is made from, and the names behind the conditions there are."""
    asked = [one for part in stored["sections"] for one in part["questions"]]
    shown = [one["show_if"] for one in asked if one["show_if"] is not None]
    families = {fieldtypes.get(one).family for one in table.fields}
    return {
        "fields": [filters.describe(one, g.lang) for one in table.fields if askable(one)],
        "ops": {family: filters.operators(family, g.lang) for family in families},
        "spans": [{"key": key, "word": word.to(g.lang)} for key, (word, _span) in NAMED.items()],
        "variables": {
            "person": [filters.variable("me", g.lang)],
            "department": [filters.variable(one, g.lang) for one in filters.PLACES],
        },
        "names": filters.names(g.viewer, table, {"all": shown}),
        "said": {
            str(one["field"]): conditions.sentence(one["show_if"], table, g.viewer.context)
            for one in asked
            if one["show_if"] is not None
        },
    }


@room.page("/configure/forms/<int:form_id>/preview", post=True, loads="coordinator")
def preview(form_id: int) -> Any:
    """The form as it would be, and what in it cannot work, before it is saved."""
    form, table = load_form(form_id)
    stored, problems = checking.examine(sent().get("definition"), table, g.viewer)
    said = {key: say(text, g.lang) for key, text in problems.items()}
    html = render_template("_form_preview.html", **preview_of(form, table, stored))
    return current_app.json.response({"html": html, "problems": said})


def preview_of(form: Form, table: Table, stored: dict[str, Any]) -> dict[str, Any]:
    """The questions as they are asked of a coordinator: what the preview's template needs."""
    unsaved = Form(id=form.id, table=table.id, name=form.name, names=form.names, definition=stored)
    definition = load(g.viewer, unsaved)
    return {"definition": definition, "answers": build.fresh(definition, g.viewer, {})}


@room.page("/configure/forms/<int:form_id>", post=True, loads="coordinator")
def save(form_id: int) -> Any:
    """Keep the form as it was arranged; it is in force at once."""
    form, table = load_form(form_id)
    body = sent()
    stored = checking.check(body.get("definition"), table, g.viewer)
    name = clean_name(body.get("name"))
    names = body.get("names")
    english = clean_text(names.get("en") if isinstance(names, dict) else "")[: limits.NAME_LENGTH]
    known = {one.id for one in roles_of(table)}
    sent_roles = body.get("roles")
    chosen = [one for one in known if isinstance(sent_roles, list) and one in sent_roles]
    with db.write():
        Form.update(name=name, names={"en": english} if english else None, definition=stored).where(
            Form.id == form.id
        ).execute()
        definitions.show_to_roles("forms", form.id, chosen, table.base_id)
    return current_app.json.response({"saved": True})


@room.page("/configure/forms/<int:form_id>/delete", post=True, loads="coordinator")
def delete(form_id: int) -> Any:
    """Away with the form; what was filed through it stays."""
    form, table = load_form(form_id)
    with db.write():
        Form.update(deleted_at=clock.now()).where(Form.id == form.id).execute()
        for role in models.Role.select().where(models.Role.base == table.base_id):
            role.forms = [one for one in role.forms if one != form.id]
            role.save()
        schema.changed()
    return http.go(
        f"/configure/{table.base_id}/forms",
        toast=_("The form is gone. What was filed with it stays."),
    )


@room.page("/configure/forms/<int:form_id>/restore", post=True, loads="coordinator")
def restore(form_id: int) -> Any:
    """Back as it was; which roles see it is decided anew."""
    found = Form.get_or_none(Form.id == min(form_id, LARGEST_ID), Form.deleted_at.is_null(False))
    if found is None:
        raise Missing
    table = schema.current().table(found.table_id)
    rights.need_coordinator(g.viewer, table.base_id)
    with db.write():
        Form.update(deleted_at=None).where(Form.id == found.id).execute()
        schema.changed()
    return http.go(f"/configure/forms/{found.id}", toast=_("Restored."))
