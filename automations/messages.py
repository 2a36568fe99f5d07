"""What is told to people, and why something was not: messages, templates, texts that are kept.

Templates know one thing: ``{field_key}``. Everything else in them comes out as it stands,
``{{…}}`` and ``${…}`` of other languages included.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tracker.text import Text, _

if TYPE_CHECKING:  # which makes what a message carries
    from automations.rendering import Artist

SUBJECT_LENGTH = 200
PLACE = re.compile(r"(?<![{$])\{([A-Za-z_][A-Za-z0-9_]*)\}(?!\})")
UNEXPECTED = _("Something unexpected went wrong; the log has the details.")


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a mail."""

    name: str
    mimetype: str
    content: bytes


@dataclass(frozen=True)
class Message:
    """In the words of the one who reads it; ``link`` is a path of ours or empty.

    ``attach`` has the file drawn that goes with it, for channels that carry files; it may take a
    while and raise `Failed`.
    """

    subject: str
    body: str = ""
    link: str = ""
    attach: Callable[[Artist], Attachment] | None = None


class Withdrawn(Exception):
    """This message is not to be sent any more; ``reason`` says why."""

    def __init__(self, reason: Text) -> None:
        super().__init__(str(reason))
        self.reason = reason


class Failed(Exception):
    """This message could not be sent now; it is tried again later."""

    def __init__(self, reason: Text) -> None:
        super().__init__(str(reason))
        self.reason = reason


def keep(text: Text) -> dict[str, Any]:
    """A text as JSON, to be said later in the language of who reads it."""
    params = {
        key: keep(value) if isinstance(value, Text) else value for key, value in text.params.items()
    }
    return {"text": text.message, "params": params}


def kept(stored: Mapping[str, Any] | None) -> Text | None:
    """The text that `keep` stored."""
    if not stored:
        return None
    params = {
        key: kept(value) if isinstance(value, dict) else value
        for key, value in stored["params"].items()
    }
    return Text(stored["text"], **params)


def places(template: str) -> list[str]:
    """The field keys a template names, in order."""
    return PLACE.findall(template)


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with ``{key}`` replaced once by ``values``; keys without a value are empty."""
    return PLACE.sub(lambda found: values.get(found[1], ""), template)


def one_line(text: str) -> str:
    """Text for a subject: no control characters or line breaks, and not too long."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(printable.split())[:SUBJECT_LENGTH]
