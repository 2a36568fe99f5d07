"""Alerts: questions about records, asked of several people until the first of them answers.

Their texts are kept with their ``{fields}`` and filled for each reader, with what that person may
see of the record now; who may not see the record does not find the question either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import peewee as pw

from automations.messages import fill, one_line, places
from automations.occasions import Occasion
from tracker import clock, fieldtypes, limits, permissions, schema
from tracker.errors import Missing
from tracker.models import Alert, AlertParty, Automation, Notification, Person
from tracker.permissions import Viewer
from tracker.query import Query
from tracker.schema import Table
from tracker.text import _, label

LINK = re.compile(r"/alerts/(\d{1,15})")


@dataclass(frozen=True)
class Question:
    """An alert as one person may read it. ``asked`` names who is asked, by id."""

    alert: Alert
    table: Table
    title: str
    subject: str
    body: str
    mine: bool
    late: bool
    asked: Mapping[int, str] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        return self.alert.answered_at is None

    @property
    def urgent(self) -> bool:
        """Whether it waits for this very reader."""
        return self.open and self.mine

    @property
    def who(self) -> str:
        """Who answered: one of those asked."""
        return self.asked.get(self.alert.answered_by_id, "")

    @property
    def named(self) -> tuple[str, str, str] | None:
        """The question cut where it names the record: before, the title, after."""
        before, title, after = self.subject.partition(self.title)
        return (before, title, after) if title else None

    @property
    def answers(self) -> list[str]:
        return list(self.alert.asked.get("answers") or [])

    @property
    def free(self) -> bool:
        """Whether it may be answered in one's own words."""
        return bool(self.alert.asked.get("free"))


def link(alert: Alert) -> str:
    return f"/alerts/{alert.id}"


# ── asking ───────────────────────────────────────────────────────────────────


def ask(action: Mapping[str, Any], occasion: Occasion, number: int, people: list[int]) -> Alert:
    """The open question of this action about the record, asked of these people too.

    Only one is open at a time: an automation that comes by again finds it, and adds whoever is
    meant now and was not before. Runs in the caller's transaction.
    """
    if occasion.table is None or occasion.record_id is None:
        raise Missing
    key = Alert.key_of(occasion.automation.id, number, occasion.table.id, occasion.record_id)
    days = action.get("days")
    today = clock.today(occasion.viewer.context.zone)
    row = {
        Alert.open_key: key,
        Alert.automation: occasion.automation.id,
        Alert.table_id: occasion.table.id,
        Alert.record_id: occasion.record_id,
        Alert.asked: dict(action),
        Alert.asked_at: occasion.now,
        Alert.answer_by: today + timedelta(days=days) if days else None,
    }
    found = _open(row, key) or _open(row, key)  # answered between the two steps, it is asked anew
    if found is None:
        raise Missing
    join(found, people, asked=True)
    return found


def _open(row: dict[Any, Any], key: str) -> Alert | None:
    Alert.insert(row).on_conflict_ignore().execute()
    found: Alert | None = Alert.get_or_none(Alert.open_key == key)
    return found


def join(alert: Alert, people: Iterable[int], *, asked: bool) -> None:
    """Make them parties of the alert; who is one already stays what they are."""
    for person in people:
        row = {"alert": alert.id, "person": person, "asked": asked}
        AlertParty.insert(**row).on_conflict_ignore().execute()


# ── reading ──────────────────────────────────────────────────────────────────


def to_answer(viewer: Viewer) -> list[Question]:
    """What waits for the viewer's answer, the most urgent first."""
    rows = _mine(viewer, AlertParty.asked == True, Alert.answered_at.is_null())  # noqa: E712 - SQL
    order = [Alert.answer_by.asc(nulls="last"), Alert.id]
    return read(viewer, list(rows.order_by(*order).limit(limits.ALERTS_SHOWN)))


def answered(viewer: Viewer, *, limit: int = 20) -> list[Question]:
    """Answers that the viewer gave, was asked for or was told, the latest first."""
    rows = _mine(viewer, Alert.answered_at.is_null(False))
    return read(viewer, list(rows.order_by(Alert.answered_at.desc(), Alert.id).limit(limit)))


def of_record(viewer: Viewer, table: Table, record_id: int) -> list[Question]:
    """The alerts about one record, for their parties and the base's coordinators; open ones first.

    Answers that became comments are found among the comments.
    """
    here = (Alert.table_id == table.id) & (Alert.record_id == record_id) & Alert.comment.is_null()
    rows = (
        _live().where(here, _party(viewer, table)).order_by(Alert.answered_at.desc(nulls="first"))
    )
    return read(viewer, list(rows.order_by_extend(Alert.id.desc()).limit(limits.ALERTS_SHOWN)))


def get(viewer: Viewer, alert_id: int) -> Question:
    """One alert, for its parties and the coordinators of its base who may see the record."""
    found = _live().where(Alert.id == alert_id).first() if alert_id < 1 << 53 else None
    table = schema.current().tables.get(found.table_id) if found else None
    if found is None or table is None:
        raise Missing
    seen = _live().where(Alert.id == alert_id, _party(viewer, table)).exists()
    told = read(viewer, [found]) if seen else []
    if not told:
        raise Missing
    return told[0]


def of_lines(viewer: Viewer, lines: Sequence[Notification]) -> dict[int, Question]:
    """Lines of the viewer's inbox by id → the questions they speak of. A line of a question that
    is not theirs to see any more loses its words, which were filled when it was.
    """
    ids = {one.id: int(found[1]) for one in lines if (found := LINK.fullmatch(one.link))}
    rows = _mine(viewer, Alert.id.in_(set(ids.values()))) if ids else []
    by_id = {one.alert.id: one for one in read(viewer, list(rows))}
    for line in lines:
        if line.id in ids and ids[line.id] not in by_id:
            gone = _("A question that you can no longer see").to(viewer.context.lang)
            line.subject, line.body, line.link = gone, "", ""
    return {line: by_id[alert] for line, alert in ids.items() if alert in by_id}


def of_comments(
    viewer: Viewer, table: Table, record_id: int, comments: Sequence[int]
) -> dict[int, Question]:
    """Comments of a record by id → the questions they answer, for those who may read these."""
    here = (Alert.table_id == table.id) & (Alert.record_id == record_id)
    here &= Alert.comment.in_(list(comments))
    rows = list(_live().where(here, _party(viewer, table))) if comments else []
    return {int(one.alert.comment or 0): one for one in read(viewer, rows)}


def _live() -> pw.ModelSelect:
    """Alerts of automations that were not deleted."""
    return Alert.select(Alert).join(Automation).where(Automation.deleted_at.is_null())


def _mine(viewer: Viewer, *tests: Any) -> pw.ModelSelect:
    joined = _live().switch(Alert).join(AlertParty, on=AlertParty.alert == Alert.id)
    return joined.where(AlertParty.person == viewer.person_id, *tests)


def _party(viewer: Viewer, table: Table) -> Any:
    """SQL: the viewer is asked, was told, or shapes the base."""
    if viewer.coordinates_base(table.base_id):
        return Alert.id.is_null(False)
    mine = AlertParty.select(AlertParty.alert).where(AlertParty.person == viewer.person_id)
    return Alert.id.in_(mine)


def read(viewer: Viewer, alerts: list[Alert]) -> list[Question]:
    """These alerts in the words of what the viewer may see, in order; without those whose records
    they may not see. One query a table, whatever their number.
    """
    seen: dict[tuple[int, int], Seen] = {}
    for table_id in {one.table_id for one in alerts}:
        seen |= _records(viewer, table_id, [one for one in alerts if one.table_id == table_id])
    asked = _asked([one for one in alerts if (one.table_id, one.record_id) in seen])
    return [
        _question(viewer, one, *seen[one.table_id, one.record_id], asked.get(one.id, {}))
        for one in alerts
        if (one.table_id, one.record_id) in seen
    ]


Seen = tuple[Table, str, dict[str, str]]  # the table, the record's title, its texts by field key


def _records(
    viewer: Viewer, table_id: int, alerts: list[Alert]
) -> Iterable[tuple[tuple[int, int], Seen]]:
    """What the viewer may see of the records that these alerts of one table are about."""
    table = schema.current().tables.get(table_id)
    if table is None or not permissions.possible_access(viewer, table).lanes:
        return
    query, context = Query(viewer, table), viewer.context
    named = {key for one in alerts for key in places(one.asked["subject"] + one.asked["body"])}
    shown = [one for one in query.access.fields if one.key in named]
    for record in query.only(shown).fetch(sorted({one.record_id for one in alerts})):
        texts = {one.key: fieldtypes.get(one).text(record[one], one, context) for one in shown}
        yield (table.id, record.id), (table, record.title or f"#{record.id}", texts)


def _asked(alerts: list[Alert]) -> dict[int, dict[int, str]]:
    """Alert id → the people asked, by id; who answered among them."""
    found: dict[int, dict[int, str]] = {one.id: {} for one in alerts}
    if not alerts:
        return found
    wanted = AlertParty.alert.in_(list(found)) & (AlertParty.asked == True)  # noqa: E712 - SQL
    rows = AlertParty.select(AlertParty.alert, Person.id, Person.name).join(Person).where(wanted)
    for alert, person, name in rows.order_by(AlertParty.id).tuples():
        found[alert][person] = name
    return found


def _question(
    viewer: Viewer,
    alert: Alert,
    table: Table,
    title: str,
    texts: dict[str, str],
    asked: dict[int, str],
) -> Question:
    said, lang = alert.asked, viewer.context.lang
    today = clock.today(viewer.context.zone)
    return Question(
        alert,
        table,
        title,
        one_line(fill(said["subject"], texts)) or label(alert.automation, lang),
        fill(said["body"], texts).strip(),
        mine=viewer.person_id in asked,
        late=alert.answer_by is not None and alert.answer_by < today,
        asked=asked,
    )


def close_lines(question: Question) -> None:
    """The lines that asked are read: there is nothing left to do."""
    asked = Notification.person.in_(list(question.asked)) & Notification.read_at.is_null()
    lines = asked & (Notification.link == link(question.alert))
    Notification.update(read_at=clock.now()).where(lines).execute()


def unread(viewer: Viewer, lines: Iterable[Notification]) -> list[Notification]:
    """The unread lines that are no question still to be answered."""
    return [one for one in lines if not one.read_at and not LINK.fullmatch(one.link)]
