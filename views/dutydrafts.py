"""A duty and its chase as they are typed: one form, two definitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from automations import chases
from tracker import duties
from tracker.errors import Refused
from tracker.models import Chase, Duty
from tracker.permissions import Viewer
from tracker.schema import Base, Table
from tracker.text import Text, _, say
from views import drafts

OWERS = ("level", "departments", "people", "role")
RUNGS = 6


@dataclass
class DutyDraft:
    """Raw values; ``duty`` and ``chase`` are shaped like their definitions."""

    name: str = ""
    name_en: str = ""
    enabled: bool = True
    table_id: int | None = None
    form_id: int | None = None
    duty: dict[str, Any] = field(default_factory=dict)
    chased: bool = True
    chase: dict[str, Any] = field(
        default_factory=lambda: {
            "ladder": [{"after_days": 0, "to": "ower"}, {"after_days": 2, "to": "head"}]
        }
    )

    @property
    def names(self) -> dict[str, str] | None:
        return {"en": self.name_en} if self.name_en else None

    @property
    def who(self) -> str:
        return next(iter(self.duty.get("owers") or {"level": None}))

    @property
    def ladder(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.chase.get("ladder") or []
        return found

    def table(self, base: Base) -> Table:
        """The table it is filed in; `Refused` without one."""
        found = next((one for one in base.tables if one.id == self.table_id), None)
        if found is None:
            text = _("Choose the table it is filed in.")
            raise Refused(text, {"table": text})
        return found


def of(duty: Duty) -> DutyDraft:
    """A stored duty with its first chase."""
    chase = next(iter(chases.of_duty(duty)), None)
    found: dict[str, Any] = dict(duty.definition)
    names: Any = duty.names or {}
    if found.get("condition") is True:
        found["condition"] = None
    return DutyDraft(
        duty.name,
        names.get("en", ""),
        duty.enabled,
        duty.table_id,
        duty.form_id,
        found,
        chase is not None and chase.enabled,
        dict(chase.definition) if chase else DutyDraft().chase,
    )


def typed(form: MultiDict[str, str]) -> DutyDraft:
    """What was typed, whatever it is worth."""
    found = drafts.nested(form)
    given, chase = found.get("duty", {}), found.get("chase", {})
    who = given.pop("who", "")
    owers = given.pop("owers", {})
    given["owers"] = {who: owers.get(who)} if who in OWERS else {}
    given["condition"] = drafts.condition(form.get("condition", ""))
    rungs = chase.pop("rungs", {})
    chase["ladder"] = [
        {"after_days": 0, **rungs[key]} for key in sorted(rungs, key=_number)[:RUNGS]
    ]
    return DutyDraft(
        drafts.one_line(form, "name"),
        drafts.one_line(form, "name_en"),
        "enabled" in form,
        given.pop("table", None),
        given.pop("form", None),
        given,
        "chased" in form,
        chase,
    )


def _number(key: str) -> int:
    return int(key) if key.isascii() and key.isdigit() else 0


def check(draft: DutyDraft, base: Base, viewer: Viewer) -> tuple[Duty, Chase | None]:
    """The duty and its chase, unsaved, checked; `Refused` names every part that is wrong."""
    problems: dict[str, Text] = {}
    duty: Any = Duty(base=base.id, name=draft.name, names=draft.names, table=draft.table_id)
    chase: Any = Chase(duty=duty) if draft.chased else None
    try:
        table = draft.table(base)
        duty.definition = duties.check(definition(draft), table, viewer)
    except Refused as refused:
        problems |= refused.problems or {"owers": refused.text}
    try:
        if chase is not None:
            chase.definition = chases.check(draft.chase, duty)
    except Refused as refused:
        problems["chase"] = refused.text
    if problems:
        raise Refused(next(iter(problems.values())), problems)
    return duty, chase


def definition(draft: DutyDraft) -> dict[str, Any]:
    found = dict(draft.duty)
    return found | {"condition": True if found.get("condition") is None else found["condition"]}


def said(draft: DutyDraft, base: Base, viewer: Viewer) -> list[dict[str, str]]:
    """The duty read aloud, and how it is chased; `Refused` while something is missing."""
    duty, chase = check(draft, base, viewer)
    context = viewer.context
    parts = [{"part": "duty", "text": say(duties.sentence(duty, context), context.lang)}]
    if chase is not None:
        text = say(chases.sentence(chase, context), context.lang)
        parts += [{"part": "", "text": " "}, {"part": "chase", "text": text}]
    return parts


def problems_of(refused: Refused | None, lang: str) -> Mapping[str, str]:
    found = refused.problems if refused else {}
    return {str(key): say(text, lang) for key, text in found.items()}
