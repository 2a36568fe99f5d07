"""The values of a field of the linked records."""

from __future__ import annotations

from tracker.computed.throughlinks import UNFIT, ThroughLink, as_it_is, broken, has_values
from tracker.fieldtypes import Shape, get, registry
from tracker.schema import Field
from tracker.text import _


@registry.register
class LookupType(ThroughLink):
    """Through a link to one record its value, as it is; else those of all linked records, in the
    order of the links: texts and names joined, options together, others as a list.
    """

    key = "lookup"
    name = _("Lookup")
    icon = "list-search"
    order = 50

    def like(self, field: Field, link: Field, source: Field) -> Shape:
        kind = get(source)
        if (
            not has_values(kind)
            or kind.family == "files"
            or (kind.family == "list" and not link.options.get("single"))
        ):
            return broken(UNFIT)
        one = as_it_is(source)
        if link.options.get("single"):
            return one
        if kind.family == "text" or kind.widget in {"person", "department"}:
            return Shape("text", {})
        if kind.family in {"one", "many"}:
            return Shape("multiple_choice", one.options)
        return Shape("several", {**one.options, "of": one.result})
