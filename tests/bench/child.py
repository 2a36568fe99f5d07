"""One database, measured from an empty one to the last figure; ``child OUT ROWS SHEET_ROWS``."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
import urllib.request
from dataclasses import asdict
from pathlib import Path
from typing import Any

import app as application
from tests.bench import place, programs, sheets
from tests.bench.measure import Meter
from tests.bench.operations import Operation, Operations
from tracker import db, settings


def main(out: Path, rows: int, sheet_rows: int) -> None:
    loaded = settings.load()
    app = application.create_app(loaded)
    found: dict[str, Any] = {}
    with db.connection():
        began = time.perf_counter()
        made = place.make(rows)
        found["loading"] = time.perf_counter() - began
        said("the visits", found["loading"])
        found["indexing"] = place.index()
        said("their index for search", found["indexing"])
        settle()
        meter, operations = Meter(), Operations(app, made)
        found["operations"] = [measured(one, meter) for one in operations]
        found["computing"] = operations.computed
        found["megabytes"] = size()
    found["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    db.proxy.close_all() if hasattr(db.proxy.obj, "close_all") else db.proxy.close()
    found["programs"] = whole_programs(loaded.data_dir, made, sheet_rows)
    out.write_text(json.dumps(found))


def measured(one: Operation, meter: Meter) -> dict[str, Any]:
    """Its figures, told as they come: a long run that is broken off has said something."""
    ours = meter.measure(one.ours)
    bare = meter.measure(one.bare) if one.bare else None
    beside = f" · bare {bare.wall:.2f}/{bare.cpu:.2f}" if bare else ""
    print(f"  {one.name}: {ours.wall:.2f}/{ours.cpu:.2f} ms{beside}", file=sys.stderr, flush=True)
    return {
        "name": one.name,
        "goal": one.goal,
        "ours": asdict(ours),
        "bare": asdict(bare) if bare else None,
    }


def said(what: str, seconds: float) -> None:
    print(f"  {what}: {seconds:.0f} s", file=sys.stderr, flush=True)


def settle() -> None:
    """What the worker does at night: statistics for the planner."""
    if db.is_sqlite():
        db.execute("ANALYZE")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    else:
        db.execute("VACUUM ANALYZE")


def size() -> float:
    if db.is_sqlite():
        pages, page = (db.query(f"PRAGMA {one}")[0][0] for one in ("page_count", "page_size"))
        return float(pages * page / programs.MEGA)
    return float(db.query("SELECT pg_database_size(current_database())")[0][0] / programs.MEGA)


def whole_programs(folder: Path, made: place.Place, sheet_rows: int) -> list[dict[str, Any]]:
    """Import and export of a workbook, start of the server, the server at rest."""
    book = folder / "visits.xlsx"
    sheets.write(book, sheet_rows)
    environ: dict[str, str] = {}
    taken = programs.run(environ, "import", "bench/新表", str(book), "--create")
    given = programs.run(environ, "export", "bench/新表", str(folder / "out.xlsx"))

    def visit(address: str) -> None:
        request = urllib.request.Request(f"{address}/v/{made.grid}")
        request.add_header("Cookie", f"rounds={made.cookies['clerk1']}")
        with urllib.request.urlopen(request, timeout=120) as answer:
            answer.read()

    first, memory = programs.serve({**environ, "ROUNDS_WORKER": "1"}, visit)
    wall = "{:.1f} s".format
    return [
        {
            "name": f"import {sheet_rows:,} rows × 15 from xlsx",
            "goal": "≤ 30 s, ≤ 400 MB per 100,000",
            "found": f"{wall(taken.wall)}, {taken.memory:.0f} MB, {wall(taken.cpu)} CPU",
        },
        {
            "name": f"export {sheet_rows:,} rows × 15 to xlsx",
            "goal": "≤ 25 s per 100,000, memory flat",
            "found": f"{wall(given.wall)}, {given.memory:.0f} MB, {wall(given.cpu)} CPU",
        },
        {"name": "from `rounds serve` to the first page", "goal": "≤ 3 s", "found": wall(first)},
        {
            "name": "server at rest, the base open in a grid",
            "goal": "≤ 150 MB",
            "found": f"{memory:.0f} MB",
        },
    ]


if __name__ == "__main__":
    os.environ.setdefault("ROUNDS_LANG", "en")
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
