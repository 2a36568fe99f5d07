"""``python -m tests.bench [--rows N] [--databases sqlite,postgres]``: measure, print, write down.

Each database is measured by a process of its own over data of its own, which go afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests import postgres
from tests.bench import report
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "performance.md"


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="visits to generate")
    parser.add_argument("--databases", default="sqlite,postgres")
    parser.add_argument("--sheet-rows", type=int, help="rows of the workbook (else a tenth)")
    parser.add_argument("--keep", action="store_true", help="leave docs/performance.md as it is")
    asked = parser.parse_args()
    found = {}
    for kind in asked.databases.split(","):
        with tempfile.TemporaryDirectory(prefix="rounds-bench-") as folder:
            found[kind] = measured(kind, Path(folder), asked)
        text = report.page(found, rows=asked.rows)
        if not asked.keep:  # after each: the next may be broken off
            PAGE.write_text(text, encoding="utf-8")
    print(text)


def measured(kind: str, folder: Path, asked: argparse.Namespace) -> dict[str, object]:
    """What the process for one database has found."""
    folder.chmod(0o755)
    sheet_rows = asked.sheet_rows or min(100_000, max(1_000, asked.rows // 10))
    environ = {**os.environ, "ROUNDS_DATA_DIR": str(folder / "data"), "ROUNDS_DEMO": "0"}
    if kind == "postgres":
        url = postgres.start(folder, watch=os.getpid())
        environ["ROUNDS_DATABASE_URL"] = f"{url}/postgres"
    try:
        out = folder / "figures.json"
        child = [sys.executable, "-m", "tests.bench.child", str(out)]
        child += [str(asked.rows), str(sheet_rows)]
        subprocess.run(child, cwd=ROOT, env=environ, check=True)
        return dict(json.loads(out.read_text()))
    finally:
        postgres.stop(folder)


if __name__ == "__main__":
    main()
