"""A number with a fixed number of decimals."""

from __future__ import annotations

from tracker.fieldtypes import registry
from tracker.numeric import Numeric
from tracker.text import _


@registry.register
class NumberType(Numeric):
    key = "number"
    name = _("Number")
    icon = "number-123"
    order = 3
