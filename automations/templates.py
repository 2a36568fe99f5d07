"""Texts with ``{fields}`` of a table's records: whether they can be filled, and how they read."""

from __future__ import annotations

from automations.messages import fill, one_line, places
from tracker import limits, schema
from tracker.context import Context
from tracker.errors import Refused
from tracker.fieldtypes import clean_text
from tracker.text import _, label


def check(subject: object, body: object, table: schema.Table | None) -> dict[str, str]:
    """Both texts as they may be stored; every ``{key}`` names a field of the table.

    About no record in particular there is nothing to name: then braces are just text.
    """
    checked = {"subject": one_line(clean_text(subject)), "body": clean_text(body)}
    if not checked["subject"]:
        text = _("A message needs a subject.")
        raise Refused(text, {"subject": text})
    if len(checked["body"]) > limits.TEXT_LENGTH:
        raise Refused(_("At most {limit} characters fit.", limit=limits.TEXT_LENGTH))
    for key in places(checked["subject"] + checked["body"]):
        if table is not None and key not in table.by_key:
            raise Refused(_("There is no field with the key {key}.", key=f"{{{key[:60]}}}"))
    return checked


def say(template: str, table: schema.Table | None, context: Context) -> str:
    """The text with the names of fields in their places."""
    if table is None:
        return template
    names = {field.key: f"「{label(field, context.lang)}」" for field in table.fields}
    return fill(template, names)
