"""How each kind of field is asked: a WTForms field per form widget, keeping what was typed.

``typed`` is what stands in the control (a list of strings, as a browser sends it), ``raw`` what the
field type is given to parse, ``value`` the stored value after checking.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import wtforms
from markupsafe import Markup
from wtforms.validators import StopValidation
from wtforms.widgets import html_params

from forms.definition import Question
from tracker import choices, clock, fieldtypes
from tracker.errors import Refused
from tracker.numeric import precision, unscale
from tracker.permissions import Viewer
from tracker.text import _, label

FEW = 6  # from so many options on, a list instead of buttons


@dataclass(frozen=True)
class Option:
    """One thing to choose: ``keys`` are further words it is found by, ``hint`` stands beneath."""

    value: str
    text: str
    keys: str = ""
    hint: str = ""


def attrs(**params: Any) -> Markup:
    """Attributes of an element."""
    return Markup(html_params(**params))  # noqa: S704 - html_params escapes every value


class Answer(wtforms.Field):
    """The answer to one question; this one is a line of text."""

    reads = "line"  # how showif.js reads the control: a key of READERS there
    input_type = "text"
    input_mode = ""
    grouped = False  # several controls under one legend
    beside = False  # the label stands at the right of the control
    nears = False  # what is picked may have been filed already

    def __init__(self, question: Question, viewer: Viewer, **kwargs: Any) -> None:
        super().__init__(label=question.label, **kwargs)
        self.question, self.viewer = question, viewer
        self.typed: list[str] = []
        self.value: Any = None
        self.shown = True
        self.errors: Sequence[Any] = ()

    # ── what is typed, given, kept ───────────────────────────────────────────

    def process_data(self, value: Any) -> None:
        """Begin with a stored value."""
        self.typed = [] if value is None else self.written(value)

    def process_formdata(self, valuelist: list[str]) -> None:
        self.typed = [str(one) for one in valuelist]

    def written(self, value: Any) -> list[str]:
        """A stored value as the control holds it."""
        return [str(value)]

    @property
    def raw(self) -> Any:
        """What the field type parses."""
        return self.typed[0] if self.typed else None

    def parse(self) -> Any:
        """The stored value of what was typed; raises `Refused` in words."""
        field = self.question.field
        return fieldtypes.get(field).parse(self.raw, field, self.viewer.context)

    def pre_validate(self, form: wtforms.Form) -> None:
        try:
            self.value = self.parse()
        except Refused as refused:
            raise StopValidation(refused.text) from None
        if self.question.required and self.value in (None, False):
            raise StopValidation(_("This answer is needed."))

    # ── how it looks ─────────────────────────────────────────────────────────

    def attributes(self) -> dict[str, Any]:
        """What every control of this question carries."""
        about = [f"{self.id}-error"] if self.errors else []
        about += [f"{self.id}-help"] if self.question.help else []
        found: dict[str, Any] = {"name": self.name, "required": self.question.required}
        if self.errors:
            found["aria-invalid"] = "true"
        if about:
            found["aria-describedby"] = " ".join(about)
        return found

    def __call__(self, **kwargs: Any) -> Markup:
        params = {"class": "input", "id": self.id, "type": self.input_type, **self.attributes()}
        if self.input_mode:
            params["inputmode"] = self.input_mode
        return Markup("<input {}>").format(
            attrs(**params, autocomplete="off", value="".join(self.typed[:1]))
        )


class LongText(Answer):
    """Text of several lines; the box grows with it."""

    reads = "lines"

    def __call__(self, **kwargs: Any) -> Markup:
        params = {"class": "textarea", "id": self.id, "rows": 3, **self.attributes()}
        return Markup("<textarea {}>\n{}</textarea>").format(
            attrs(**params), "".join(self.typed[:1])
        )


class EmailAnswer(Answer):
    reads = "plain"
    input_type = input_mode = "email"


class PhoneAnswer(Answer):
    reads = "plain"
    input_type = input_mode = "tel"


class UrlAnswer(Answer):
    reads = "address"
    input_mode = "url"  # no type=url: people leave out https://


class NumberAnswer(Answer):
    """A number; money shows its sign."""

    reads = "number"
    input_mode = "decimal"

    def written(self, value: Any) -> list[str]:
        return [f"{unscale(value, precision(self.question.field)):f}"]

    def __call__(self, **kwargs: Any) -> Markup:
        plain = super().__call__(**kwargs)
        symbol = self.question.field.options.get("symbol")
        if not symbol:
            return plain
        return Markup('<div class="input-group">{}<span class="unit">{}</span></div>').format(
            plain, symbol
        )


class Native(Answer):
    """The device's own picker; what it cannot show stays visible as text."""

    form = ""  # how the control writes a moment

    def __call__(self, **kwargs: Any) -> Markup:
        text = "".join(self.typed[:1])
        self.input_type = type(self).input_type if not text or self.shows(text) else "text"
        return super().__call__(**kwargs)

    def shows(self, text: str) -> bool:
        try:
            datetime.strptime(text, self.form)  # noqa: DTZ007 - only whether it has this form
        except ValueError:
            return False
        return True


class DateAnswer(Native):
    reads = "day"
    input_type, form = "date", "%Y-%m-%d"


class DateTimeAnswer(Native):
    reads = "moment"
    input_type, form = "datetime-local", "%Y-%m-%dT%H:%M"

    def written(self, value: Any) -> list[str]:
        local = clock.to_local(datetime.fromisoformat(value), self.viewer.context.zone)
        return [f"{local:%Y-%m-%dT%H:%M}"]


class CheckboxAnswer(Answer):
    """Yes or no; not ticked is an answer too."""

    reads = "checked"
    beside = True

    def written(self, value: Any) -> list[str]:
        return ["1"] if value else []

    @property
    def raw(self) -> Any:
        return self.typed[0] if self.typed else False

    def __call__(self, **kwargs: Any) -> Markup:
        params = {"id": self.id, "type": "checkbox", "value": "1", **self.attributes()}
        return Markup("<input {}>").format(attrs(**params, checked=bool(self.typed)))


class Choosing(Answer):
    """One of some options: buttons while they are few, then a list with search."""

    reads = "id"
    several = False

    @cached_property
    def options(self) -> list[Option]:
        lang = self.viewer.context.lang
        return [
            Option(str(one["id"]), label(one, lang)) for one in choices.options(self.question.field)
        ]

    @property
    def grouped(self) -> bool:  # type: ignore[override]  # a constant in other kinds
        return 0 < len(self.options) < FEW

    @property
    def raw(self) -> Any:
        known = {one.value for one in self.options}
        ids = [int(one) if one in known else one for one in self.typed if one]
        return ids if self.several else (ids[0] if ids else None)

    def __call__(self, **kwargs: Any) -> Markup:
        return self.buttons() if self.grouped else self.list()

    def buttons(self) -> Markup:
        kind = "checkbox" if self.several else "radio"
        shown = []
        for number, one in enumerate(self.options):
            params = {"id": f"{self.id}-{number}", "name": self.name, "type": kind}
            params |= {"value": one.value, "checked": one.value in self.typed}
            shown.append(
                Markup('<label class="choice"><input {}><span>{}</span></label>').format(
                    attrs(**params), one.text
                )
            )
        return Markup('<div class="choices">{}{}</div>').format(Markup("").join(shown), self.none())

    def none(self) -> Markup:
        """Where no script lets a button be pressed again, one more button takes the answer back."""
        if self.several or self.question.required:
            return Markup("")
        params = {"type": "radio", "name": self.name, "value": "", "id": f"{self.id}-none"}
        return Markup(
            '<noscript><label class="choice"><input {}><span>–</span></label></noscript>'
        ).format(attrs(**params))

    def list(self, **more: Any) -> Markup:
        params = {"class": "select", "id": self.id, "data-choose": True, **self.attributes()}
        params |= more
        if params.pop("required"):  # the plain word lets Tom Select show red at once
            params["aria-required"] = "true"
        shown = [] if self.several else [Markup('<option value=""></option>')]
        shown += [self.option(one) for one in self.options]
        return Markup("<select {}>{}</select>").format(
            attrs(**params, multiple=self.several), Markup("").join(shown)
        )

    def option(self, one: Option) -> Markup:
        params: dict[str, Any] = {"value": one.value, "selected": one.value in self.typed}
        if one.keys:
            params["data-keys"] = one.keys
        if one.hint:
            params["data-hint"] = one.hint
        return Markup("<option {}>{}</option>").format(attrs(**params), one.text)


class ChoicesAnswer(Choosing):
    """Any number of some options."""

    reads = "ids"
    several = True

    def written(self, value: Any) -> list[str]:
        return [str(one) for one in value]
