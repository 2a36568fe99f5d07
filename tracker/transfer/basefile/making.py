"""The schema and the definitions of a base made from a base file, with ids of this installation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from tracker import duties, fieldtypes, models, permissions, schema, tables
from tracker.errors import Problem, Refused
from tracker.keys import slug
from tracker.permissions import Viewer
from tracker.schema import Field, Table
from tracker.text import Text, _
from tracker.transfer.basefile.cells import moment, need
from tracker.transfer.basefile.describing import RULES, STORAGE, is_computed
from tracker.transfer.basefile.references import Names, named_in, own

LATER = ("pair", "limit")  # options that name what is made after the field
SHARINGS = {"personal", "shared", "locked"}


class Maker:
    """Makes a base from its description. ``notes`` tells what is not as in the file."""

    def __init__(self, viewer: Viewer, said: dict[str, Any], names: Names, *, start: bool) -> None:
        self.viewer, self.said, self.names, self.start = viewer, said, names, start
        self.notes: list[Text] = []
        self.resting = 0  # automations and chases that were on and are off now
        self.base_id = 0
        self._late: list[tuple[Field, dict[str, Any]]] = []

    def schema(self) -> None:
        """The base with its tables and the fields that records hold; they may come in then."""
        self._base()
        for plan in self.said["tables"]:
            self._table(plan)
        self._fields(lambda plan: not is_computed(plan["type"]))
        for plan in self.said["tables"]:
            self._order(plan)
            if named_in(plan["options"]) <= self.names.ids.keys():
                self._options(plan)

    def computed(self) -> None:
        """What is worked out from records; with them there, it is at once."""
        self._fields(lambda plan: is_computed(plan["type"]))
        for plan in self.said["tables"]:
            self._order(plan)
        for field, said in self._late:
            options = own(said, self.names)
            tables.update_field(self.viewer, schema.current().fields[field.id], options=options)
        self._defaults()
        for plan in self.said["tables"]:
            self._options(plan)

    def _order(self, plan: dict[str, Any]) -> None:
        keys = [f"@{plan['key']}.{one['key']}" for one in plan["fields"]]
        ids = [self.names.ids[one] for one in keys if one in self.names.ids]
        tables.order_fields(self.viewer, self._made(plan), ids)

    def _options(self, plan: dict[str, Any]) -> None:
        """What records are called by, and how they are shared."""
        options = own(plan["options"], self.names)
        tables.update_table(self.viewer, self._made(plan), options=options)

    def definitions(self) -> None:
        """Forms, views and all the rest, each after what it names."""
        self._roles()
        for number, plan in enumerate(self.said["forms"]):
            self._form(plan, number)
        for number, plan in enumerate(self.said["duties"]):
            self.names.put("duty", self._duty(plan), f"@duty:{number + 1}")
        for number, plan in enumerate(self.said["views"]):
            self._view(plan, number)
        self._dashboards()
        for plan in self.said["automations"]:
            self._automation(plan)
        for plan in self.said["roles"]:
            self._rights(plan)
        schema.changed()

    # ── schema ───────────────────────────────────────────────────────────────

    def _base(self) -> None:
        plan = self.said["base"]
        rows = list(models.Base.select())
        if any(row.name == plan["name"] and row.deleted_at is None for row in rows):
            self.notes.append(_("There is another base called “{name}”.", name=plan["name"]))
        taken = {row.key for row in rows}
        key = slug(str(plan["key"]), taken, fallback="base")
        if key != plan["key"]:
            self.notes.append(_("The key of the base is {key} here.", key=key))
        base = tables.create_base(
            self.viewer,
            plan["name"],
            key=key,
            names=_languages(plan["names"]),
            icon=_icon(plan["icon"]),
        )
        self.base_id = base.id
        self.viewer = replace(self.viewer, coordinates=self.viewer.coordinates | {base.id})
        options = own(plan["options"], self.names)
        models.Base.update(options=options).where(models.Base.id == base.id).execute()

    def _table(self, plan: dict[str, Any]) -> None:
        base = schema.current().base(self.base_id)
        table = tables.create_table(
            self.viewer,
            base,
            plan["name"],
            key=_key(plan["key"]),
            names=_languages(plan["names"]),
            icon=_icon(plan["icon"]),
            title=None,
        )
        self.names.put("table", table.id, f"@{table.key}")

    def _made(self, plan: dict[str, Any]) -> Table:
        return schema.current().table(self.names.id(f"@{plan['key']}"))

    def _fields(self, wanted: Callable[[dict[str, Any]], bool]) -> None:
        """Each field after those it is made from, in as many rounds as that takes."""
        waiting = [
            (table, one) for table in self.said["tables"] for one in table["fields"] if wanted(one)
        ]
        while waiting:
            ready = [pair for pair in waiting if self._is_ready(pair[1])]
            need(bool(ready))
            for table, plan in ready:
                self._field(table, plan)
            waiting = [pair for pair in waiting if pair not in ready]

    def _is_ready(self, plan: dict[str, Any]) -> bool:
        options = {key: value for key, value in plan["options"].items() if key not in LATER}
        return named_in(options) <= self.names.ids.keys()

    def _field(self, table: dict[str, Any], plan: dict[str, Any]) -> None:
        need(plan["type"] in fieldtypes.registry and not set(STORAGE) & plan["options"].keys())
        first = self.names.ids.get(plan["options"].get("pair") or "")
        now = {key: value for key, value in plan["options"].items() if key not in LATER}
        options = own(now, self.names)
        if first:
            options |= {"junction": self._junction(first), "pair": first}
        made = self._add(table, plan, options)
        self.names.put("field", made.id, f"@{table['key']}.{made.key}")
        if first:
            self._complete(first, {"pair": made.id})
        if plan["options"].get("last_choice"):
            self._complete(made.id, {"last_choice": _number(plan["options"]["last_choice"])})
        if plan["options"].get("limit"):
            self._late.append((made, plan["options"]))
        if plan["type"] == "autonumber":
            following = models.Counter.update(next=_number(plan["next"]))
            following.where(models.Counter.field == made.id).execute()

    def _junction(self, first: int) -> Any:
        link = schema.current().fields[first]
        need(link.type == "link")
        return link.options["junction"]

    def _add(self, table: dict[str, Any], plan: dict[str, Any], options: Any) -> Field:
        try:
            return tables.add_field(
                self.viewer,
                self._made(table),
                plan["type"],
                plan["name"],
                key=_key(plan["key"]),
                names=_languages(plan["names"]),
                options=options,
                help=plan["help"],
                help_names=_languages(plan["help_names"]),
                required=plan["required"] is True,
                unique=plan["unique"] is True,
            )
        except Problem as problem:
            name = f"{table['name']} / {plan['name']}"[:200]
            why = problem.to(self.viewer.context.lang)
            raise Refused(_("{name} cannot be made: {why}", name=name, why=why)) from None

    def _complete(self, field_id: int, more: dict[str, Any]) -> None:
        row = models.Field.get_by_id(field_id)
        models.Field.update(options={**row.options, **more}).where(
            models.Field.id == field_id
        ).execute()
        schema.changed()

    def _defaults(self) -> None:
        """Defaults may be people, whose kind is known once the fields stand."""
        for table in self.said["tables"]:
            for plan in table["fields"]:
                if plan["default"] is not None:
                    field = self.names.id(f"@{table['key']}.{plan['key']}")
                    self._default(field, plan["default"])

    def _default(self, field_id: int, said: Any) -> None:
        default = own({"field": self._name(field_id), "default": said}, self.names)["default"]
        models.Field.update(default=default).where(models.Field.id == field_id).execute()
        schema.changed()

    def _name(self, field_id: int) -> str:
        return self.names.name("field", field_id)

    # ── definitions ──────────────────────────────────────────────────────────

    def _form(self, plan: dict[str, Any], number: int) -> None:
        form = models.Form.create(
            table=self._table_of(plan),
            **_called(plan),
            definition=_dict(own(plan["definition"], self.names)),
            ord=number,
        )
        self.names.put("form", form.id, f"@form:{number + 1}")

    def _table_of(self, plan: dict[str, Any]) -> int:
        table = schema.current().tables.get(self.names.one("table", plan["table"]))
        need(table is not None and table.base_id == self.base_id)
        return table.id if table else 0

    def _duty(self, plan: dict[str, Any]) -> int:
        """A duty that does not work here is off, and told."""
        definition = _dict(own(plan["definition"], self.names))
        table = schema.current().table(self._table_of(plan))
        enabled = plan["enabled"] is True
        try:
            duties.check(definition, table, permissions.system())
        except Problem as problem:
            enabled = False
            why = problem.to(self.viewer.context.lang)
            name = str(plan["name"])[:120]
            self.notes.append(_("The duty “{name}” is off: {why}", name=name, why=why))
        form = self.names.one("form", plan["form"]) or None if plan["form"] else None
        duty = models.Duty.create(
            base=self.base_id,
            table=table.id,
            form=form,
            **_called(plan),
            definition=definition,
            enabled=enabled,
        )
        for chase in plan["chases"]:
            said = _dict(own(chase["definition"], self.names))
            models.Chase.create(duty=duty, definition=said, enabled=self._starts(chase))
        for one in plan["exemptions"]:
            self._exempt(duty, one)
        return int(duty.id)

    def _exempt(self, duty: models.Duty, said: dict[str, Any]) -> None:
        need(moment(said["at"]))
        models.Exemption.create(
            duty=duty,
            ower=str(self._ower(said["ower"])) if said["ower"] else "",
            period=str(said["period"]),
            reason=str(said["reason"]),
            by=self._person(said["by"]),
            at=datetime.fromisoformat(said["at"]),
        )

    def _ower(self, name: str) -> int:
        return self.names.one("person" if name.startswith("@person:") else "department", name)

    def _person(self, name: Any) -> int | None:
        """Who is meant; None for nobody, or for who was gone already."""
        return (self.names.one("person", name) or None) if name is not None else None

    def _starts(self, plan: dict[str, Any]) -> bool:
        """Whether what was on goes on."""
        if plan["enabled"] is True and not self.start:
            self.resting += 1
        return plan["enabled"] is True and self.start

    def _view(self, plan: dict[str, Any], number: int) -> None:
        need(plan["sharing"] in SHARINGS and isinstance(plan["kind"], str))
        view = models.View.create(
            base=self.base_id,
            table=self._table_of(plan) if plan["table"] else None,
            kind=plan["kind"],
            **_called(plan),
            options={},
            owner=self._person(plan["owner"]),
            sharing=plan["sharing"],
            ord=number,
        )
        self.names.put("view", view.id, f"@view:{number + 1}")

    def _dashboards(self) -> None:
        """Options once all views have ids: tiles name views."""
        for number, plan in enumerate(self.said["views"], 1):
            options = _dict(own(plan["options"], self.names))
            row = models.View.update(options=options)
            row.where(models.View.id == self.names.id(f"@view:{number}")).execute()

    def _automation(self, plan: dict[str, Any]) -> None:
        """It acts for whom the file says only where an administrator reads it in."""
        may = self.viewer.system or self.viewer.is_admin
        said = _dict(own(plan["definition"], self.names))
        need(isinstance(said.get("trigger"), dict) and isinstance(said.get("actions"), list))
        models.Automation.create(
            base=self.base_id,
            **_called(plan),
            definition=said,
            run_as=self._person(plan["run_as"]) if may else self.viewer.person_id,
            enabled=self._starts(plan),
        )

    # ── roles ────────────────────────────────────────────────────────────────

    def _roles(self) -> None:
        """All roles by name; the one every base is born with becomes the first coordinator."""
        born = models.Role.get(models.Role.base == self.base_id)
        plans = self.said["roles"]
        heir = next((one for one in plans if one["coordinator"] is True), None)
        for plan in plans:
            row = born if plan is heir else models.Role(base=self.base_id)
            row.key, row.coordinator = _key(plan["key"]), plan["coordinator"] is True
            row.name, row.names = plan["name"], _languages(plan["names"])
            row.save()
            self.names.put("role", row.id, f"@role:{row.key}")

    def _rights(self, plan: dict[str, Any]) -> None:
        role = models.Role.get_by_id(self.names.id(f"@role:{plan['key']}"))
        role.views = own({"views": plan["views"]}, self.names)["views"]
        role.forms = own({"forms": plan["forms"]}, self.names)["forms"]
        role.save()
        for name, right in plan["tables"].items():
            rules = {column: own(right[key], self.names) for key, column in RULES.items()}
            need(all(isinstance(one, bool | dict) for one in rules.values()))
            need(right["fields"] in permissions.LEVELS)
            models.TableRight.create(
                role=role,
                table=self._table_of({"table": name}),
                export=right["export"] is True,
                fields=right["fields"],
                **rules,
            )
        for name, level in plan["levels"].items():
            need(level in permissions.LEVELS)
            field = self.names.one("field", name)
            models.FieldRight.create(role=role, field=field, level=level)
        for member in self._members(role, plan["members"]):
            models.RoleMember.create(role=role, **member)

    def _members(self, role: models.Role, said: list[str]) -> Iterator[dict[str, int]]:
        known = {one.person_id for one in models.RoleMember.filter(role=role.id)}
        for name in said:
            kind = "person" if name.startswith("@person:") else "department"
            one = self.names.one(kind, name)
            if one and not (kind == "person" and one in known):
                yield {kind: one}


# ── what a file may say ──────────────────────────────────────────────────────


def _called(plan: dict[str, Any]) -> dict[str, Any]:
    return {"name": tables.clean_name(plan["name"]), "names": _languages(plan["names"])}


def _languages(names: Any) -> dict[str, str] | None:
    if names is None:
        return None
    need(isinstance(names, dict) and len(names) < 20)
    need(all(isinstance(one, str) and len(one) < 1_000 for one in names.values()))
    return dict(names)


def _key(key: Any) -> str:
    need(isinstance(key, str) and 0 < len(key) <= 80 and key.isascii())
    need(key.replace("_", "").isalnum() and key == key.lower())
    return str(key)


def _icon(icon: Any) -> str:
    need(isinstance(icon, str) and len(icon) < 60 and icon.replace("-", "").isalnum())
    return str(icon)


def _number(raw: Any) -> int:
    need(type(raw) is int and 0 <= raw < 10**18)
    return int(raw)


def _dict(data: Any) -> dict[str, Any]:
    need(isinstance(data, dict))
    return dict(data)
