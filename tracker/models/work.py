"""Work done without a person: automations, duties, the outbox and what people were told."""

from __future__ import annotations

import peewee as pw

from tracker import clock
from tracker.models.base import JSONField, Model
from tracker.models.people import Person
from tracker.models.schema import Base, Form, Table


class Automation(Model):
    """When a trigger fires and the condition holds, do the actions, as ``run_as``.

    ``definition``: ``{"trigger": {"kind", …}, "condition": …, "actions": [{"kind", …}]}``.
    ``paused_why`` is a kept text (`automations.messages`); what happened or was due before
    ``active_since`` is none of its business.
    """

    base = pw.ForeignKeyField(Base, on_delete="CASCADE", backref="automations")
    name = pw.TextField()
    names = JSONField(null=True)
    definition = JSONField(default=dict)
    run_as = pw.ForeignKeyField(Person, null=True, on_delete="SET NULL", backref="+")
    enabled = pw.BooleanField(default=False)
    paused_why = JSONField(null=True)
    active_since = pw.DateTimeField(default=clock.now)
    created_at = pw.DateTimeField(default=clock.now)
    deleted_at = pw.DateTimeField(null=True)


class Run(Model):
    """One entry of the run ledger: what an automation did, or why it did not."""

    automation = pw.ForeignKeyField(Automation, on_delete="CASCADE", backref="runs")
    trigger = pw.TextField()
    record_id = pw.IntegerField(null=True)
    started_at = pw.DateTimeField(default=clock.now)
    ended_at = pw.DateTimeField(null=True)
    state = pw.TextField(default="running")  # running, done, nothing, failed
    summary = JSONField(default=dict)

    class Meta:
        indexes = ((("automation", "started_at"), False),)


class Slot(Model):
    """A due moment that was taken: the unique key decides who acts, once."""

    key = pw.TextField(unique=True)
    due_at = pw.DateTimeField()
    taken_at = pw.DateTimeField(default=clock.now)


class Outbox(Model):
    """An effect outside, written with the change that caused it and delivered at least once.

    ``payload`` names the action that composes the message when it is sent; ``error`` is a kept
    text (`automations.messages`) that says why it was not.
    """

    key = pw.TextField(unique=True)
    channel = pw.TextField()
    base = pw.ForeignKeyField(Base, null=True, on_delete="CASCADE", backref="+")
    person = pw.ForeignKeyField(Person, null=True, on_delete="CASCADE", backref="+")
    payload = JSONField()
    state = pw.TextField(default="waiting")  # waiting, drawing, sent, withdrawn, dead
    attempts = pw.IntegerField(default=0)
    next_at = pw.DateTimeField(default=clock.now)
    error = JSONField(null=True)
    created_at = pw.DateTimeField(default=clock.now)
    sent_at = pw.DateTimeField(null=True)
    claimed_by = pw.TextField(null=True)
    claimed_until = pw.DateTimeField(null=True)

    class Meta:
        indexes = ((("state", "next_at"), False),)


class Notification(Model):
    """A line in somebody's inbox (the bell), in the words they were told; ``link`` is a path."""

    key = pw.TextField(unique=True)
    person = pw.ForeignKeyField(Person, on_delete="CASCADE", backref="notifications")
    subject = pw.TextField()
    body = pw.TextField(default="")
    link = pw.TextField(default="")
    at = pw.DateTimeField(default=clock.now)
    read_at = pw.DateTimeField(null=True)

    class Meta:
        indexes = ((("person", "read_at"), False),)


class Alert(Model):
    """A question about one record that an automation asked; the first answer closes it for all.

    ``asked`` is the action as it stood then, its texts with ``{fields}``: they are filled for each
    reader, with what that person may see. ``open_key`` keeps a second question from being asked
    while the first is open. ``comment`` is the id of the comment that the answer became.
    """

    open_key = pw.TextField(null=True, unique=True)
    automation = pw.ForeignKeyField(Automation, on_delete="CASCADE", backref="+")
    table_id = pw.IntegerField()
    record_id = pw.IntegerField()
    asked = JSONField(default=dict)
    asked_at = pw.DateTimeField(default=clock.now)
    answer_by = pw.DateField(null=True)
    answered_at = pw.DateTimeField(null=True)
    answered_by = pw.ForeignKeyField(Person, null=True, on_delete="SET NULL", backref="+")
    answer = pw.TextField(default="")
    comment = pw.BigIntegerField(null=True)

    class Meta:
        indexes = ((("table_id", "record_id"), False),)

    @staticmethod
    def key_of(automation_id: int, number: int, table_id: int, record_id: int) -> str:
        """``open_key`` of what the automation's action in place ``number`` asks of a record."""
        return f"{automation_id}:{number}:{table_id}:{record_id}"


class AlertParty(Model):
    """Somebody who is asked by an alert, or told of its answer."""

    alert = pw.ForeignKeyField(Alert, on_delete="CASCADE", backref="parties")
    person = pw.ForeignKeyField(Person, on_delete="CASCADE", backref="+")
    asked = pw.BooleanField(default=True)

    class Meta:
        indexes = ((("alert", "person"), True),)


class Duty(Model):
    """What somebody owes by when: a record of ``table`` for each of ``owers`` in each period.

    ``definition``: ``{"owers": {"departments": […]} | {"level": 3} | {"people": […]} |
    {"role": id}, "ower_field", "date_field", "condition", "every": "week"|"month"|"day"|
    "workday", "due": {"weekday": 4, "day": 5|"last", "time": "17:00", "after": 0}, "zone",
    "since": "2026-01-01"}``. ``after`` counts periods: 1 is the week, month or day after.
    """

    base = pw.ForeignKeyField(Base, on_delete="CASCADE", backref="duties")
    table = pw.ForeignKeyField(Table, on_delete="CASCADE", backref="+")
    form = pw.ForeignKeyField(Form, null=True, on_delete="SET NULL", backref="+")
    name = pw.TextField()
    names = JSONField(null=True)
    definition = JSONField(default=dict)
    enabled = pw.BooleanField(default=True)
    created_at = pw.DateTimeField(default=clock.now)
    deleted_at = pw.DateTimeField(null=True)


class Exemption(Model):
    """One ower is excused from one period of a duty."""

    duty = pw.ForeignKeyField(Duty, on_delete="CASCADE", backref="exemptions")
    ower = pw.TextField()
    period = pw.TextField()
    reason = pw.TextField(default="")
    by = pw.ForeignKeyField(Person, null=True, on_delete="SET NULL", backref="+")
    at = pw.DateTimeField(default=clock.now)

    class Meta:
        indexes = ((("duty", "ower", "period"), True),)


class Chase(Model):
    """How a duty is chased: each morning after the cut-off, up a ladder, until it is done.

    ``definition``: ``{"at": "09:00", "ladder": [{"after_days": 0, "to": "ower"},
    {"after_days": 2, "to": "head"}], "channels": ["inbox", "email"], "give_up_days": 14,
    "role": id}``. Who is told for a department: its people with ``role``, its heads if none.
    No morning before ``active_since`` is made up for.
    """

    duty = pw.ForeignKeyField(Duty, on_delete="CASCADE", backref="chases")
    definition = JSONField(default=dict)
    enabled = pw.BooleanField(default=True)
    active_since = pw.DateTimeField(default=clock.now)
