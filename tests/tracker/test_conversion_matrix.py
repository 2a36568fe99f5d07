"""Every type into every other: no value is lost, what does not convert is kept and told, and the
way back leads to every byte.

For each source type a table of telling values stands in a field; it becomes each other type in
turn and is taken back. The smaller round on PostgreSQL takes one target of each family.
"""

from __future__ import annotations

import shutil
from typing import Any

import pytest

from tests.conftest import opened
from tests.matrix import KINDS, SYSTEM, TELLING, Matrix, turn
from tracker import fieldtypes, retype
from tracker.errors import Refused


@pytest.fixture(scope="module")
def matrix(sqlite_template, tmp_path_factory):
    """One database for all turns: each of them leaves it as it was."""
    folder = tmp_path_factory.mktemp("matrix")
    shutil.copyfile(sqlite_template, folder / "matrix.db")
    with opened(f"sqlite:///{folder / 'matrix.db'}"):
        yield Matrix(KINDS, folder / "files")


def test_the_table_has_telling_values_of_every_type():
    assert set(TELLING) == set(KINDS)


@pytest.mark.parametrize("source", KINDS)
def test_nothing_is_lost_and_undo_restores_every_byte(matrix, source):
    for target in KINDS:
        if target != source:
            turn(matrix, source, target)


MEANT: list[
    tuple[str, str, list[Any]]
] = [  # source, target, what the first values are afterwards ("?…": kept beside the field)
    ("percent", "number", [0, 125, -30, 1000, 2500]),
    ("percent", "text", ["0.00%", "12.50%", "-3.00%", "100.00%", "250.00%"]),
    ("percent", "progress", [0, 13, "?-3.00%", 100, "?250.00%"]),
    ("progress", "percent", [0, 4500, 10000]),
    ("number", "percent", [0, -70000, 30000, "?1234567890123456.000", 1250]),
    ("number", "rating", ["?0.000", "?-7.000", 3, "?1234567890123456.000", "?0.125"]),
    ("rating", "number", [1000, 5000]),
    ("rating", "text", ["1", "5"]),
    ("duration", "number", [0, 5_400_000, 5_415_000, -2_700_000, 360_000_000]),
    ("duration", "text", ["0:00", "1:30", "1:30:15", "-0:45", "100:00"]),
    ("duration", "date", ["?0:00", "?1:30", "?1:30:15", "?-0:45", "?100:00"]),
    ("number", "duration", [0, -7, 3, 1234567890123456, 0]),
    ("text", "rating", ["?12", "?-3.50", "?1e3", "?12.5%", "?50", 4]),
    ("location", "text", ["31.2304,121.4737 人民广场", "-33.86,151.21"]),
    ("attachment", "text", ["0.png", "0.png, 1.png"]),
    ("barcode", "phone", ["6901234567892", "?A-1", "?12"]),
    ("checkbox", "progress", [100, 0]),
]


def test_conversions_mean_what_people_mean(matrix):
    for source, target, wanted in MEANT:
        _report, after = turn(matrix, source, target)
        got = [value if stray is None else f"?{stray}" for value, stray in after.values()]
        assert got[: len(wanted)] == wanted, (source, target, got)


def test_computed_types_are_refused(matrix):
    for kind in fieldtypes.registry:
        if not kind.written:
            with pytest.raises(Refused):
                retype.plan(SYSTEM, matrix.field("text"), kind.key)
