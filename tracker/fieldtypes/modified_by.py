"""Who changed the record last."""

from __future__ import annotations

from tracker.fieldtypes import registry
from tracker.system import SystemPerson
from tracker.text import _


@registry.register
class ModifiedByType(SystemPerson):
    key = "modified_by"
    name = _("Modified by")
    icon = "user-edit"
    order = 42
    source = "updated_by"
