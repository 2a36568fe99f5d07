"""Many records into the bin, or back out of it, by their `delete` rule."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from tracker import changes, circles, clock, db
from tracker.bulk.writing import Writer, chunks
from tracker.computed import keeping
from tracker.permissions import Access


class Binner(Writer):
    """A writer for its rules alone; ``kind`` is what it does: ``delete`` or ``restore``."""

    action = "delete"

    def __init__(self, rights: Access, via: str, batch: int | None, kind: str) -> None:
        super().__init__(rights, via, batch)
        self.kind = kind

    def found(self, ids: Collection[int]) -> dict[int, int]:
        """Record id → rev of those that are where they would be moved from."""
        model: Any = self.scope.model
        here = model.deleted_at.is_null(self.kind == "delete")
        revs: dict[int, int] = {}
        for part in chunks(ids):
            select = model.select(model.id, model.rev).where(model.id.in_(part), here)
            revs |= dict(db.proxy.execute(select).fetchall())
        return revs

    def move(self, revs: dict[int, int]) -> list[int]:
        """Move what this viewer may read and delete; ``revs`` is what `found` told."""
        moved = []
        for part in chunks(sorted(revs)):
            ids = self._placed(self._allowed(part))
            entries: list[Any] = [(one, revs[one] + 1, {}) for one in ids]
            changes.note_many(
                self.viewer, self.table, entries, kind=self.kind, via=self.via, batch=self.batch
            )
            moved += ids
        keeping.came_or_went(self.table, moved)
        return moved

    def _allowed(self, ids: list[int]) -> list[int]:
        if self.free([]):
            return ids
        readable, deletable = self.lanes(ids, "read"), self.lanes(ids, "delete")
        return [one for one in ids if readable.get(one) and deletable.get(one)]

    def _placed(self, ids: list[int]) -> list[int]:
        """Put them there; what would stand above itself once it is back stays, which is told."""
        back = self.kind == "restore"
        fields = circles.guarded(self.table.fields) if back else []
        with db.proxy.atomic() as step:
            self._put(ids)
            closed = circles.closed(self.rights, ids, fields)
            if not closed:
                return ids
            step.rollback()
        return self._placed([one for one in ids if one not in closed])

    def _put(self, ids: list[int]) -> None:
        model: Any = self.scope.model
        now = clock.now().isoformat(sep=" ")
        changed = {"rev": model.rev + 1, "updated_at": now, "updated_by": self.viewer.person_id}
        gone = now if self.kind == "delete" else None
        model.update(deleted_at=gone, **changed).where(model.id.in_(ids)).execute()
