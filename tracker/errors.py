"""What can go wrong, as values a person can read. The edges turn these into status codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracker.text import Text, say


class Problem(Exception):
    """Base of all errors that are answered with a sentence; ``status`` is the HTTP code."""

    status = 400

    def __init__(self, text: Text, **context: Any) -> None:
        super().__init__(text)
        self.text = text
        self.context = context

    def to(self, lang: str) -> str:
        return str(say(self.text, lang))

    def __str__(self) -> str:
        return str(self.text)


class Refused(Problem):
    """What was typed cannot be taken. ``problems`` maps field id (or input name) → sentence."""

    status = 422

    def __init__(
        self, text: Text, problems: Mapping[Any, Text] | None = None, **context: Any
    ) -> None:
        super().__init__(text, **context)
        self.problems = dict(problems or {})


class Missing(Problem):
    """Not there, or not there for this viewer: both look the same."""

    status = 404

    def __init__(self, text: Text | None = None) -> None:
        super().__init__(text or Text("There is nothing here that you can see."))


class Forbidden(Problem):
    """The thing is visible, the action on it is not allowed."""

    status = 403


class Conflict(Problem):
    """Somebody else changed the same field meanwhile; ``context`` carries both values."""

    status = 409


class TooMuch(Problem):
    """A named limit was exceeded."""

    status = 413


class TooOften(Problem):
    """A rate limit; ``retry_after`` in seconds."""

    status = 429

    def __init__(self, text: Text, *, retry_after: int) -> None:
        super().__init__(text)
        self.retry_after = retry_after
