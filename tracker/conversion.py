"""Values of one field type as values of another: by what a file would say of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from tracker import choices, fieldtypes, schema
from tracker.errors import Refused
from tracker.permissions import Viewer
from tracker.schema import Field
from tracker.text import Text, _
from tracker.transfer import naming
from tracker.transfer.cells import Cell, as_text
from tracker.transfer.columns import OF_STORAGE
from tracker.transfer.converting import Converter


@dataclass(frozen=True, slots=True)
class Outcome:
    """``kept``: what the value was in words, where it does not convert or says less now."""

    value: Any = None
    stray: str | None = None
    reason: Text | None = None
    kept: str = ""


EMPTY = Outcome()


def target_of(field: Field, type: str, options: dict[str, Any] | None) -> Field:
    """The field as it would be with another type; `Refused` where that cannot be."""
    old, new = fieldtypes.get(field), fieldtypes.registry.get(type)
    table = schema.current().table(field.table_id)
    if type == field.type:
        raise Refused(_("“{field}” has this type already.", field=field.name))
    if not (old.stored or old.family == "link") or not new.written:
        raise Refused(
            _(
                "“{field}” cannot change from {old} to {new}.",
                field=field.name,
                old=old.name,
                new=new.name,
            )
        )
    if schema.current().fields.get(field.options.get("pair") or 0):
        raise Refused(
            _(
                "“{field}” is also shown from the other side. Delete that field first.",
                field=field.name,
            )
        )
    if not new.stored and table.title and table.title.id == field.id:
        raise Refused(_("This field names the records. Choose another title field first."))
    given = {key: value for key, value in (options or {}).items() if key not in OF_STORAGE}
    if new.family == "link":
        given["table"] = _linked_table(table.base_id, given.get("table"))
    return replace(field, type=type, options=new.check_options(given, {}))


def _linked_table(base_id: int, ref: Any) -> int:
    if ref is None:
        raise Refused(_("Choose the table to link to."))
    return schema.current().base(base_id).table(ref).id


class Conversion:
    """From values of ``old`` to values of ``new``; unknown options are made as they come up."""

    def __init__(self, viewer: Viewer, old: Field, new: Field) -> None:
        self.viewer, self.old, self.new = viewer, old, new
        self._kind = fieldtypes.get(old)
        self._names = naming.names_for(old, viewer)
        self._convert = Converter(new, viewer, new_options=True)
        self._last = int(new.options.get("last_choice") or 0)
        target = fieldtypes.get(new)
        self._worded = target.family in {"text", "one", "many"}
        alike = target.widget == "number" or (self._kind.shift and target.shift)
        self._spoken = self._kind.spelled and not alike

    def __call__(self, value: Any, stray: str | None) -> Outcome:
        """``stray`` is what stands in the field where it has no value."""
        cell = stray if value is None else self._written(value)
        if cell is None or cell == "":
            return EMPTY
        found, problem = self._convert(cell)
        found = self._real(found)
        if problem is None:
            return Outcome(found)
        if problem.stray:
            told = stray if value is None else self._told(value, cell)
            return Outcome(None, told, problem.reason, told or "")
        return Outcome(found, None, problem.reason, problem.kept)

    def _told(self, value: Any, cell: Cell) -> str:
        """A value as the text that the old type would read again."""
        if self._kind.spelled:
            return self._kind.text(value, self.old, self.viewer.context)
        return as_text(cell)

    def _written(self, value: Any) -> Cell:
        """The value as a file would have it."""
        if self._names is not None:
            if isinstance(value, list):
                return naming.join(filter(None, map(self._names.write, value)))
            return self._names.write(value)
        if self._spoken:
            return self._kind.text(value, self.old, self.viewer.context)
        if self._kind.widget == "duration":
            return int(value)  # seconds
        if isinstance(value, bool):
            if fieldtypes.get(self.new).family == "number":
                return int(value)
            return (_("Yes") if value else _("No")).to(self.viewer.context.lang)
        cell = self._kind.sheet(value, self.old, self.viewer.context)
        return f"{cell:f}" if isinstance(cell, Decimal) and self._worded else cell

    def _real(self, value: Any) -> Any:
        """Ids of new options in the place of the converter's numbers."""
        if not self._convert.fresh:
            return value
        if isinstance(value, list):
            return [self._last - one if one < 0 else one for one in value]
        if isinstance(value, int) and value < 0 and self._convert.names is not None:
            return self._last - value
        return value

    @property
    def added(self) -> list[str]:
        """The names of the options that came up."""
        return list(self._convert.fresh)

    def finished(self) -> Field:
        """The new field with the options that came up."""
        if not self.added:
            return self.new
        options = [*choices.options(self.new)]
        options += [{"id": self._last + n, "name": name} for n, name in enumerate(self.added, 1)]
        return replace(self.new, options={**self.new.options, **choices.check(options, {})})
