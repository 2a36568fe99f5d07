"""The benchmarks run to their end on a small place; no figure is judged here."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from tests.bench import report
from tests.conftest import ROOT


def test_every_operation_is_measured_beside_its_bare_sql(tmp_path):
    out = tmp_path / "figures.json"
    environ = {**os.environ, "ROUNDS_DATA_DIR": str(tmp_path / "data"), "ROUNDS_DEMO": "0"}
    child = [sys.executable, "-m", "tests.bench.child", str(out), "300", "50"]
    subprocess.run(child, cwd=ROOT, env=environ, check=True, capture_output=True, timeout=300)
    found = json.loads(out.read_text())
    text = report.page({"sqlite": found}, rows=300)
    assert all(one["ours"]["wall"] > 0 for one in found["operations"])
    assert sum(one["bare"] is not None for one in found["operations"]) >= 6
    assert all(one["name"] in text for one in (*found["operations"], *found["programs"]))
