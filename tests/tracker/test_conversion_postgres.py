"""The conversion matrix on PostgreSQL: types of each family into each other, and back."""

from __future__ import annotations

import pytest

from tests.matrix import Matrix, turn

SMALL = ("text", "number", "duration", "date", "single_choice", "link", "location", "attachment")


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_nothing_is_lost_and_undo_restores_every_byte(database, tmp_path):
    matrix = Matrix(SMALL, tmp_path)
    for source in SMALL:
        for target in SMALL:
            if target != source:
                turn(matrix, source, target)
