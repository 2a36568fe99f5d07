"""Making the second world: everything that one person may not see becomes different."""

from __future__ import annotations

from random import Random

from tests.trust import stage
from tracker import (
    attached,
    clock,
    db,
    fieldtypes,
    models,
    permissions,
    records,
    schema,
    searchindex,
)
from tracker.models import View

SYSTEM = permissions.system()
WORDS = ("夜航", "潮汐", "松针", "ZQX", "琥珀", "9731")


def change(viewer: permissions.Viewer, seed: int) -> None:
    """Change what ``viewer`` may not see, in the database that is open; leave all else alone."""
    random = Random(seed)
    unseen = stage.unseen(viewer)
    with db.write():
        for table_id, (rows, fields) in unseen.items():
            table = schema.current().table(table_id)
            _rewrite_rows(table, sorted(rows), random)
            _rewrite_fields(table, fields, random)
            _add_rows(table, viewer, random)
        _others_things(viewer, random)
    for table_id in unseen:
        searchindex.build(schema.current().table(table_id))  # what was rewritten above, by SQL


def _rewrite_rows(table, rows: list[int], random: Random) -> None:
    said = (models.Comment.table_id == table.id) & models.Comment.record_id.in_(rows)
    models.Comment.update(text=random.choice(WORDS)).where(said).execute()
    stages = [one.id for one in table.fields if one.type == "stage"]
    moved = models.Move.field_id.in_(stages) & models.Move.record_id.in_(rows)
    models.Move.update(new=random.randint(1, 3), at=random.randint(1, 10**9)).where(moved).execute()
    asked = (models.Alert.table_id == table.id) & models.Alert.record_id.in_(rows)
    _other_alerts(asked, random)
    for record_id in rows:
        for field in table.fields:
            _overwrite(table, field, record_id, random)
        if random.random() < 0.3:
            now = clock.now().isoformat(sep=" ")
            db.execute(f"UPDATE {table.sql_name} SET deleted_at = ? WHERE id = ?", now, record_id)


def _other_alerts(test, random: Random) -> None:
    """Asked in other words, and some of them answered."""
    for alert in models.Alert.select().where(test):
        alert.asked = {**alert.asked, "subject": random.choice(WORDS)}
        if random.random() < 0.5:
            alert.answered_at, alert.answer = clock.now(), random.choice(WORDS)
        alert.save()


def _overwrite(table, field, record_id: int, random: Random) -> None:
    """Another value of the same kind, where it cannot bring the row into anybody's scope."""
    kind = fieldtypes.get(field)
    if kind.family == "files":
        _other_files(table, field, record_id, random)
        return
    value = {
        "text": random.choice(WORDS) + str(random.randint(0, 999)),
        "number": random.randint(1, 10**6),
        "checkbox": random.random() < 0.5,
    }.get(kind.family)
    if value is None or not kind.stored or not kind.written:
        return
    db.execute(f"UPDATE {table.sql_name} SET {field.column} = ? WHERE id = ?", value, record_id)
    if table.title and table.title.id == field.id:
        db.execute(
            f"UPDATE {table.sql_name} SET title = ?, initials = ? WHERE id = ?",
            value,
            "yh",
            record_id,
        )


def _other_files(table, field, record_id: int, random: Random) -> None:
    """Other names and other bytes, or no files at all."""
    name, digest = random.choice(WORDS), f"{random.getrandbits(256):064x}"
    mine = (models.File.table_id == table.id) & (models.File.record_id == record_id)
    mine &= models.File.field_id == field.id
    models.File.update(name=name, digest=digest, size=random.randint(1, 999)).where(mine).execute()
    entries = [attached.entry(one) for one in models.File.select().where(mine)]
    cell = kind_cell(field, entries if random.random() < 0.6 else None)
    db.execute(f"UPDATE {table.sql_name} SET {field.column} = ? WHERE id = ?", cell, record_id)


def kind_cell(field, value):
    return fieldtypes.get(field).column(field).db_value(value)


def _rewrite_fields(table, fields: set[int], random: Random) -> None:
    """Hidden fields: other values in every row, other names, other history."""
    for field_id in fields:
        field = table.by_id[field_id]
        for (record_id,) in db.query(f"SELECT id FROM {table.sql_name}"):
            _overwrite(table, field, record_id, random)
        name = f"改名{random.randint(0, 99)}"
        models.Field.update(name=name, help=name).where(models.Field.id == field_id).execute()
        schema.changed()
    models.Move.update(new=random.randint(1, 3), at=random.randint(1, 10**9)).where(
        models.Move.field_id.in_(fields)
    ).execute()
    for change in models.Change.select().where(models.Change.table_id == table.id):
        values = {
            key: [None, random.randint(1, 999)] if int(key) in fields else pair
            for key, pair in change.values.items()
        }
        models.Change.update(values=values).where(models.Change.id == change.id).execute()


def _add_rows(table, viewer: permissions.Viewer, random: Random) -> None:
    """More rows that the viewer cannot see (those that would be seen are taken back)."""
    title = table.title
    for _number in range(random.randint(2, 5)):
        try:
            saved = records.create(
                SYSTEM, table, {title.id: random.choice(WORDS) + str(random.random())}, via="other"
            )
        except Exception:
            continue
        if saved.record_id not in stage.unseen(viewer)[table.id][0]:
            db.execute(f"DELETE FROM {table.sql_name} WHERE id = ?", saved.record_id)
            models.Change.delete().where(models.Change.id == saved.change_id).execute()


def _others_things(viewer: permissions.Viewer, random: Random) -> None:
    """Roles the viewer does not hold, others' personal views and inboxes."""
    held = viewer.roles or (0,)
    models.Role.update(name="另名").where(
        models.Role.id.not_in(held),
        models.Role.coordinator == False,  # noqa: E712 - SQL
    ).execute()
    View.update(name=random.choice(WORDS)).where(
        View.sharing == "personal", View.owner != viewer.person_id
    ).execute()
    party = models.AlertParty
    mine = party.select(party.alert).where(party.person == viewer.person_id)
    if not viewer.coordinates:
        _other_alerts(models.Alert.id.not_in(mine), random)
    models.Notification.update(subject=random.choice(WORDS)).where(
        models.Notification.person != viewer.person_id
    ).execute()
    schema.changed()
