"""An ordered choice whose moves are recorded: where a record stands on its way."""

from __future__ import annotations

from tracker.choices import OneChoice
from tracker.fieldtypes import registry
from tracker.text import _


@registry.register
class StageType(OneChoice):
    key = "stage"
    name = _("Stage")
    icon = "git-commit"
    order = 10
    widget = "stage"
