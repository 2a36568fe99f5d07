"""Bases, tables and fields as people shaped them, with their forms, views, roles and rights."""

from __future__ import annotations

import peewee as pw

from tracker import clock
from tracker.models.base import JSONField, Model
from tracker.models.people import Department, Person


class Meta(Model):
    """Facts about the installation by key (``schema_version``, ``migration`` …)."""

    key = pw.TextField(unique=True)
    value = JSONField()

    @classmethod
    def put(cls, key: str, value: object) -> None:
        cls.insert(key=key, value=value).on_conflict(
            conflict_target=[cls.key], update={cls.value: value}
        ).execute()


class Base(Model):
    """A set of tables with its forms, views, automations and roles."""

    key = pw.TextField(unique=True)
    name = pw.TextField()
    names = JSONField(null=True)
    icon = pw.TextField(default="table")
    options = JSONField(default=dict)
    ord = pw.IntegerField(default=0)
    deleted_at = pw.DateTimeField(null=True)


class Table(Model):
    """A user table; its rows lie in the SQL table ``t<id>``."""

    base = pw.ForeignKeyField(Base, on_delete="CASCADE", backref="tables")
    key = pw.TextField()
    name = pw.TextField()
    names = JSONField(null=True)
    icon = pw.TextField(default="table")
    options = JSONField(default=dict)
    ord = pw.IntegerField(default=0)
    deleted_at = pw.DateTimeField(null=True)

    class Meta:
        indexes = ((("base", "key"), True),)


class Field(Model):
    """A column a person shaped; its values lie in ``f<id>`` of the table's SQL table."""

    table = pw.ForeignKeyField(Table, on_delete="CASCADE", backref="fields")
    key = pw.TextField()
    name = pw.TextField()
    names = JSONField(null=True)
    type = pw.TextField()
    options = JSONField(default=dict)
    help = pw.TextField(default="")
    help_names = JSONField(null=True)
    required = pw.BooleanField(default=False)
    unique = pw.BooleanField(default=False)
    default = JSONField(null=True)
    ord = pw.IntegerField(default=0)
    deleted_at = pw.DateTimeField(null=True)

    class Meta:
        indexes = ((("table", "key"), True),)


class Counter(Model):
    """The next value of an autonumber field."""

    field = pw.ForeignKeyField(Field, unique=True, on_delete="CASCADE", backref="+")
    next = pw.BigIntegerField(default=1)


class View(Model):
    """A saved way to see a table, or a dashboard of the base (``table`` empty)."""

    base = pw.ForeignKeyField(Base, on_delete="CASCADE", backref="views")
    table = pw.ForeignKeyField(Table, null=True, on_delete="CASCADE", backref="views")
    kind = pw.TextField()
    name = pw.TextField()
    names = JSONField(null=True)
    options = JSONField(default=dict)
    owner = pw.ForeignKeyField(Person, null=True, on_delete="SET NULL", backref="+")
    sharing = pw.TextField(default="shared")  # personal, shared or locked
    ord = pw.IntegerField(default=0)
    created_at = pw.DateTimeField(default=clock.now)
    deleted_at = pw.DateTimeField(null=True)


class Form(Model):
    """How a record is filed by hand: sections and questions over one table."""

    table = pw.ForeignKeyField(Table, on_delete="CASCADE", backref="forms")
    name = pw.TextField()
    names = JSONField(null=True)
    definition = JSONField(default=dict)
    ord = pw.IntegerField(default=0)
    deleted_at = pw.DateTimeField(null=True)


class Role(Model):
    """A named set of rights inside a base; a coordinator role shapes the base itself."""

    base = pw.ForeignKeyField(Base, on_delete="CASCADE", backref="roles")
    key = pw.TextField()
    name = pw.TextField()
    names = JSONField(null=True)
    coordinator = pw.BooleanField(default=False)
    views = JSONField(default=list)
    forms = JSONField(default=list)

    class Meta:
        indexes = ((("base", "key"), True),)


class RoleMember(Model):
    """A person, or everybody of a department and below, holds a role."""

    role = pw.ForeignKeyField(Role, on_delete="CASCADE", backref="members")
    person = pw.ForeignKeyField(Person, null=True, on_delete="CASCADE", backref="+")
    department = pw.ForeignKeyField(Department, null=True, on_delete="CASCADE", backref="+")


class TableRight(Model):
    """What a role may do with the rows of a table. A rule is true, false or a condition."""

    role = pw.ForeignKeyField(Role, on_delete="CASCADE", backref="table_rights")
    table = pw.ForeignKeyField(Table, on_delete="CASCADE", backref="+")
    read = JSONField(default=False)
    create_rule = JSONField(default=False)
    update_rule = JSONField(default=False)
    delete_rule = JSONField(default=False)
    export = pw.BooleanField(default=False)
    fields = pw.TextField(default="hidden")  # level of fields without a right of their own

    class Meta:
        indexes = ((("role", "table"), True),)


class FieldRight(Model):
    """``level`` of one field for a role: hidden, read, once (write on create) or write."""

    role = pw.ForeignKeyField(Role, on_delete="CASCADE", backref="field_rights")
    field = pw.ForeignKeyField(Field, on_delete="CASCADE", backref="+")
    level = pw.TextField()

    class Meta:
        indexes = ((("role", "field"), True),)


class AccessGrant(Model):
    """Access to one record for one person, asked for and decided, until a date."""

    table = pw.ForeignKeyField(Table, on_delete="CASCADE", backref="+")
    record_id = pw.IntegerField()
    person = pw.ForeignKeyField(Person, on_delete="CASCADE", backref="+")
    state = pw.TextField(default="asked")  # asked, granted, refused, ended
    reason = pw.TextField(default="")
    until = pw.DateField(null=True)
    asked_at = pw.DateTimeField(default=clock.now)
    decided_by = pw.ForeignKeyField(Person, null=True, on_delete="SET NULL", backref="+")
    decided_at = pw.DateTimeField(null=True)

    class Meta:
        indexes = ((("person", "table", "state"), False),)
