"""The search index of a table, ``s<id>``: for each record the grams of its texts, field by field.

It only narrows: whoever asks it checks each record found against what its viewer may see. Writers
keep it within their transaction; the worker makes it for older tables and after changes of type.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from typing import Any

from tracker import db, fieldtypes, folding, grams, limits, models, schema, searchmatch
from tracker.grams import Piece
from tracker.schema import Field, Table

CHUNK = 2_000
READY = "ready"
SOUND, BEGIN, EXACT = "p", "b", "e"  # what tokens of a title begin with; those of fields: `12x`
BIG = Piece("0")  # of a record with more grams than are kept: it is always worth a look
SAMPLE = 40
MERGED_PAGES = 500  # of an index in SQLite, in one transaction: some 50 ms


# ── what is in it ────────────────────────────────────────────────────────────


def texts(table: Table) -> list[Field]:
    """The fields whose words are in the index."""
    return [one for one in table.fields if in_index(one)]


def in_index(one: Field) -> bool:
    """Texts that people write, and those that are worked out and kept."""
    kind = fieldtypes.get(one)
    return kind.family == "text" and kind.stored and (kind.written or kind.computed)


def marked(one: Field) -> bool:
    """Whether the ids in a field are in the index: those that row rules ask for."""
    kind = fieldtypes.get(one)
    if kind.family not in {"one", "many"}:
        return False
    return (kind.stored and not kind.computed) or getattr(kind, "source", "") == "created_by"


def touches(table: Table, fields: Sequence[int] | set[int]) -> bool:
    """Whether a change of these fields changes what is in the index."""
    found = (table.by_id.get(one) for one in fields)
    return any(one and (in_index(one) or marked(one) or one == table.title) for one in found)


def token(one: Field) -> str:
    """What the grams of a field begin with in the index."""
    return f"{one.id}x"


def mark(one: Field, value: int) -> Piece:
    return Piece(f"{one.id}m{value}")


def exact(title: str) -> Piece:
    """Of all records with this title."""
    return Piece(EXACT + hashlib.blake2s(folding.fold(title).encode(), digest_size=4).hexdigest())


class _Reader:
    """Reads rows of a table as the words of the index."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.texts = texts(table)
        self.marks = [one for one in table.fields if marked(one)]
        self.title = table.title.id if table.title and table.title in self.texts else 0
        columns = [one.column for one in self.texts]
        columns += [getattr(fieldtypes.get(one), "source", one.column) for one in self.marks]
        self.columns = ", ".join(["id", "initials", *columns])

    def rows(self, where: str, *params: Any) -> list[tuple[int, str]]:
        """``(record id, words)`` of the rows; they are held until the transaction ends."""
        lock = "" if db.is_sqlite() else " FOR UPDATE"
        sql = f"SELECT {self.columns} FROM {self.table.sql_name} WHERE {where}{lock}"
        return [(row[0], self.words(row)) for row in db.query(sql, *params)]

    def of(self, ids: Sequence[int]) -> list[tuple[int, str]]:
        return self.rows(f"id IN ({', '.join('?' * len(ids))})", *ids) if ids else []

    def words(self, row: tuple[Any, ...]) -> str:
        """The words of a row (``id``, ``initials``, texts, marks), with blanks between them."""
        _id, initials, *cells = row
        found: list[str] = []
        named, count = "", 0
        for one, text in zip(self.texts, cells, strict=False):
            if text:
                count += _add(found, token(one), grams.grams(text))
                named = text if one.id == self.title else named
        if initials and not (named and named.isascii()):  # what is ASCII sounds as it is written
            count += _add(found, SOUND, grams.grams(initials))
        if named:
            found += [exact(named).gram, BEGIN + grams.first(named)]
        if count > limits.SEARCH_GRAMS:
            found = [BIG.gram]
        return " ".join([*found, *self._marks(cells[len(self.texts) :])])

    def _marks(self, cells: list[Any]) -> Iterator[str]:
        for one, cell in zip(self.marks, cells, strict=True):
            if cell is None:
                continue
            for value in str(cell).strip("|").split("|"):
                if value:
                    yield f"{one.id}m{value}"


def _add(found: list[str], prefix: str, kept: set[str]) -> int:
    """Put the grams of one text there, each with its prefix; one join is the quickest way."""
    if kept:
        found.append(prefix + f" {prefix}".join(kept))
    return len(kept)


# ── keeping it ───────────────────────────────────────────────────────────────


def make(table_id: int) -> None:
    """The index of a table that has no records yet."""
    _create(table_id)
    if not db.is_sqlite():
        db.execute(f"CREATE INDEX s{table_id}_words ON s{table_id} USING gin (words)")
    _put(table_id, READY)


def _create(table_id: int) -> None:
    if db.is_sqlite():
        db.execute(
            f"CREATE VIRTUAL TABLE s{table_id} USING fts5(words, content='', "
            "contentless_delete=1, detail=none, tokenize='ascii')"
        )
        # Rarer merges (of single writes one in a hundred took 50 ms with the default), and none of
        # them whole: at 1,000,000 records such a one took a second of somebody's write.
        for setting, value in (("automerge", 16), ("crisismerge", 256)):
            db.execute(f"INSERT INTO s{table_id} (s{table_id}, rank) VALUES (?, ?)", setting, value)
        return
    db.execute(
        f"CREATE TABLE s{table_id} (id BIGINT PRIMARY KEY, words TSVECTOR NOT NULL) "
        "WITH (toast_tuple_target = 256)"
    )
    # Packed, and in the row: half the size.
    db.execute(f"ALTER TABLE s{table_id} ALTER COLUMN words SET STORAGE MAIN")


def _put(table_id: int, state: str) -> None:
    models.Meta.put(f"search:{table_id}", state)


def states() -> dict[int, str]:
    """Table id → ``ready``, or the last record a rebuilding has come to; absent without index."""
    kept = schema.current().derived
    if "search" not in kept:
        kept["search"] = _states()
    found: dict[int, str] = kept["search"]
    return found


def _states() -> dict[int, str]:
    rows = db.query("SELECT key, value FROM meta WHERE key LIKE ?", "search:%")
    return {int(key.partition(":")[2]): str(value).strip('"') for key, value in rows}


def ready(table: Table) -> bool:
    return states().get(table.id) == READY


def note(table: Table, ids: Sequence[int], *, fields: Any = None, later: bool = False) -> None:
    """Take these records up as they stand now; call after writing them, in the transaction.

    ``fields`` are those that changed; None for new records. ``later``: more of the table follows,
    so where they are many the worker takes them up, once.
    """
    if table.id not in states() or (fields is not None and not touches(table, set(fields))):
        return
    if (fields is None or later) and len(ids) >= CHUNK:
        _fall_behind(table, min(ids) - 1, anew=later)
        return
    reader = _Reader(table)
    for at in range(0, len(ids), CHUNK):
        _write(table, reader.of(ids[at : at + CHUNK]), new=fields is None)


def _fall_behind(table: Table, last: int, *, anew: bool) -> None:
    """Say that the index ends at record ``last``; the worker waits until this transaction ends.

    ``anew``: an index of which most has to be written again is dropped, that is quicker. Who
    searches waits for this transaction then, so it has to be short.
    """
    state = _locked_state(table)
    if state != READY and int(state) <= last:
        return
    if anew and last < db.query(f"SELECT MAX(id) FROM {table.sql_name}")[0][0] // 2:
        renew(table.id)
        return
    _put(table.id, str(last))
    if state == READY:
        schema.changed()


def _locked_state(table: Table) -> str:
    lock = "" if db.is_sqlite() else " FOR UPDATE"
    rows = db.query(f"SELECT value FROM meta WHERE key = ?{lock}", f"search:{table.id}")
    return str(rows[0][0]).strip('"') if rows else READY


def _write(table: Table, rows: list[tuple[int, str]], *, new: bool) -> None:
    name = f"s{table.id}"
    if db.is_sqlite():
        verb = "INSERT" if new else "INSERT OR REPLACE"
        db.execute_many(f"{verb} INTO {name} (rowid, words) VALUES (?, ?)", rows)
        return
    over = "" if new else " ON CONFLICT (id) DO UPDATE SET words = excluded.words"
    db.execute_many(
        f"INSERT INTO {name} (id, words) VALUES (?, array_to_tsvector(string_to_array(?, ' ')))"
        + over,
        rows,
    )


def renew(table_id: int) -> None:
    """What is in the table changed as a whole: the worker makes the index anew.

    Until it stands, searching reads the records themselves.
    """
    db.execute(f"DROP TABLE IF EXISTS s{table_id}")
    _create(table_id)
    _put(table_id, "0")
    schema.changed()


# ── making it for what is there ──────────────────────────────────────────────


def catch_up(seconds: float = 1.0) -> int:
    """Go on making what is missing, for about so long; the number of records taken up."""
    until, done = time.monotonic() + seconds, 0
    for table in schema.current().tables.values():
        if states().get(table.id) != READY and not _at_work(table):
            _begin(table)
            while time.monotonic() < until and (count := _go_on(table)) is not None:
                done += count
    return done


def _at_work(table: Table) -> bool:
    """Whether texts of all its records are being worked out: indexed now, they would be again."""
    job = models.Recomputation
    words = [one.id for one in texts(table)]
    return job.select().where(job.field_id.in_(words)).exists()


def build(table: Table) -> None:
    """Make the index of a table anew, to the end."""
    with db.write():
        _hold(table)
        renew(table.id)
    while _go_on(table) is not None:
        pass


def _hold(table: Table) -> None:
    """Whoever writes from now on finds the index and keeps it."""
    if not db.is_sqlite():
        db.execute(f"LOCK TABLE {table.sql_name} IN SHARE ROW EXCLUSIVE MODE")


def _begin(table: Table) -> None:
    with db.write():
        _hold(table)
        if table.id not in _states():
            renew(table.id)


def _go_on(table: Table) -> int | None:
    """The next records, one transaction; None when there are none left."""
    with db.write():
        state = _locked_state(table)
        if state == READY:
            return None
        rows = _Reader(table).rows(f"id > ? ORDER BY id LIMIT {CHUNK}", int(state))
        if rows:
            _write(table, rows, new=False)
            _put(table.id, str(rows[-1][0]))
            return len(rows)
    tidy = _merge if db.is_sqlite() else _sort_words
    tidy(f"s{table.id}")
    with db.write():
        if _locked_state(table) == state:  # nobody has started again
            _put(table.id, READY)
            schema.changed()
    return None


def _merge(name: str) -> None:
    """SQLite makes one of all the parts, slice by slice, so that others can write in between."""
    pages = -MERGED_PAGES  # negative: whatever there is, not only what is due
    while True:
        with db.write():
            before = db.proxy.connection().total_changes
            db.execute(f"INSERT INTO {name} ({name}, rank) VALUES ('merge', ?)", pages)
            if db.proxy.connection().total_changes - before < 2:  # nothing was left
                return
        pages = MERGED_PAGES


def _sort_words(name: str) -> None:
    """PostgreSQL sorts the words once all are there (many times faster), while others write."""
    left = db.query(
        "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(?)", f"{name}_words"
    )
    if left == [(False,)]:  # of a try that was broken off
        db.execute(f"DROP INDEX {name}_words")
    meanwhile = "" if db.proxy.in_transaction() else "CONCURRENTLY"
    db.execute("SET maintenance_work_mem = '256MB'")
    db.execute(f"CREATE INDEX {meanwhile} IF NOT EXISTS {name}_words ON {name} USING gin (words)")
    db.execute("RESET maintenance_work_mem")
    db.execute(f"ANALYZE {name}")


# ── whether it is right ──────────────────────────────────────────────────────


def faults(table: Table) -> int:
    """How many of some records (the newest, and some spread over all) the index has wrong."""
    if not ready(table):
        return 0
    top = db.query(f"SELECT COALESCE(MAX(id), 0) FROM {table.sql_name}")[0][0]
    step = max(1, top // SAMPLE)
    ids = {*range(1, top + 1, step), *range(max(1, top - SAMPLE), top + 1)}
    index = searchmatch.index_of(table)
    wrong = 0
    for record_id, words in _Reader(table).of(sorted(ids)):
        every = grams.both(Piece(one) for one in words.split())
        if every is None:
            continue
        found = index.select(index.record).where(
            searchmatch.match(table, every), index.record == record_id
        )
        wrong += not db.proxy.execute(found).fetchall()
    return wrong
