"""Cases of formulas as a table of lines, ``formula → expected value``."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from tests.tracker.formula.fields import TABLE, VALUES
from tracker.formula import FormulaError, plan

NOW = datetime.fromisoformat("2026-11-22 01:30:00")  # 09:30 in Shanghai


def compute(source: str, values: dict[str, Any] | None = None) -> Any:
    """The value, or the code of the error; whole doubles as ints, for short tables."""
    known = {**VALUES, **(values or {})}
    planned = plan(source, TABLE)
    found = planned.value(
        lambda field: known.get(field if isinstance(field, str) else field.key),
        now=NOW,
        zone="Asia/Shanghai",
        lang="en",
    )
    if isinstance(found, FormulaError):
        return found.code
    if planned.type == "truth":
        return bool(found)
    return int(found) if isinstance(found, float) and found.is_integer() else found


def check(cases: str) -> None:
    """Lines of ``formula → expected value as Python``; all that fail are shown together."""
    wrong = []
    for line in re.sub(r"\s*\n\s*→", " →", cases).strip().splitlines():
        source, _arrow, expected = line.rpartition(" → ")
        found, wanted = compute(source.strip()), eval(expected, NAMES)
        if found != wanted or type(found) is not type(wanted):
            wrong.append(f"{source}: {found!r} instead of {wanted!r}")
    assert not wrong, "\n".join(wrong)


ERR, DIV = "#ERROR!", "#DIV/0!"
NAMES = {"ERR": ERR, "DIV": DIV, "date": date, "datetime": datetime}
