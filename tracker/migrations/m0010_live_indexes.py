"""Indexes behind views leave out what lies in the bin; the worker makes them again."""

from __future__ import annotations

import re

from tracker import db, indexes


def apply() -> None:
    for name in indexes.existing():
        if re.fullmatch(r"x\d+(_\d+)*", name):
            db.execute(f"DROP INDEX {name}")
