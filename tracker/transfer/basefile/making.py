"""The schema and the definitions of a base made from a base file, with ids of this installation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from tracker import duties, models, permissions, schema, tables
from tracker.errors import Problem
from tracker.keys import slug
from tracker.permissions import Viewer
from tracker.schema import Table
from tracker.text import Text, _
from tracker.transfer.basefile.cells import moment, need
from tracker.transfer.basefile.describing import RULES
from tracker.transfer.basefile.plain import icon, key_of, languages, mapping
from tracker.transfer.basefile.references import Names, named_in, own, without_ids
from tracker.transfer.basefile.shaping import Fields

SHARINGS = {"personal", "shared", "locked"}


class Maker:
    """Makes a base from its description. ``notes`` tells what is not as in the file."""

    def __init__(self, viewer: Viewer, said: dict[str, Any], names: Names, *, start: bool) -> None:
        self.viewer, self.said, self.names, self.start = viewer, said, names, start
        self.notes: list[Text] = []
        self.resting = 0  # automations and chases that were on and are off now
        self.base_id = 0

    def schema(self) -> None:
        """The base with its tables and the fields that records hold; they may come in then."""
        self._base()
        for plan in self.said["tables"]:
            self._table(plan)
        self.fields = Fields(self.viewer, self.said["tables"], self.names)
        self.fields.stored()
        for plan in self.said["tables"]:
            self._order(plan)
            if named_in(plan["options"]) <= self.names.ids.keys():
                self._options(plan)

    def computed(self) -> None:
        """What is worked out from records; with them there, it is at once."""
        self.fields.computed()
        for plan in self.said["tables"]:
            self._order(plan)
        self.fields.limits()
        self.fields.defaults()
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
            names=languages(plan["names"]),
            icon=icon(plan["icon"]),
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
            key=key_of(plan["key"]),
            names=languages(plan["names"]),
            icon=icon(plan["icon"]),
            title=None,
        )
        self.names.put("table", table.id, f"@{table.key}")

    def _made(self, plan: dict[str, Any]) -> Table:
        return schema.current().table(self.names.id(f"@{plan['key']}"))

    # ── definitions ──────────────────────────────────────────────────────────

    def _form(self, plan: dict[str, Any], number: int) -> None:
        form = models.Form.create(
            table=self._table_of(plan),
            **_called(plan),
            definition=mapping(own(plan["definition"], self.names)),
            ord=number,
        )
        self.names.put("form", form.id, f"@form:{number + 1}")

    def _table_of(self, plan: dict[str, Any]) -> int:
        table = schema.current().tables.get(self.names.one("table", plan["table"]))
        need(table is not None and table.base_id == self.base_id)
        return table.id if table else 0

    def _duty(self, plan: dict[str, Any]) -> int:
        """A duty that does not work here is off, and told."""
        definition = mapping(own(plan["definition"], self.names))
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
            said = mapping(own(chase["definition"], self.names))
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
            options = mapping(own(without_ids(plan["options"]), self.names))
            row = models.View.update(options=options)
            row.where(models.View.id == self.names.id(f"@view:{number}")).execute()

    def _automation(self, plan: dict[str, Any]) -> None:
        """It acts for whom the file says only where an administrator reads it in."""
        may = self.viewer.system or self.viewer.is_admin
        said = mapping(own(plan["definition"], self.names))
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
            row.key, row.coordinator = key_of(plan["key"]), plan["coordinator"] is True
            row.name, row.names = plan["name"], languages(plan["names"])
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


def _called(plan: dict[str, Any]) -> dict[str, Any]:
    return {"name": tables.clean_name(plan["name"]), "names": languages(plan["names"])}
