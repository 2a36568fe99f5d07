"""Who made the record."""

from __future__ import annotations

from tracker.fieldtypes import registry
from tracker.system import SystemPerson
from tracker.text import _


@registry.register
class CreatedByType(SystemPerson):
    key = "created_by"
    name = _("Created by")
    icon = "user-plus"
    order = 40
    source = "created_by"
