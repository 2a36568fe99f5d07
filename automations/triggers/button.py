"""Somebody pressed a button of a record."""

from __future__ import annotations

from typing import Any

from automations.occasions import Scene
from automations.triggers import Definition, Trigger, registry
from tracker import buttons
from tracker.context import Context
from tracker.errors import Missing, Refused
from tracker.text import Text, _, label


@registry.register
class ButtonTrigger(Trigger):
    """``{"table", "button"}``: a button field without an address."""

    key = "button"
    name = _("A button is pressed")
    icon = "hand-click"
    order = 3

    def check(self, raw: Definition, scene: Scene) -> dict[str, Any]:
        try:
            table = scene.base.table(raw.get("table"))
        except Missing:
            raise Refused(_("Choose a table of this base.")) from None
        field = table.by_id.get(raw.get("button") or 0)
        if field is None or not buttons.runs(field):
            raise Refused(_("Choose a button of the table: a field without an address."))
        return {"kind": self.key, "table": table.id, "button": field.id}

    def sentence(self, trigger: Definition, scene: Scene, context: Context, test: str) -> Text:
        table = label(scene.table, context.lang) if scene.table else "?"
        field = scene.table.by_id.get(trigger["button"]) if scene.table else None
        button = label(field, context.lang) if field else "?"
        if test:
            return _(
                "When “{button}” of “{table}” is pressed and {test}",
                button=button,
                table=table,
                test=test,
            )
        return _("When “{button}” of “{table}” is pressed", button=button, table=table)
