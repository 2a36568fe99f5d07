"""Fields that show what every record carries anyway: who made and changed it, and when."""

from __future__ import annotations

from tracker.colleagues import Colleague
from tracker.days import Moment


class SystemPerson(Colleague):
    """A person the product noted in the column ``source``; nobody writes it by hand."""

    source = ""
    stored = False
    written = False


class SystemMoment(Moment):
    """A moment the product noted in the column ``source``; nobody writes it by hand."""

    source = ""
    stored = False
    written = False
