"""Files and photos."""

from __future__ import annotations

from typing import Any

from tracker import limits
from tracker.attached import Attached
from tracker.errors import Refused
from tracker.fieldtypes import clean_text, registry
from tracker.text import _


@registry.register
class AttachmentType(Attached):
    key = "attachment"
    name = _("Attachment")
    icon = "paperclip"
    order = 14

    def check_options(self, options: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
        most = clean_text(options.get("most") or limits.FILES_PER_FIELD)
        if not most.isdecimal() or not 1 <= int(most[:9]) <= limits.FILES_PER_FIELD:
            raise Refused(_("1 to {n} files fit in a field.", n=limits.FILES_PER_FIELD))
        return {"most": int(most[:9])}
