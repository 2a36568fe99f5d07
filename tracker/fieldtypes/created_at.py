"""When the record was made."""

from __future__ import annotations

from tracker.fieldtypes import registry
from tracker.system import SystemMoment
from tracker.text import _


@registry.register
class CreatedAtType(SystemMoment):
    key = "created_at"
    name = _("Created at")
    icon = "calendar-plus"
    order = 41
    source = "created_at"
