"""When the record was changed last."""

from __future__ import annotations

from tracker.fieldtypes import registry
from tracker.system import SystemMoment
from tracker.text import _


@registry.register
class ModifiedAtType(SystemMoment):
    key = "modified_at"
    name = _("Modified at")
    icon = "calendar-time"
    order = 43
    source = "updated_at"
