"""Webhooks: what changed in a base, numbered one after the other for one program.

The numbers count only what the program's person may see, so that they tell nothing of the rest.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import peewee as pw

from tracker import changes, clock, db, limits, permissions, rowrights, schema
from tracker.errors import Missing, Refused
from tracker.models import Change, Webhook, WebhookPayload
from tracker.permissions import Access, Viewer
from tracker.text import _

KINDS = {"create": "add", "restore": "add", "update": "update", "delete": "remove"}
SOURCES = {"api": "publicApi", "form": "formSubmission", "automation": "automation"}
SOURCES |= {"alert": "automation"}
CHUNK = 500


@dataclass(frozen=True)
class Told:
    """A change as one viewer may read it: values of the fields open to them in that row."""

    number: int
    change: Change
    table: schema.Table
    values: dict[int, list[Any]]


@dataclass(frozen=True)
class Wanted:
    """What a webhook listens to; None is everything. Fields and tables by our numbers."""

    table: int | None = None
    kinds: tuple[str, ...] | None = None
    sources: tuple[str, ...] | None = None
    fields: tuple[int, ...] | None = None
    records: bool = True

    @classmethod
    def of(cls, webhook: Webhook) -> Wanted:
        kept: Any = webhook.specification["wanted"]
        lists: Any = {
            key: tuple(one) if isinstance(one, list) else one  # JSON knows no tuples
            for key, one in kept.items()
        }
        return cls(**lists)


# ── managing ─────────────────────────────────────────────────────────────────


def create(
    viewer: Viewer,
    base: schema.Base,
    *,
    url: str | None,
    specification: dict[str, Any],
    wanted: Mapping[str, Any],
) -> Webhook:
    """A new webhook, one's own. Only coordinators have an address outside called."""
    if url is not None:
        permissions.need_coordinator(viewer, base.id)
    if viewer.person_id is None:
        raise Missing
    if len(of(viewer, base)) >= limits.WEBHOOKS:
        raise Refused(_("At most {n} webhooks. Delete one first.", n=limits.WEBHOOKS))
    with db.write():
        last = db.query("SELECT MAX(id) FROM change")[0][0]
        return Webhook.create(
            base=base.id,
            person=viewer.person_id,
            url=url,
            secret=base64.b64encode(secrets.token_bytes(32)).decode(),
            specification={"asked": specification, "wanted": dict(wanted)},
            expires_at=_later(),
            read_to=last or 0,
        )


def of(viewer: Viewer, base: schema.Base) -> list[Webhook]:
    """One's own webhooks on a base."""
    mine = (Webhook.base == base.id) & (Webhook.person == viewer.person_id)
    return list(Webhook.select().where(mine).order_by(Webhook.id))


def load(viewer: Viewer, base: schema.Base, webhook_id: int) -> Webhook:
    for one in of(viewer, base):
        if one.id == webhook_id:
            return one
    raise Missing


def remove(webhook: Webhook) -> None:
    with db.write():
        WebhookPayload.delete().where(WebhookPayload.webhook == webhook.id).execute()
        Webhook.delete().where(Webhook.id == webhook.id).execute()


def enable(webhook: Webhook, notify: bool) -> None:
    """Whether its address is called."""
    with db.write():
        fresh = {"notify": notify, "attempts": 0, "next_at": clock.now()}
        Webhook.update(**fresh).where(Webhook.id == webhook.id).execute()


def refresh(webhook: Webhook) -> datetime:
    """Another week; when it ends then."""
    until = _later()
    with db.write():
        Webhook.update(expires_at=until).where(Webhook.id == webhook.id).execute()
    return until


def _later() -> datetime:
    return clock.now() + timedelta(days=limits.WEBHOOK_DAYS)


# ── what happened ────────────────────────────────────────────────────────────


def collect(webhook: Webhook, viewer: Viewer) -> int:
    """Number what happened since; the cursor of the next payload. Nothing once it has expired."""
    if webhook.expires_at <= clock.now() or not viewer.may_enter(webhook.base_id):
        return int(webhook.next_number)
    while _collect_some(webhook, viewer) == CHUNK:
        pass
    return int(webhook.next_number)


def _collect_some(webhook: Webhook, viewer: Viewer) -> int:
    """One chunk of the log; the webhook's row is held, so that two do not number at once."""
    with db.write():
        query = Webhook.select().where(Webhook.id == webhook.id)
        held = (query if db.is_sqlite() else query.for_update()).get_or_none()
        if held is None:
            raise Missing
        found = _settled_since(held)
        seen = [row for row in found if _readable(viewer, row, Wanted.of(held)) is not None]
        for number, row in enumerate(seen, held.next_number):
            WebhookPayload.create(webhook=held.id, number=number, change_id=row.id)
        if found:
            held.read_to, held.next_number = found[-1].id, held.next_number + len(seen)
            held.save(only=[Webhook.read_to, Webhook.next_number])
            _forget(held)
        webhook.read_to, webhook.next_number = held.read_to, held.next_number
    return len(found)


def _settled_since(webhook: Webhook, limit: int = CHUNK) -> list[Change]:
    """The next entries, none of which can still be overtaken by an earlier number.

    On PostgreSQL numbers may be committed out of order: entries of transactions that began after
    the oldest one still running wait for it.
    """
    tables = [table.id for table in schema.current().base(webhook.base_id).tables]
    rows = Change.select().where(Change.id > webhook.read_to, Change.table_id.in_(tables))
    if not db.is_sqlite():
        horizon = "age(pg_snapshot_xmin(pg_current_snapshot())::xid)"
        rows = rows.where(pw.SQL(f'age("t1".xmin) > {horizon}'))
    return list(rows.order_by(Change.id).limit(limit))


def _forget(webhook: Webhook) -> None:
    old = clock.now() - timedelta(days=limits.WEBHOOK_DAYS)
    gone = (WebhookPayload.webhook == webhook.id) & (WebhookPayload.at < old)
    WebhookPayload.delete().where(gone).execute()


def has_news(webhook: Webhook) -> bool:
    """Whether there may be something to tell; asks, and writes nothing."""
    if webhook.next_number > webhook.told_to:
        return True
    try:
        return bool(_settled_since(webhook, 1))
    except Missing:  # the base lies in the bin
        return False


def payloads(
    webhook: Webhook, viewer: Viewer, *, cursor: int, limit: int
) -> tuple[list[Told], int, bool]:
    """``(changes, next cursor, whether more may be there)`` from ``cursor`` on."""
    collect(webhook, viewer)
    mine = (WebhookPayload.webhook == webhook.id) & (WebhookPayload.number >= cursor)
    rows = list(WebhookPayload.select().where(mine).order_by(WebhookPayload.number).limit(limit))
    entries = Change.select().where(Change.id.in_([row.change_id for row in rows]))
    by_id = {row.id: row for row in entries}
    told = []
    for row in rows:
        change = by_id.get(row.change_id)
        values = _readable(viewer, change, Wanted.of(webhook)) if change else None
        if change is not None and values is not None:
            table = schema.current().tables[change.table_id]
            told.append(Told(row.number, change, table, values))
    following = rows[-1].number + 1 if rows else max(cursor, 1)
    return told, following, following < webhook.next_number


def _readable(viewer: Viewer, change: Change, wanted: Wanted) -> dict[int, list[Any]] | None:
    """What of a change this viewer may read and the webhook wants; None for nothing of it."""
    table = schema.current().tables.get(change.table_id)
    if table is None or not _is_wanted(change, wanted):
        return None
    rights = permissions.possible_access(viewer, table)
    opened = _opened(rights, change.record_id) if rights.lanes else []
    if not opened:
        return None
    turned = changes.turned_since(table, change.id)
    values = {
        int(key): pair
        for key, pair in (change.values or {}).items()
        if any(lane.level(int(key)) >= 1 for lane in opened)
        and int(key) in table.by_id
        and int(key) not in turned
    }
    if change.kind != "update":
        return values
    watched = wanted.fields is None or set(wanted.fields) & set(values)
    return values if values and watched else None


def _opened(rights: Access, record_id: int) -> list[permissions.Lane]:
    """The lanes that let the row be read as it stands now, in the bin too."""
    return rowrights.lanes(rights, record_id, "read")


def _is_wanted(change: Change, wanted: Wanted) -> bool:
    tests: Iterable[tuple[Any, Any]] = (
        (wanted.kinds, KINDS.get(change.kind)),
        (wanted.sources, source(change)),
        ((wanted.table,) if wanted.table else None, change.table_id),
    )
    return wanted.records and all(chosen is None or one in chosen for chosen, one in tests)


def source(change: Change) -> str:
    """Through what the change came, in Airtable's words."""
    return SOURCES.get(change.via.partition(":")[0], "client")
