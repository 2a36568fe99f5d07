"""How shares, stars and lengths of time are asked; codes, places, how a thing repeats."""

from __future__ import annotations

from typing import Any

import orjson
from markupsafe import Markup

from forms.inputs import Answer, NumberAnswer, attrs
from tracker import fieldtypes, recurrencewords
from tracker.text import _


class PercentAnswer(NumberAnswer):
    """A share, with its sign beside it."""

    def __call__(self, **kwargs: Any) -> Markup:
        plain = Answer.__call__(self, **kwargs)
        return Markup('<div class="input-group">{}<span class="unit">%</span></div>').format(plain)


class ProgressAnswer(PercentAnswer):
    """A share from nothing to all; a thumb can slide it."""

    def __call__(self, **kwargs: Any) -> Markup:
        words = _("Slide to set").to(self.viewer.context.lang)
        params = {"type": "range", "min": 0, "max": 100, "step": 5, "class": "slide"}
        params |= {"value": "".join(self.typed[:1]) or "0", "aria-label": words}
        return Markup('<div class="slider" data-island="slide">{}<input {}></div>').format(
            super().__call__(**kwargs), attrs(**params)
        )


class RatingAnswer(Answer):
    """One to ten stars, each a button."""

    reads = "score"
    grouped = True
    several = False

    def __call__(self, **kwargs: Any) -> Markup:
        most = int(self.question.field.options.get("max") or 5)
        stars = [self.star(number, most) for number in range(1, most + 1)]
        return Markup('<div class="star-input choices">{}</div>').format(Markup("").join(stars))

    def star(self, number: int, most: int) -> Markup:
        told = _("{n} of {most} stars", n=number, most=most).to(self.viewer.context.lang)
        params = {"type": "radio", "name": self.name, "value": number, "aria-label": told}
        params |= {"id": f"{self.id}-{number}", "checked": [str(number)] == self.typed[:1]}
        return Markup('<label class="choice"><input {}><span>★</span></label>').format(
            attrs(**params)
        )


class DurationAnswer(Answer):
    """Hours and minutes, with seconds where the field has them."""

    reads = "span"
    input_mode = "text"

    def written(self, value: Any) -> list[str]:
        field = self.question.field
        return [fieldtypes.get(field).text(value, field, self.viewer.context)]

    def attributes(self) -> dict[str, Any]:
        shown = self.question.field.options.get("format") or "h:mm"
        return {**super().attributes(), "placeholder": shown}


class BarcodeAnswer(Answer):
    """A code, typed or read by the camera where the browser can."""

    def __call__(self, **kwargs: Any) -> Markup:
        words = _("Scan").to(self.viewer.context.lang)
        button = attrs(type="button", **{"class": "btn", "data-scan": True, "hidden": True})
        code = self.question.field.options.get("code", "any")
        return Markup(
            '<div class="code-line" data-island="barcode" data-code="{}">'
            "{}<button {}>{}</button></div>"
        ).format(code, super().__call__(**kwargs), button, words)


class LocationAnswer(Answer):
    """A place: typed, or where the device is when it is asked to say so."""

    reads = "plain"

    def __call__(self, **kwargs: Any) -> Markup:
        words = _("Where I am").to(self.viewer.context.lang)
        button = attrs(type="button", **{"class": "btn", "data-here": True, "hidden": True})
        return Markup(
            '<div class="code-line" data-island="location">{}<button {}>{}</button></div>'
        ).format(super().__call__(**kwargs), button, words)

    def attributes(self) -> dict[str, Any]:
        return {**super().attributes(), "placeholder": "31.2304, 121.4737"}


class RecurrenceAnswer(Answer):
    """How it repeats: chosen where the browser can, else typed in words."""

    reads = "plain"

    def __call__(self, **kwargs: Any) -> Markup:
        words = orjson.dumps(recurrencewords.controls(self.viewer.context.lang)).decode()
        return Markup('<div class="repeat" data-island="repeat" data-words="{}">{}</div>').format(
            words, super().__call__(**kwargs)
        )
