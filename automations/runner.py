"""Automations as pages and programs handle them: save, switch, read aloud, look back, try out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from automations import actions, execution, triggers
from automations.messages import kept
from automations.occasions import Scene, condition_of
from automations.triggers import Span
from tracker import clock, conditions, db, limits, schema
from tracker.errors import Missing, Problem, Refused
from tracker.models import Automation, Person, Run
from tracker.permissions import Viewer, need_coordinator
from tracker.settings import Settings
from tracker.tables import clean_name
from tracker.text import Text, _

WEEK = timedelta(days=7)


# ── loading and shaping ──────────────────────────────────────────────────────


def load(viewer: Viewer, automation_id: int) -> Automation:
    """The automation, for coordinators of its base; others get `Missing` or `Forbidden`."""
    live = (Automation.id == automation_id) & Automation.deleted_at.is_null()
    found = Automation.get_or_none(live)
    if found is None:
        raise Missing
    need_coordinator(viewer, schema.current().base(found.base_id).id)
    return found


def of_base(viewer: Viewer, base: schema.Base) -> list[Automation]:
    need_coordinator(viewer, base.id)
    live = (Automation.base == base.id) & Automation.deleted_at.is_null()
    return list(Automation.select().where(live).order_by(Automation.id))


def save(
    viewer: Viewer,
    base: schema.Base,
    definition: Mapping[str, Any],
    *,
    name: str,
    names: dict[str, str] | None = None,
    run_as: int | None = None,
    enabled: bool | None = None,
    automation: Automation | None = None,
) -> Automation:
    """A new automation, or ``automation`` changed; `Refused` names the part that is wrong.

    It runs as whoever saves it. Only administrators may name somebody else (``run_as``):
    otherwise a coordinator could act with the rights of others.
    """
    need_coordinator(viewer, base.id)
    if automation is not None and automation.base_id != base.id:
        raise Missing
    checked = check(viewer, base, definition)
    row: Any = automation or Automation(base=base.id)
    before = row.enabled and row.definition.get("trigger")
    row.name, row.names, row.definition = clean_name(name), names, checked
    row.run_as = _run_as(viewer, run_as)
    if enabled is not None:
        row.enabled, row.paused_why = enabled, None
    if before != checked["trigger"]:  # what was due for another trigger is not made up for
        row.active_since = clock.now()
    with db.write():
        row.save()
    return row


def set_enabled(viewer: Viewer, automation: Automation, on: bool) -> None:
    """Switch it on (from now: nothing of the past is made up for) or off."""
    need_coordinator(viewer, automation.base_id)
    if on and execution.person_of(automation) is None:
        raise Refused(execution.NOBODY)
    row: Any = automation
    row.enabled, row.paused_why, row.active_since = on, None, clock.now()
    with db.write():
        row.save(only=["enabled", "paused_why", "active_since"])


def delete(viewer: Viewer, automation: Automation) -> None:
    """To the bin: it no longer runs, and what it has queued is withdrawn."""
    need_coordinator(viewer, automation.base_id)
    automation.deleted_at, automation.enabled = clock.now(), False
    with db.write():
        automation.save(only=["deleted_at", "enabled"])


def _run_as(viewer: Viewer, person_id: int | None) -> int | None:
    if person_id is None or person_id == viewer.person_id:
        return viewer.person_id
    if not (viewer.is_admin or viewer.system):
        raise Refused(_("Only administrators may let an automation run as somebody else."))
    person = Person.get_or_none(Person.id == person_id)
    if person is None or not person.active:
        raise Refused(_("Choose an active person."), {"run_as": _("Choose an active person.")})
    return int(person.id)


# ── checking ─────────────────────────────────────────────────────────────────


def check(viewer: Viewer, base: schema.Base, raw: Mapping[str, Any]) -> dict[str, Any]:
    """The definition as it may be stored. ``problems`` of `Refused` are keyed ``trigger``,
    ``condition``, ``actions`` or ``actions.0``.
    """
    if not isinstance(raw, Mapping) or not isinstance(raw.get("trigger"), Mapping):
        raise _at("trigger", Refused(_("Choose what sets the automation off.")))
    try:
        kind = triggers.registry.get(str(raw["trigger"].get("kind")))
        trigger = kind.check(raw["trigger"], Scene(viewer, base))
    except Refused as refused:
        raise _at("trigger", refused) from None
    table_id = kind.table_id(trigger)
    scene = Scene(viewer, base, schema.current().table(table_id) if table_id else None)
    condition = _check_condition(raw.get("condition"), scene)
    if kind.needs_condition(trigger) and condition is True:
        raise _at("condition", Refused(_("Say which condition a record must come to meet.")))
    return {"trigger": trigger, "condition": condition, "actions": _check_actions(raw, scene)}


def _check_condition(raw: Any, scene: Scene) -> Any:
    if raw is None or raw is True:
        return True
    if scene.table is None:
        text = _("A condition needs a table whose records it is about.")
        raise _at("condition", Refused(text))
    try:
        return conditions.check(raw, scene.table, scene.viewer.context)
    except Refused as refused:
        raise _at("condition", refused) from None


def _check_actions(raw: Mapping[str, Any], scene: Scene) -> list[dict[str, Any]]:
    given = raw.get("actions")
    if not isinstance(given, list) or not 1 <= len(given) <= limits.ACTIONS_PER_AUTOMATION:
        text = _("An automation has 1 to {n} actions.", n=limits.ACTIONS_PER_AUTOMATION)
        raise _at("actions", Refused(text))
    checked = []
    for number, one in enumerate(given):
        try:
            if not isinstance(one, Mapping):
                raise Refused(_("Choose what the automation does."))
            checked.append(actions.registry.get(str(one.get("kind"))).check(one, scene))
        except Refused as refused:
            raise _at(f"actions.{number}", refused) from None
    return checked


def _at(part: str, refused: Refused) -> Refused:
    """The refusal with the part of the definition it is about."""
    return Refused(refused.text, {part: refused.text})


# ── reading ──────────────────────────────────────────────────────────────────


def sentence(automation: Automation, viewer: Viewer) -> str:
    """The automation read aloud, in the viewer's language: when, if, what."""
    definition, context = automation.definition, viewer.context
    try:
        scene = _scene(automation, viewer)
        condition = condition_of(automation)
        test = ""
        if condition is not True and scene.table:
            test = conditions.sentence(condition, scene.table, context)
        trigger = definition["trigger"]
        when = triggers.registry.get(trigger["kind"]).sentence(trigger, scene, context, test)
        said = [
            actions.registry.get(one["kind"]).sentence(one, scene, context).to(context.lang)
            for one in definition["actions"]
        ]
    except (Problem, KeyError, TypeError):
        return _("It refers to something that was deleted.").to(context.lang)
    what = _("; ").to(context.lang).join(said)
    return _("{when}, {what}.", when=when, what=what).to(context.lang)


def _scene(automation: Automation, viewer: Viewer) -> Scene:
    now = schema.current()
    trigger = automation.definition["trigger"]
    table_id = triggers.registry.get(trigger["kind"]).table_id(trigger)
    return Scene(viewer, now.base(automation.base_id), now.table(table_id) if table_id else None)


def runs(viewer: Viewer, automation: Automation, *, limit: int = 100) -> list[Run]:
    """The run ledger, newest first; `why` says what went wrong in a run."""
    need_coordinator(viewer, automation.base_id)
    rows = Run.select().where(Run.automation == automation.id).order_by(Run.id.desc())
    return list(rows.limit(min(limit, limits.PAGE_ROWS)))


def why(thing: Run | Automation) -> Text | None:
    """Why a run failed, or why an automation is paused."""
    return kept(thing.summary.get("why") if isinstance(thing, Run) else thing.paused_why)


@dataclass(frozen=True)
class Preview:
    """What an automation would have done: “had this been on last week: 214 messages to 61”."""

    runs: int
    messages: int
    people: int


def preview(
    viewer: Viewer,
    automation: Automation,
    *,
    settings: Settings,
    since: datetime | None = None,
) -> Preview:
    """A dry run over what has happened since (a week ago); nothing is written or sent.

    ``automation`` may be unsaved: ``Automation(base=…, definition=check(…), run_as=…)``.
    """
    need_coordinator(viewer, automation.base_id)
    acting = execution.acting(automation, settings)
    if acting is None:
        raise Refused(execution.NOBODY)
    now = clock.now()
    kind = triggers.registry.get(automation.definition["trigger"]["kind"])
    count, messages, people = 0, 0, set()
    for occasion in kind.past(automation, acting, Span(since or now - WEEK, now)):
        count += 1
        for number, action in enumerate(automation.definition["actions"]):
            planned = actions.registry.get(action["kind"]).plan(action, occasion, number)
            messages += len(planned)
            people |= {one.person_id for one in planned}
    return Preview(count, messages, len(people))
