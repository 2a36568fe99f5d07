"""Formulas that would eat time or memory end as a sentence or an error value, and soon."""

from __future__ import annotations

import resource
import time
from typing import Any

from tests.tracker.formula.fields import TABLE, VALUES
from tracker.errors import Refused
from tracker.formula import FormulaError, plan

SECONDS = 0.2  # of processor time
DOUBLING = "SUBSTITUTE(" * 40 + '"a"' + ', "a", "aa")' * 40
BOMBS = [
    'REPT("a", 1e9)',
    'REPT(REPT(REPT("abc", 1e3), 1e3), 1e3)',
    "REPT(" * 60 + '"ab"' + ", 9)" * 60,
    DOUBLING,
    "&".join(['REPT("a", 90000)'] * 100),
    "LEN(" + ")&LEN(".join(['REPT("走", 99999)'] * 150) + ")",
    'REGEX_MATCH(REPT("a", 99999), "(a|aa)+$")',
    'REGEX_REPLACE(REPT("a", 99999), "a", "bbbbbbbbbb")',
    'REGEX_REPLACE(REPT("a", 9999), "", REPT("b", 99))',
    'REGEX_MATCH("a", "' + "(a{1,30}){1,30}" * 60 + '")',
    'REGEX_MATCH("a", "((a{1,100}){1,100}){1,100}")',
    'REGEX_MATCH("a", REPT("(", 1000))',
    'REGEX_EXTRACT(REPT("a", 50000), "(.*)(.*)(.*)(.*)(.*)[0-9]")',
    "POWER(" * 50 + "9" + ", 9)" * 50,
    "9" * 300 + "*" + "9" * 300,
    "POWER(10, 308) * 100",
    'WORKDAY("2026-01-01", 1e300)',
    'WORKDAY("2026-01-01", 20000)',
    'WORKDAY("2026-01-01", 5, REPT("2026-01-02,", 9000))',
    'DATEADD("2026-01-01", 1e300, "years")',
    'DATEADD("2026-01-01", -1e300, "days")',
    'DATEADD("2026-01-01", 1e300, "seconds")',
    'DATETIME_FORMAT("2026-01-01", REPT("LLLL", 20000))',
    'DATETIME_PARSE(REPT("1", 90000), REPT("D", 90000))',
    'DATETIME_PARSE("' + " " * 190 + '", "' + "D " * 90 + '")',
    'VALUE(REPT("9", 99999))',
    'VALUE("1e999")',
    'ENCODE_URL_COMPONENT(REPT("走", 99999))',
    'ROUND(1e308, -1e300)',
    "CEILING(1e308, 1e-300)",
    "EVEN(1e308) * 2",
    "MOD(1e308, 1e-300)",
    "1" + "+1" * 4_900,
    "(" * 99 + "1" + ")" * 99,
    "IF(1," * 99 + "1" + ")" * 99,
    "-" * 9_900 + "1",
    "UPPER(" * 80 + 'REPT("ä", 90000)' + ")" * 80,
    "ARRAYUNIQUE(" + ",".join(["{Tags}"] * 199) + ")",
]  # fmt: skip
REFUSED = [
    "(" * 10_000 + "1" + ")" * 10_000,
    "IF(1," * 10_000 + "1" + ")" * 10_000,
    "x" * 1_000_000,
    '"' + "a" * 1_000_000,
    "{" * 10_000,
    "1e99999999",
    "SUM(" + "1," * 5_000 + "1)",
]


def timed(source: str) -> tuple[Any, float]:
    before = time.process_time()
    try:
        found: Any = plan(source, TABLE).value(
            lambda field: VALUES.get(field if isinstance(field, str) else field.key)
        )
    except Refused as refusal:
        found = refusal
    return found, time.process_time() - before


def is_slow(source: str) -> bool:
    """A busy machine or a collection of garbage may hold up one try, not three."""
    return all(timed(source)[1] > SECONDS for _try in range(3))


def test_bombs_end_soon_and_small():
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert [source[:60] for source in BOMBS if is_slow(source)] == []
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 200 * 1024


def test_what_explodes_is_an_error_value():
    for source in (*BOMBS[:5], DOUBLING, "POWER(10, 308) * 100"):
        assert isinstance(timed(source)[0], FormulaError), source[:60]


def test_what_is_too_large_to_read_is_a_sentence():
    for source in REFUSED:
        assert isinstance(timed(source)[0], Refused), source[:60]
        assert not is_slow(source), source[:60]
