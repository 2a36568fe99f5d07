"""A form that was refused comes back as it was typed, each sentence beside what it is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import current_app, g, request

from tracker.errors import Problem, Refused
from tracker.text import say
from views import http


class Typed:
    """What was typed into one form of the page; nothing for the forms that were not sent."""

    def __init__(self, values: Any = None, text: str = "", problems: Any = None) -> None:
        self.values = values
        self.text = text
        self.problems: dict[str, str] = problems or {}

    @property
    def sent(self) -> bool:
        return self.values is not None

    def get(self, name: str, default: Any = "") -> Any:
        """The text of an input; ``default`` where the form was not sent."""
        return self.values.get(name, "") if self.sent else ("" if default is None else default)

    def all(self, name: str, default: Any = ()) -> list[str]:
        """The texts of an input that may be there several times."""
        return self.values.getlist(name) if self.sent else [str(one) for one in default]

    def on(self, name: str, default: Any = False) -> bool:
        """Whether a box is ticked."""
        return name in self.values if self.sent else bool(default)

    def error(self, name: str) -> str:
        return self.problems.get(name, "")


def typed(form: str = "") -> Typed:
    """Of the form called ``form``: for templates."""
    found: tuple[str, Typed] | None = g.get("typed")
    return found[1] if found and found[0] == form else Typed()


def again(problem: Problem, page: Callable[[], Any], *, form: str = "") -> Any:
    """The page once more with the status of the refusal; programs get the refusal itself."""
    if http.wants_json():
        raise problem
    problems = problem.problems if isinstance(problem, Refused) else {}
    said = {str(name): say(text, g.lang) for name, text in problems.items()}
    text = "" if set(said) & set(request.form) else problem.to(g.lang)
    g.typed = (form, Typed(request.form, text, said))
    response = current_app.make_response(page())
    response.status_code = problem.status
    return response


def one_line(name: str, form: Mapping[str, str] | None = None) -> str:
    """An input of the request as one line without blanks at its ends."""
    return " ".join((form or request.form).get(name, "").split())


def english(name: str = "name_en") -> dict[str, str] | None:
    """The translations of a name: English beside the name itself."""
    text = one_line(name)[:120]
    return {"en": text} if text else None
