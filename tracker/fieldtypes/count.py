"""How many records a link leads to."""

from __future__ import annotations

from tracker.computed.throughlinks import ThroughLink
from tracker.fieldtypes import registry
from tracker.schema import Field
from tracker.text import _


@registry.register
class CountType(ThroughLink):
    key = "count"
    name = _("Count of linked records")
    icon = "tallymarks"
    order = 52

    def needs_source(self, field: Field) -> bool:
        return False
