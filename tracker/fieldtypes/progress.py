"""How far something is: 0 to 100 percent, shown as a bar."""

from __future__ import annotations

import html
from typing import Any

from tracker.context import Context
from tracker.errors import Refused
from tracker.fieldtypes import registry
from tracker.numeric import precision
from tracker.schema import Field
from tracker.shares import Share
from tracker.text import _


@registry.register
class ProgressType(Share):
    key = "progress"
    name = _("Progress")
    icon = "progress"
    order = 5
    widget = "progress"

    def parse(self, raw: Any, field: Field, context: Context) -> int | None:
        value = super().parse(raw, field, context)
        if value is not None and not 0 <= value <= 100 * 10 ** precision(field):
            raise Refused(_("Progress is between 0 and 100 %."))
        return value

    def operand(self, raw: Any, field: Field, context: Context) -> int | None:
        return super().parse(raw, field, context)

    def html(self, value: Any, field: Field, context: Context) -> str:
        if value is None:
            return ""
        told = html.escape(self.text(value, field, context))
        done = value / 10 ** precision(field)
        return (
            f'<span class="progress-cell"><svg class="progress-bar" viewBox="0 0 100 6" '
            f'preserveAspectRatio="none" aria-hidden="true"><rect width="100" height="6"/>'
            f'<rect class="done" width="{done:g}" height="6"/></svg>{told}</span>'
        )
