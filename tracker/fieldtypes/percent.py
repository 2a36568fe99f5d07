"""A share of a hundred: exact, typed as people say it (12.5 %), a fraction in files and the API."""

from __future__ import annotations

from tracker.fieldtypes import registry
from tracker.shares import Share
from tracker.text import _


@registry.register
class PercentType(Share):
    key = "percent"
    name = _("Percent")
    icon = "percentage"
    order = 4
