"""A name drawn with a finger, kept as a picture."""

from __future__ import annotations

from tracker.attached import Attached
from tracker.fieldtypes import registry
from tracker.schema import Field
from tracker.text import _


@registry.register
class SignatureType(Attached):
    key = "signature"
    name = _("Signature")
    icon = "signature"
    order = 25
    widget = "signature"

    def most(self, field: Field) -> int:
        return 1
