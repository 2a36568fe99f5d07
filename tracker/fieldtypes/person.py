"""A colleague."""

from __future__ import annotations

from tracker.colleagues import Colleague
from tracker.fieldtypes import registry
from tracker.text import _


@registry.register
class PersonType(Colleague):
    key = "person"
    name = _("Person")
    icon = "user"
    order = 11
