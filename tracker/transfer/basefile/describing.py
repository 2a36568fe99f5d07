"""The schema and the definitions of a base as plain data, with names where ids are stored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tracker import fieldtypes, models, owing
from tracker.fieldtypes import FieldType
from tracker.schema import Base, Field, Table
from tracker.text import Text, _
from tracker.transfer.basefile.references import Names, answer, told

STORAGE = ("junction", "column", "kept")  # options that say where the values lie in here
RULES = {"read": "read", "create": "create_rule", "update": "update_rule", "delete": "delete_rule"}


def is_kept(field: Field) -> bool:
    """Whether records hold a value of their own here: neither links nor what is worked out."""
    kind: FieldType = fieldtypes.get(field)
    return kind.stored and (kind.written or field.type == "autonumber")


def is_computed(type: Any) -> bool:
    """Whether values of this type are worked out from other fields."""
    return type in fieldtypes.registry and fieldtypes.registry.get(type).computed


def own_options(field: Field) -> dict[str, Any]:
    """The options that belong to the definition, not to where the values lie or come from."""
    return {key: value for key, value in field.own_options.items() if key not in STORAGE}


class Description:
    """What is written out of a base. Without ``whole`` people stay away, except in conditions."""

    def __init__(self, base: Base, names: Names, *, whole: bool) -> None:
        self.base, self.names, self.whole = base, names, whole
        self.left_out: list[Text] = []
        self.fields: dict[int, list[Field]] = {
            table.id: [one for one in table.fields if self._travels(table, one)]
            for table in base.tables
        }
        self.views, self.forms, self.duties = self._views(), self._forms(), self._duties()
        self.roles = list(models.Role.filter(base=base.id).order_by(models.Role.key))
        self._name()

    def _travels(self, table: Table, field: Field) -> bool:
        target = field.options.get("table") if field.type == "link" else None
        if target is None or any(one.id == target for one in self.base.tables):
            return True
        self.left_out.append(
            _(
                "the field “{field}” of “{table}”: it links to a table outside this base",
                field=field.name,
                table=table.name,
            )
        )
        return False

    def _views(self) -> list[models.View]:
        live = models.View.filter(base=self.base.id, deleted_at=None)
        tables = {None, *self.fields}
        rows = live.order_by(models.View.ord, models.View.id)
        return [
            one
            for one in rows
            if one.table_id in tables and (self.whole or one.sharing != "personal")
        ]

    def _forms(self) -> list[models.Form]:
        live = models.Form.filter(models.Form.table.in_(list(self.fields)), deleted_at=None)
        return list(live.order_by(models.Form.ord, models.Form.id))

    def _duties(self) -> list[models.Duty]:
        live = models.Duty.filter(base=self.base.id, deleted_at=None).order_by(models.Duty.id)
        return [one for one in live if one.table_id in self.fields]

    def _name(self) -> None:
        """A name for everything that others may name."""
        for table in self.base.tables:
            self.names.put("table", table.id, f"@{table.key}")
            for field in self.fields[table.id]:
                self.names.put("field", field.id, f"@{table.key}.{field.key}")
        for role in self.roles:
            self.names.put("role", role.id, f"@role:{role.key}")
        rows: tuple[tuple[str, list[Any]], ...]
        rows = (("view", self.views), ("form", self.forms), ("duty", self.duties))
        for kind, things in rows:
            for number, one in enumerate(things, 1):
                self.names.put(kind, one.id, f"@{kind}:{number}")

    def told(self, data: Any) -> Any:
        return told(data, self.names)

    def person(self, one: int | None) -> str | None:
        return self.names.name("person", one) if one else None

    # ── parts ────────────────────────────────────────────────────────────────

    def all(self) -> dict[str, Any]:
        """Everything, in the order in which it is shown."""
        base = self.base
        about = {"key": base.key, "name": base.name, "names": base.names, "icon": base.icon}
        return {
            "base": {**about, "options": self.told(base.options)},
            "tables": [self._table(one) for one in base.tables],
            "forms": [self._form(one) for one in self.forms],
            "views": [self._view(one) for one in self.views],
            "duties": [self._duty(one) for one in self.duties],
            "roles": [self._role(one) for one in self.roles],
            "automations": list(self._automations()),
        }

    def _table(self, table: Table) -> dict[str, Any]:
        about = {"key": table.key, "name": table.name, "names": table.names, "icon": table.icon}
        fields = [self._field(one) for one in self.fields[table.id]]
        return {**about, "options": self.told(table.options), "fields": fields}

    def _field(self, field: Field) -> dict[str, Any]:
        about: dict[str, Any] = {"key": field.key, "name": field.name, "names": field.names}
        about["type"] = field.type
        about |= {"help": field.help, "help_names": field.help_names}
        about |= {"required": field.required, "unique": field.unique}
        about["options"] = self.told(own_options(field))
        about["default"] = answer(field.default, field, self.names)
        if field.type == "autonumber":
            about["next"] = models.Counter.get(models.Counter.field == field.id).next
            if not self.whole:
                about["next"] = 1
        return about

    def _form(self, form: models.Form) -> dict[str, Any]:
        table = self.names.name("table", form.table_id)
        return {**_called(form), "table": table, "definition": self.told(form.definition)}

    def _view(self, view: models.View) -> dict[str, Any]:
        table = self.names.name("table", view.table_id) if view.table_id else None
        found = {**_called(view), "table": table, "kind": view.kind, "sharing": view.sharing}
        owner = self.person(view.owner_id) if self.whole else None
        return {**found, "options": self.told(view.options), "owner": owner}

    def _duty(self, duty: models.Duty) -> dict[str, Any]:
        chases = models.Chase.filter(duty=duty.id).order_by(models.Chase.id)
        form = self.names.name("form", duty.form_id) if duty.form_id else None
        return {
            **_called(duty),
            "table": self.names.name("table", duty.table_id),
            "form": form,
            "definition": self.told(duty.definition),
            "enabled": duty.enabled,
            "chases": [
                {"definition": self.told(one.definition), "enabled": one.enabled} for one in chases
            ],
            "exemptions": list(self._exemptions(duty)) if self.whole else [],
        }

    def _exemptions(self, duty: models.Duty) -> Iterator[dict[str, Any]]:
        kind = "department" if owing.of_departments(duty) else "person"
        rows = models.Exemption.filter(duty=duty.id).order_by(models.Exemption.id)
        for one in rows:
            ower = self.names.name(kind, int(one.ower)) if one.ower.isdecimal() else ""
            told = {"ower": ower, "period": one.period, "reason": one.reason}
            yield {**told, "by": self.person(one.by_id), "at": one.at.isoformat(sep=" ")}

    def _role(self, role: models.Role) -> dict[str, Any]:
        return {
            **_called(role),
            "key": role.key,
            "coordinator": role.coordinator,
            **self.told({"views": role.views, "forms": role.forms}),
            "tables": dict(self._rights(role)),
            "levels": dict(self._levels(role)),
            "members": sorted(self._members(role)) if self.whole else [],
        }

    def _rights(self, role: models.Role) -> Iterator[tuple[str, dict[str, Any]]]:
        for right in models.TableRight.filter(role=role.id):
            if right.table_id in self.fields:
                rules = {key: self.told(getattr(right, column)) for key, column in RULES.items()}
                more = {"export": right.export, "fields": right.fields}
                yield self.names.name("table", right.table_id), {**rules, **more}

    def _levels(self, role: models.Role) -> Iterator[tuple[str, str]]:
        known = {one.id for fields in self.fields.values() for one in fields}
        for right in models.FieldRight.filter(role=role.id):
            if right.field_id in known:
                yield self.names.name("field", right.field_id), right.level

    def _members(self, role: models.Role) -> Iterator[str]:
        for member in models.RoleMember.filter(role=role.id):
            kind = "person" if member.person_id else "department"
            yield self.names.name(kind, member.person_id or member.department_id or 0)

    def _automations(self) -> Iterator[dict[str, Any]]:
        live = models.Automation.filter(base=self.base.id, deleted_at=None)
        for one in live.order_by(models.Automation.id):
            run_as = self.person(one.run_as_id) if self.whole else None
            told = {**_called(one), "definition": self.told(one.definition)}
            yield {**told, "enabled": one.enabled, "run_as": run_as}


def _called(row: Any) -> dict[str, Any]:
    return {"name": row.name, "names": row.names}
