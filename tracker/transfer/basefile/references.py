"""Ids in stored definitions ↔ names that hold anywhere: ``"@visits.start"`` for a field.

Writing out needs to know which keys of a definition hold ids; reading in does not, since a name
begins with ``@`` and a text that does so is written with two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from tracker import fieldtypes, schema
from tracker.errors import Refused
from tracker.formula.lexer import Word, words
from tracker.text import _

GONE = "@-"  # stands where a definition names what is not there any more
ONE = {
    **dict.fromkeys(("field", "start", "end", "date", "link", "by", "split", "group"), "field"),
    **dict.fromkeys(("color", "cover", "ower_field", "date_field", "heads_of", "title"), "field"),
    **dict.fromkeys(("pair", "button", "repeat"), "field"),
    **dict.fromkeys(("parent", "progress", "weight", "depends"), "field"),
    **{key: key for key in ("table", "view", "duty", "form", "role")},
}
SEVERAL = {"hidden": "field", "order": "field", "fields": "field", "names_fields": "field"}
SEVERAL |= {"views": "view", "forms": "form", "people": "person", "departments": "department"}
SEVERAL |= {"first_for": "role"}
BY_FIELD = {"widths", "summaries"}
BY_TABLE = {"fits"}  # table → part of the page's filter → field, 0 for none
LATER = ("first_for", "fits", "parent", "progress", "weight", "depends")  # once written as ids
IN_TEXT = {"formula"}
PEOPLE = {"person", "department"}
_STORED = re.compile(r"fld:(\d{1,18})")
_WRITTEN = re.compile(r"fld:(@[\w.-]+)")


class Names:
    """Which name stands for which id, and back. People and departments are named when asked for."""

    def __init__(self, named: Callable[[str, int], str | None] | None = None) -> None:
        self.ids: dict[str, int] = {GONE: 0}
        self._names: dict[tuple[str, int], str] = {}
        self._named = named

    def put(self, kind: str, one: int, name: str) -> None:
        self.ids[name] = one
        self._names[kind, one] = name

    def name(self, kind: str, one: int) -> str:
        if kind in PEOPLE and self._named is not None:
            return self._named(kind, one) or GONE
        return self._names.get((kind, one), GONE)

    def id(self, name: str) -> int:
        if name not in self.ids:
            raise damaged()
        return self.ids[name]

    def one(self, kind: str, name: Any) -> int:
        """As `id`, of a thing of this kind; 0 for what was gone already."""
        found = self.id(str(name))
        if found and self._names.get((kind, found)) != name:
            raise damaged()
        return found


def damaged() -> Refused:
    return Refused(_("This base file is damaged or was changed; nothing was read in."))


# ── writing out ──────────────────────────────────────────────────────────────


def told(data: Any, names: Names) -> Any:
    """``data`` with names for all ids."""
    if isinstance(data, str):
        return _escaped(data)
    if isinstance(data, list):
        return [told(one, names) for one in data]
    if isinstance(data, dict):
        leaf: Any = data.get("field")
        about = leaf if _is_id(leaf) else 0
        return {_escaped(key): _value(key, value, about, names) for key, value in data.items()}
    return data


def _value(key: str, value: Any, field_id: int, names: Names) -> Any:
    """What stands under ``key``, beside the field of a condition or a question if there is one."""
    if key in ONE and _is_id(value):
        return names.name(ONE[key], value)
    if key in SEVERAL and isinstance(value, list):
        found = [names.name(SEVERAL[key], one) if _is_id(one) else one for one in value]
        return [one for one in found if one != GONE]
    if key in BY_FIELD and isinstance(value, dict):
        columns = {_by_field(one, names): told(width, names) for one, width in value.items()}
        return {column: width for column, width in columns.items() if column != GONE}
    if key in BY_TABLE and isinstance(value, dict):
        return _by_table(value, names)
    if key in IN_TEXT and isinstance(value, str):
        return _in_formula(value, _STORED, lambda one: names.name("field", int(one)))
    if key in {"value", "default"} and field_id:
        return answer(value, schema.current().fields.get(field_id), names)
    return told(value, names)


def answer(value: Any, field: schema.Field | None, names: Names) -> Any:
    """An operand or default of a field: people and departments by name."""
    widget = fieldtypes.get(field).widget if field else ""
    if widget not in PEOPLE:
        return told(value, names)
    if isinstance(value, list):
        return [answer(one, field, names) for one in value]
    if isinstance(value, str) and _digits(value):
        value = int(value)
    return names.name(widget, value) if _is_id(value) else told(value, names)


def _by_field(key: str, names: Names) -> str:
    return names.name("field", int(key)) if _digits(key) else GONE


def _by_table(value: dict[str, Any], names: Names) -> dict[str, Any]:
    """Tables that are not there any more are left out."""
    tables = {names.name("table", int(one)): parts for one, parts in value.items() if _digits(one)}
    return {
        table: {
            _escaped(part): names.name("field", one) for part, one in parts.items() if _is_id(one)
        }
        for table, parts in tables.items()
        if table != GONE and isinstance(parts, dict)
    }


def without_ids(options: Any) -> Any:
    """Options of a view without what older versions wrote as ids, which mean nothing elsewhere."""
    if not isinstance(options, dict):
        return options
    return {key: one for key, one in options.items() if key not in LATER or not _ids_in(one)}


def _ids_in(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_digits(key) for key in value)
    if isinstance(value, list):
        return any(map(_is_id, value))
    return _is_id(value)


def _digits(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 16


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _escaped(text: Any) -> Any:
    return f"@{text}" if isinstance(text, str) and text.startswith("@") else text


# ── reading in ───────────────────────────────────────────────────────────────


def resolved(data: Any, names: Names, key: str = "") -> Any:
    """``data`` with ids for all names; `Refused` for a name of nothing in the file."""
    if isinstance(data, str):
        if key in IN_TEXT:
            return _in_formula(data, _WRITTEN, lambda one: str(names.id(one)))
        if data.startswith("@"):
            return data[1:] if data.startswith("@@") else names.id(data)
        return data
    if isinstance(data, list):
        return [resolved(one, names) for one in data]
    if isinstance(data, dict):
        return {str(resolved(one, names)): resolved(data[one], names, one) for one in data}
    return data


def own(data: Any, names: Names) -> Any:
    """As `resolved`, and only where every id in it is one of the file's own: nothing else is."""
    found = resolved(data, names)
    if told(found, names) != data:
        raise damaged()
    return found


def named_in(data: Any, key: str = "") -> set[str]:
    """All names in ``data``."""
    found: set[str] = set()
    if isinstance(data, str):
        if key in IN_TEXT:
            found.update(name for _word, name in _named(data, _WRITTEN))
        elif data.startswith("@") and not data.startswith("@@"):
            found.add(data)
    elif isinstance(data, dict):
        for one, value in data.items():
            found |= named_in(one) | named_in(value, one)
    elif isinstance(data, list):
        found.update(*map(named_in, data))
    return found


def _in_formula(source: str, pattern: re.Pattern[str], say: Callable[[str], str]) -> str:
    """A formula with other names in the braces of its fields; its texts stay as they are."""
    parts, end = [], 0
    for word, name in _named(source, pattern):
        parts += [source[end : word.at], f"{{fld:{say(name)}}}"]
        end = word.end
    return "".join([*parts, source[end:]])


def _named(source: str, pattern: re.Pattern[str]) -> Iterator[tuple[Word, str]]:
    """The fields of a formula that are named so; none where it cannot be read anyway."""
    try:
        found = words(source)
    except Refused:
        return
    for word in found:
        named = pattern.fullmatch(word.text) if word.kind == "field" else None
        if named:
            yield word, named[1]
