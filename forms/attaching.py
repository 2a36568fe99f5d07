"""How files and signatures are asked: the browser sends them ahead, the answer names them."""

from __future__ import annotations

from typing import Any

import orjson
from markupsafe import Markup

from forms.inputs import Answer, attrs
from tracker import limits
from tracker.text import _


class FilesAnswer(Answer):
    """Any number of files; without a script only a sentence that one is needed."""

    reads = "files"
    grouped = True
    several = True
    island = "files"

    def written(self, value: Any) -> list[str]:
        return [orjson.dumps(value).decode()]

    @property
    def most(self) -> int:
        return int(self.question.field.options.get("most") or limits.FILES_PER_FIELD)

    def __call__(self, **kwargs: Any) -> Markup:
        field = self.question.field
        told = {"class": "files", "data-island": self.island, "data-bytes": limits.FILE_BYTES}
        told["data-upload"] = f"/r/{field.table_id}/files?field={field.id}"
        told["data-most"] = 1 if self.island == "signature" else self.most
        value = "".join(self.typed[:1])
        hidden = attrs(type="hidden", id=self.id, name=self.name, value=value)
        lang = self.viewer.context.lang
        needed = _("Files need a browser with scripts.").to(lang)
        return Markup("<div {}><input {}><noscript><span>{}</span></noscript></div>").format(
            attrs(**told), hidden, needed
        )


class SignatureAnswer(FilesAnswer):
    """A name drawn with a finger."""

    island = "signature"
