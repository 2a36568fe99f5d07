"""Groups in words: options, people, departments and linked records by name, times by label."""

from __future__ import annotations

from typing import Any

from tracker import choices, fieldtypes, schema
from tracker.grouping import MEASURES, UNIQUE, By, Measure
from tracker.permissions import Viewer
from tracker.query import Query
from tracker.schema import Field, Table
from tracker.text import Text, _, label
from views.charts.plan import MEASURE_NAMES, measure_fields, unique_fields
from views.charts.times import time_label


class Names:
    """The words of one drawing; `load` what is needed first: one query a field."""

    def __init__(self, viewer: Viewer) -> None:
        self.viewer = viewer
        self.context = viewer.context
        self.titles: dict[tuple[int, int], str] = {}

    def load(self, by: By, keys: set[Any]) -> None:
        ids = sorted(one for one in keys if isinstance(one, int))
        kind = fieldtypes.get(by.field)
        if kind.widget == "person":
            self.context.directory.load_people(ids)
        elif kind.widget == "department":
            self.context.directory.load_departments(ids)
        elif kind.family == "link" and ids:
            self._load_titles(by.field, ids)

    def _load_titles(self, link: Field, ids: list[int]) -> None:
        """Titles of linked records, of those the viewer may see."""
        target = schema.current().table(link.options["table"])
        query = Query(self.viewer, target)
        query = query.only([one for one in query.access.fields if one == target.title])
        for record in query.fetch(ids):
            self.titles[link.id, record.id] = record.title

    def of(self, by: By, key: Any) -> str:
        """The group ``key`` in words."""
        kind = fieldtypes.get(by.field)
        if kind.family == "checkbox":
            return (_("Yes") if key else _("No")).to(self.context.lang)
        if key is None:
            return _("Without").to(self.context.lang)
        if by.timely:
            return time_label(key, by.bucket, self.context)
        if kind.family == "link":
            return self.titles.get((by.field.id, key)) or f"#{key}"
        if kind.family == "many":
            option = choices.by_id(by.field, key)
            return label(option, self.context.lang) if option else f"#{key}"
        return kind.text(key, by.field, self.context) or f"#{key}"


def color_of(field: Field, key: Any) -> str | None:
    """The colour of an option; None for values without one."""
    if not isinstance(key, int) or not field.options.get("choices"):
        return None
    option = choices.by_id(field, key)
    return str(option.get("color", "gray")) if option else None


def measure_name(measure: Measure, lang: str) -> str:
    words = MEASURE_NAMES[measure.kind]
    if measure.field is None:
        return words.to(lang)
    return Text(words.message, field=label(measure.field, lang)).to(lang)


def measures(table: Table, chosen: str, lang: str) -> list[tuple[str, str, bool]]:
    """``count`` and each way to measure each number field, in words."""
    ways = [Measure()]
    ways += [Measure(kind, one) for one in measure_fields(table) for kind in MEASURES[1:]]
    values = [(measure_value(one), measure_name(one, lang)) for one in ways]
    return [(value, words, value == chosen) for value, words in values]


def ways(table: Table, chosen: str, lang: str) -> list[tuple[str, str, bool]]:
    """As `measures`, and how many different values each field has."""
    more = [Measure(UNIQUE, one) for one in unique_fields(table)]
    told = [(measure_value(one), measure_name(one, lang)) for one in more]
    return [
        *measures(table, chosen, lang),
        *((value, words, value == chosen) for value, words in told),
    ]


def measure_value(measure: Measure) -> str:
    return f"{measure.kind}:{measure.field.id}" if measure.field else measure.kind
