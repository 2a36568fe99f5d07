"""The fields of a base file made: those that records hold together, computed ones one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from tracker import fieldtypes, limits, models, schema, tables
from tracker.errors import Problem, Refused
from tracker.fieldtypes import clean_text
from tracker.permissions import Viewer
from tracker.text import _
from tracker.transfer.basefile.cells import need
from tracker.transfer.basefile.describing import STORAGE, is_computed
from tracker.transfer.basefile.plain import key_of, languages, number
from tracker.transfer.basefile.references import Names, named_in, own

LATER = ("pair", "limit")  # options that name what is made after the field
Plan = dict[str, Any]


class Fields:
    """Makes the fields of all tables of a base just made."""

    def __init__(self, viewer: Viewer, plans: list[Plan], names: Names) -> None:
        self.viewer, self.plans, self.names = viewer, plans, names
        for table in plans:
            _check(table)

    def stored(self) -> None:
        """What records hold, links too: the schema is read anew once for all of them."""
        self._each(lambda plan: not is_computed(plan["type"]), self._stored)
        schema.changed()

    def computed(self) -> None:
        """What is worked out from others, each when those stand, through the ordinary way."""
        self._each(lambda plan: is_computed(plan["type"]), self._computed)

    def limits(self) -> None:
        """Which records may be linked to: a condition over fields of any kind."""
        for _table, plan, field_id in self._made():
            if plan["options"].get("limit"):
                options = own(plan["options"], self.names)
                tables.update_field(self.viewer, schema.current().fields[field_id], options=options)

    def defaults(self) -> None:
        """They may be people, which the kind of the field says."""
        for _table, plan, field_id in self._made():
            if plan["default"] is not None:
                said = {"field": self.names.name("field", field_id), "default": plan["default"]}
                default = own(said, self.names)["default"]
                models.Field.update(default=default).where(models.Field.id == field_id).execute()
        schema.changed()

    def _made(self) -> Iterator[tuple[Plan, Plan, int]]:
        for table in self.plans:
            for plan in table["fields"]:
                yield table, plan, self.names.id(f"@{table['key']}.{plan['key']}")

    def _each(self, wanted: Callable[[Plan], bool], make: Callable[[Plan, Plan, Any], int]) -> None:
        """Each field after those that its options name, in as many rounds as that takes."""
        waiting = [(table, one) for table in self.plans for one in table["fields"] if wanted(one)]
        while waiting:
            left = []
            for table, plan in waiting:
                options = {key: one for key, one in plan["options"].items() if key not in LATER}
                if not named_in(options) <= self.names.ids.keys():
                    left.append((table, plan))
                    continue
                made = self._as_told(table, plan, lambda: make(table, plan, options))  # noqa: B023 - called at once
                self.names.put("field", made, f"@{table['key']}.{plan['key']}")
            need(len(left) < len(waiting))
            waiting = left

    def _as_told(self, table: Plan, plan: Plan, make: Callable[[], int]) -> int:
        need(plan["type"] in fieldtypes.registry and not set(STORAGE) & plan["options"].keys())
        try:
            return make()
        except Problem as problem:
            name = f"{table['name']} / {plan['name']}"[:200]
            why = problem.to(self.viewer.context.lang)
            raise Refused(_("{name} cannot be made: {why}", name=name, why=why)) from None

    def _computed(self, table: Plan, plan: Plan, said: Any) -> int:
        made = tables.add_field(
            self.viewer,
            schema.current().table(self.names.id(f"@{table['key']}")),
            plan["type"],
            plan["name"],
            key=plan["key"],
            options=own(said, self.names),
            **_words(plan),
        )
        return made.id

    def _stored(self, table: Plan, plan: Plan, said: Any) -> int:
        kind = fieldtypes.registry.get(plan["type"])
        checked = kind.check_options(own(said, self.names), {})
        # An option that came later and is empty stays away: the same base is the same file.
        there = plan["options"]
        options = {key: one for key, one in checked.items() if key in there or one}
        pair = plan["options"].get("pair")
        first = self.names.one("field", pair) if pair in self.names.ids else 0
        if first:
            options |= {"junction": _junction(first), "pair": first}
        if "last_choice" in said:
            options["last_choice"] = max(options["last_choice"], number(said["last_choice"]))
        home = schema.current().table(self.names.id(f"@{table['key']}"))
        row = models.Field.create(
            table=home.id,
            key=plan["key"],
            name=tables.clean_name(plan["name"]),
            type=plan["type"],
            options=options,
            required=plan["required"] is True,
            unique=plan["unique"] is True and kind.stored,
            ord=table["fields"].index(plan),
            **_words(plan),
        )
        tables.make_storage(row, home)
        if first:
            _complete(first, {"pair": row.id})
        if plan["type"] == "autonumber":
            following = models.Counter.update(next=number(plan["next"]))
            following.where(models.Counter.field == row.id).execute()
        return int(row.id)


def _words(plan: Plan) -> Plan:
    told = languages(plan["help_names"])
    text = clean_text(plan["help"])[: limits.HELP_LENGTH]
    return {"names": languages(plan["names"]), "help": text, "help_names": tables.clean_help(told)}


def _check(table: Plan) -> None:
    """No more fields than a table has, each with a key and a name of its own."""
    fields = table["fields"]
    need(isinstance(fields, list) and len(fields) <= limits.FIELDS_PER_TABLE)
    keys = Counter(key_of(one["key"]) for one in fields)
    names = Counter(tables.clean_name(one["name"]) for one in fields)
    need(max([*keys.values(), *names.values()], default=1) == 1)


def _junction(first: int) -> Any:
    link = models.Field.get_by_id(first)
    need(link.type == "link")
    return link.options["junction"]


def _complete(field_id: int, more: dict[str, Any]) -> None:
    row = models.Field.get_by_id(field_id)
    options = {**row.options, **more}
    models.Field.update(options=options).where(models.Field.id == field_id).execute()
