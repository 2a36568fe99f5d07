"""A moment: a day and a time."""

from __future__ import annotations

from tracker.days import Moment
from tracker.fieldtypes import registry
from tracker.text import _


@registry.register
class DateTimeType(Moment):
    key = "datetime"
    name = _("Date and time")
    icon = "clock"
    order = 7
