"""Fields that hold files: a list of what `tracker.files` keeps; the base of such kinds."""

from __future__ import annotations

import html
from typing import Any

import orjson

from tracker import limits
from tracker.context import Context
from tracker.errors import Refused
from tracker.fieldtypes import FieldType, TextColumn, clean_text
from tracker.models import File
from tracker.schema import Field
from tracker.text import _


class FilesColumn(TextColumn):
    """A list of files as JSON text."""

    def python_value(self, value: Any) -> list[dict[str, Any]] | None:
        return orjson.loads(value) if value else None

    def db_value(self, value: Any) -> str | None:
        if value is None or isinstance(value, str):
            return value or None
        return orjson.dumps(value).decode() if value else None


class Attached(FieldType):
    """Files of a record: ``[{"id", "name", "size", "type", "width", "height"}]``."""

    family = "files"
    widget = "attachment"
    groups = False

    def column(self, field: Field) -> FilesColumn:
        return FilesColumn(null=True)

    def parse(self, raw: Any, field: Field, context: Context) -> list[dict[str, Any]] | None:
        ids = list(dict.fromkeys(_ids(raw)))
        most = self.most(field)
        if len(ids) > most:
            raise Refused(_("At most {n} files fit.", n=most))
        if not ids:
            return None
        found = {one.id: one for one in File.select().where(File.id.in_(ids))}
        if len(found) < len(ids):
            raise Refused(_("This file is not here any more. Add it again."))
        return [entry(found[one]) for one in ids]

    def most(self, field: Field) -> int:
        """How many files fit."""
        return int(field.options.get("most") or limits.FILES_PER_FIELD)

    def text(self, value: Any, field: Field, context: Context) -> str:
        return ", ".join(one["name"] for one in value or ())

    def html(self, value: Any, field: Field, context: Context) -> str:
        return "".join(_shown(one) for one in value or ())

    def json(self, value: Any, field: Field, context: Context) -> Any:
        """As Airtable's attachments; addresses are paths of this site."""
        return [_told(one) for one in value] if value else None


def entry(file: File) -> dict[str, Any]:
    """A file as a value holds it."""
    told = {"id": file.id, "name": file.name, "size": file.size, "type": file.type}
    return {**told, "width": file.width, "height": file.height} if file.width else told


def _ids(raw: Any) -> list[str]:
    if raw is not None and not isinstance(raw, str | list | tuple):
        raise Refused(_("Files are added in the record itself."))
    if isinstance(raw, str):
        text = clean_text(raw)
        if text and text[0] != "[":
            raise Refused(_("Files are added in the record itself."))
        raw = _read(text)
    found = [one.get("id") if isinstance(one, dict) else one for one in raw or []]
    if not all(isinstance(one, str) and len(one) < 40 for one in found):
        raise Refused(_("This file is not here any more. Add it again."))
    return [str(one) for one in found]


def _read(text: str) -> list[Any]:
    try:
        read = orjson.loads(text) if text else []
    except orjson.JSONDecodeError:
        read = None
    if not isinstance(read, list):
        raise Refused(_("Files are added in the record itself."))
    return read


def _shown(one: dict[str, Any]) -> str:
    name, path = html.escape(one["name"], quote=True), f"/files/{html.escape(one['id'])}"
    if not one.get("width"):
        return f'<a class="chip file" href="{path}" download>{name}</a>'
    return (
        f'<a class="thumb" href="{path}/large" target="_blank" title="{name}">'
        f'<img src="{path}/small" alt="{name}" loading="lazy"></a>'
    )


def _told(one: dict[str, Any]) -> dict[str, Any]:
    path = f"/files/{one['id']}"
    told = {"id": one["id"], "url": path, "filename": one["name"]}
    told |= {"size": one["size"], "type": one["type"]}
    if one.get("width"):
        told |= {"width": one["width"], "height": one["height"]}
        told["thumbnails"] = {size: {"url": f"{path}/{size}"} for size in ("small", "large")}
    return told
