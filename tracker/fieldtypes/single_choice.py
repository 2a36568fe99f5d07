"""One of a list of options."""

from __future__ import annotations

from tracker.choices import OneChoice
from tracker.fieldtypes import registry
from tracker.text import _


@registry.register
class SingleChoiceType(OneChoice):
    key = "single_choice"
    name = _("Single choice")
    icon = "circle-dot"
    order = 8
