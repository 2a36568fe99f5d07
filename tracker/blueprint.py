"""A base written down as plain data, and the making of it.

Keys stand where stored definitions have ids: ``"@visits"`` a table, ``"@visits.start"`` a field,
``"@visits.state:done"`` an option, ``"@view:visits/calendar"``, ``"@view:overview"`` (a dashboard),
``"@form:visits/quick"``, ``"@duty:weekly"``, ``"@role:staff"``. Names come as `Both` languages.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from tracker import duties, models, schema, tables
from tracker.permissions import Viewer

BESIDE = {"name": "names", "title": "names", "label": "names"}  # where the other language is kept
BESIDE |= {key: f"{key}_names" for key in ("help", "thanks", "submit")}
RULES = {"read": "read", "create": "create_rule", "update": "update_rule", "delete": "delete_rule"}


class Both(NamedTuple):
    """A text of the base in both languages."""

    zh: str
    en: str


def field(key: str, type: str, name: tuple[str, str], **more: Any) -> dict[str, Any]:
    """A field of a blueprint; ``more`` as `tables.add_field`, and ``pair`` for the other side."""
    return {"key": key, "type": type, "name": Both(*name), **more}


def choices(*options: tuple[str, str, str, str]) -> dict[str, Any]:
    """Options of a choice field from ``(key, zh, en, colour)``."""
    return {
        "choices": [
            {"key": key, "name": Both(zh, en), "color": color} for key, zh, en, color in options
        ]
    }


def spoken(data: Any, lang: str) -> Any:
    """``data`` with each `Both` in ``lang``; what `BESIDE` names keeps the other language too."""
    if isinstance(data, Both):
        return getattr(data, lang)
    if isinstance(data, list | tuple):
        return [spoken(one, lang) for one in data]
    if not isinstance(data, dict):
        return data
    told = {key: spoken(value, lang) for key, value in data.items()}
    for key, beside in BESIDE.items():
        text = data.get(key)
        if isinstance(text, Both):
            told[beside] = {one: words for one, words in text._asdict().items() if one != lang}
    return told


class Maker:
    """Makes a base from a blueprint and knows afterwards the id behind every key."""

    def __init__(self, viewer: Viewer, blueprint: dict[str, Any], lang: str) -> None:
        self.viewer = viewer
        self.lang = lang
        self.plan = spoken(blueprint, lang)
        self.ids: dict[str, int] = {}

    def make(self) -> schema.Base:
        """Everything in the order in which one thing refers to another; call inside a write."""
        plan = self.plan["base"]
        base = tables.create_base(
            self.viewer, plan["name"], key=plan["key"], names=plan.get("names"), icon=plan["icon"]
        )
        self.ids["base"] = base.id
        self._tables()
        for number, form in enumerate(self.plan.get("forms", [])):
            self._form(form, number)
        for duty in self.plan.get("duties", []):
            self._duty(duty)
        for number, view in enumerate(self.plan.get("views", [])):
            self._view(view, number)
        for role in self.plan.get("roles", []):
            self._role(role)
        for automation in self.plan.get("automations", []):
            self._automation(automation)
        schema.changed()
        return schema.current().base(base.id)

    # ── keys and ids ─────────────────────────────────────────────────────────

    def id(self, key: str) -> int:
        if key not in self.ids:
            raise KeyError(f"this blueprint refers to {key}, which is not in it")
        return self.ids[key]

    def resolved(self, data: Any) -> Any:
        """``data`` with ids for every ``"@…"``, in keys as in values."""
        if isinstance(data, str):
            return self.id(data[1:]) if data.startswith("@") else data
        if isinstance(data, list):
            return [self.resolved(one) for one in data]
        if isinstance(data, dict):
            return {self.resolved(key): self.resolved(value) for key, value in data.items()}
        return data

    def roles(self) -> dict[str, int]:
        return {
            key.removeprefix("role:"): one for key, one in self.ids.items() if key[:5] == "role:"
        }

    def table(self, key: str) -> schema.Table:
        return schema.current().table(self.id(key))

    # ── parts ────────────────────────────────────────────────────────────────

    def _tables(self) -> None:
        """All tables, then all fields, then the other sides of links and the ways of sharing, and
        at last what is computed from all of them (``computed`` of a table).
        """
        for plan in self.plan["tables"]:
            base = schema.current().base(self.id("base"))
            table = tables.create_table(
                self.viewer,
                base,
                plan["name"],
                key=plan["key"],
                names=plan.get("names"),
                icon=plan["icon"],
                title=None,
            )
            self.ids[plan["key"]] = table.id
        for plan in self.plan["tables"]:
            for one in plan["fields"]:
                self._field(plan["key"], one)
        for plan in self.plan["tables"]:
            self._pairs(plan)
            if plan.get("options"):
                options = self.resolved(plan["options"])
                tables.update_table(self.viewer, self.table(plan["key"]), options=options)
        for plan in self.plan["tables"]:
            for one in plan.get("computed", []):
                self._field(plan["key"], one)

    def _field(self, table: str, plan: dict[str, Any]) -> None:
        made = tables.add_field(
            self.viewer,
            self.table(table),
            plan["type"],
            plan["name"],
            options=self.resolved(plan.get("options")),
            **{
                key: plan[key]
                for key in ("key", "names", "help", "help_names", "required")
                if key in plan
            },
        )
        self.ids[f"{table}.{made.key}"] = made.id
        planned = plan.get("options", {}).get("choices", [])
        for one, option in zip(planned, made.options.get("choices", []), strict=True):
            self.ids[f"{table}.{made.key}:{one['key']}"] = option["id"]
        if "default" in plan:
            tables.update_field(self.viewer, made, default=self.resolved(plan["default"]))

    def _pairs(self, table: dict[str, Any]) -> None:
        for plan in table["fields"]:
            pair = plan.get("pair")
            if pair:
                link = self.table(table["key"]).field(plan["key"])
                other = tables.add_pair(
                    self.viewer, link, pair["name"], key=pair["key"], names=pair.get("names")
                )
                self.ids[f"{plan['options']['table'][1:]}.{pair['key']}"] = other.id

    def _form(self, plan: dict[str, Any], number: int) -> None:
        form = models.Form.create(
            table=self.id(plan["table"]),
            name=plan["name"],
            names=plan.get("names"),
            definition=self.resolved(plan["definition"]),
            ord=number,
        )
        self.ids[f"form:{plan['table']}/{plan['key']}"] = form.id

    def _duty(self, plan: dict[str, Any]) -> None:
        duty = duties.save(
            self.viewer,
            schema.current().base(self.id("base")),
            name=plan["name"],
            names=plan.get("names"),
            table=self.table(plan["table"]),
            definition=self.resolved(plan["definition"]),
            form_id=self.resolved(plan["form"]),
        )
        self.ids[f"duty:{plan['key']}"] = duty.id
        for chase in plan.get("chases", []):
            models.Chase.create(duty=duty, definition=self.resolved(chase))

    def _view(self, plan: dict[str, Any], number: int) -> None:
        table = plan.get("table")
        view = models.View.create(
            base=self.id("base"),
            table=self.id(table) if table else None,
            kind=plan["kind"],
            name=plan["name"],
            names=plan.get("names"),
            options=self.resolved(plan["options"]),
            ord=number,
        )
        self.ids[f"view:{table}/{plan['key']}" if table else f"view:{plan['key']}"] = view.id

    def _role(self, plan: dict[str, Any]) -> None:
        """A role with its rights; ``coordinator`` renames the one every base is born with."""
        known = models.Role.get_or_none(
            models.Role.base == self.id("base"), models.Role.key == plan["key"]
        )
        role = known or models.Role(base=self.id("base"), key=plan["key"])
        role.name, role.names = plan["name"], plan.get("names")
        role.views = self.resolved(plan.get("views", []))
        role.forms = self.resolved(plan.get("forms", []))
        role.save()
        self.ids[f"role:{plan['key']}"] = role.id
        for table, right in plan.get("tables", {}).items():
            self._right(role, table, right)

    def _right(self, role: models.Role, table: str, plan: dict[str, Any]) -> None:
        rules = {column: self.resolved(plan.get(key, False)) for key, column in RULES.items()}
        models.TableRight.create(
            role=role,
            table=self.id(table),
            export=plan.get("export", False),
            fields=plan.get("fields", "hidden"),
            **rules,
        )
        for key, level in plan.get("levels", {}).items():
            models.FieldRight.create(role=role, field=self.id(f"{table}.{key}"), level=level)

    def _automation(self, plan: dict[str, Any]) -> None:
        definition = self.resolved(plan["definition"])
        if definition["trigger"]["kind"] == "schedule":
            definition["trigger"]["zone"] = self.viewer.context.zone
        automation = models.Automation.create(
            base=self.id("base"),
            name=plan["name"],
            names=plan.get("names"),
            definition=definition,
            enabled=plan.get("enabled", False),
        )
        self.ids[f"automation:{plan['key']}"] = automation.id
