"""SQL on SQLite, SQL on PostgreSQL and Python give the same value, or the same error."""

from __future__ import annotations

from typing import Any

import peewee
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import opened
from tests.tracker.formula.fields import TABLE
from tracker import clock, db
from tracker.formula import FormulaError, Plan, plan
from tracker.formula.values import Value, number_of
from tracker.schema import Field

ZONE = "Asia/Shanghai"
NOW = clock.datetime.fromisoformat("2026-11-22 01:30:00")
RECORDS: list[dict[str, Any]] = [
    {
        "name": "Ada", "amount": 1234, "whole": 42, "done": True, "day": "2026-11-22",
        "moment": "2026-11-22 01:30:00", "stage": 1, "money": 500, "odd": "  spare  ",
        "share": 125, "time": 5400, "code": "12-34", "place": "31.2,121.5 Shanghai",
    },
    {
        "name": "走访记录 a", "amount": -1050, "whole": -7, "done": False, "day": "2024-02-29",
        "moment": "1988-07-01 16:30:59", "stage": 2, "money": -1, "odd": "a",
        "share": -3, "time": 1,
    },
    {
        "name": "quick brown fox", "amount": 267500, "whole": 9007199254740993, "day": "2026-01-31",
        "moment": "2026-01-31 23:59:59", "money": 99999999999999, "odd": "%_'\"\\ 10",
    },
    {"amount": 0, "whole": 0, "day": "1999-12-31", "odd": "12"},
    {"odd": "ÀÉß Σίσυφος İĳ ＡＢ", "name": "ŉ"},
    {"amount": 5, "whole": 1, "money": 100500, "day": "0001-01-01", "name": "É"},
    {"whole": -9223372036854775807, "day": "9999-12-31", "moment": "9999-12-30 00:00:00"},
    {},
]  # fmt: skip
STORED = [one for one in TABLE.fields if one.key not in {"tags", "photos"}]


def make_table() -> None:
    """The records in a table of the columns that user tables have."""
    from tracker import ddl, fieldtypes

    columns = ", ".join(
        f"{one.column} {ddl.sql_type(fieldtypes.get(one).column(one))}" for one in STORED
    )
    db.execute(f"CREATE TABLE formulas (id INTEGER, {columns})")
    marks = ", ".join("?" * (len(STORED) + 1))
    rows = [
        (number, *(record.get(one.key) for one in STORED)) for number, record in enumerate(RECORDS)
    ]
    db.execute_many(f"INSERT INTO formulas VALUES ({marks})", rows)


def column(field: Field | str) -> Any:
    return peewee.SQL(field if isinstance(field, str) else field.column)


def by_sql(planned: Plan) -> list[tuple[Any, str | None]] | None:
    compiled = planned.sql(column, now=NOW, zone=ZONE)
    if compiled is None:
        return None
    nodes = [compiled.value, compiled.error or peewee.SQL("NULL")]
    query = peewee.Select([peewee.Table("formulas")], nodes).order_by(peewee.SQL("id"))
    return [(value, error) for value, error in db.proxy.execute(query)]


def by_python(planned: Plan) -> list[tuple[Value, str | None]]:
    found = []
    for number, record in enumerate(RECORDS):
        value = planned.value(reader(number, record), now=NOW, zone=ZONE)
        error = value.code if isinstance(value, FormulaError) else None
        found.append((None if error else value, error))
    return found


def plain(value: Any, type_: str) -> Any:
    """Values of either database and of Python in one form."""
    if value is None:
        return None
    match type_:
        case "truth":
            return bool(value)
        case "number":
            return number_of(value, None) + 0.0  # type: ignore[arg-type]  # no text here
        case "moment":
            return str(value).replace("T", " ")[:19]
    return str(value)


def differing(sources: list[str]) -> list[str]:
    wrong = []
    for source in sources:
        planned = plan(source, TABLE)
        try:
            found = by_sql(planned)
        except peewee.PeeweeException as problem:
            wrong.append(f"{source}: {problem}")
            db.proxy.rollback()
            continue
        if found is None:
            continue
        for number, (one, other) in enumerate(zip(found, by_python(planned), strict=True)):
            pair = [(plain(value, planned.type), error) for value, error in (one, other)]
            if pair[0] != pair[1]:
                wrong.append(f"{source} on {number}: {pair[0]} by SQL, {pair[1]} by Python")
    return wrong


def filters_alike(planned: Plan) -> bool:
    """Whether the plan as a filter keeps the same records by SQL and by Python."""
    test = planned.test(column, now=NOW, zone=ZONE)
    if test is None:
        return True
    query = peewee.Select([peewee.Table("formulas")], [peewee.SQL("id")]).where(test)
    kept = sorted(row[0] for row in db.proxy.execute(query))
    return kept == [
        number
        for number, record in enumerate(RECORDS)
        if planned.holds(reader(number, record), now=NOW, zone=ZONE)
    ]


def reader(number: int, record: dict[str, Any]) -> Any:
    known = {**record, "id": number}
    return lambda field: known.get(field if isinstance(field, str) else field.key)


NUMBERS = [
    "{Amount}",
    "{Share}",
    "{Time taken}",
    "{Whole}",
    "{金额}",
    "{Empty number}",
    "0",
    "2",
    "-3",
    "0.1",
    "1000000",
]
TEXTS = [
    "{Name}",
    "{Code}",
    "{Odd \\} name}",
    "{Empty text}",
    "{Stage}",
    '"a"',
    '""',
    '"fox 走"',
    '"10"',
]
DAYS = ["{Day}", "{Empty date}", "TODAY()", '"2026-02-28"']
MOMENTS = ["{Moment}", "NOW()", '"2026-11-22 09:30"']
UNITS = ["days", "weeks", "months", "quarters", "years", "hours", "minutes", "seconds", "ms"]


def some(*templates: str, **kinds: Any) -> Any:
    """One of the templates, filled with expressions of the kinds its slots name."""
    return st.one_of(*[
        st.fixed_dictionaries({key: kinds[key] for key in kinds if f"{{{key}" in one}).map(
            one.format_map
        )
        for one in templates
    ])  # fmt: skip


def expressions() -> Any:
    number = st.sampled_from(NUMBERS)
    text = st.sampled_from(TEXTS)
    truth = st.sampled_from(["{Done}", "TRUE()", "FALSE()", "1 > 2"])
    day, moment = st.sampled_from(DAYS), st.sampled_from(MOMENTS)
    for _level in range(3):
        kinds: dict[str, Any] = {
            "n": number, "m": number, "t": text, "u": text, "b": truth, "c": truth,
            "d": day, "e": day, "w": moment, "v": moment,
            "k": st.sampled_from(["0", "1", "2", "-1", "3"]),
            "x": st.sampled_from(UNITS), "o": st.sampled_from(["=", "!=", "<", "<=", ">", ">="]),
            "f": st.sampled_from(["YYYY-MM-DD", "M/D/YY", "HH:mm:ss", "[on] DD.MM."]),
        }  # fmt: skip
        number = st.one_of(number, some(
            "({n} + {m})", "({n} - {m})", "({n} * {m})", "({n} / {m})", "-{n}", "ABS({n})",
            "SUM({n}, {m}, {t})", "AVERAGE({n}, {m})", "MAX({n}, {m})", "MIN({n}, {m}, {n})",
            "COUNT({n}, {t}, {b})", "COUNTA({n}, {t}, {d})", "COUNTALL({n}, {t})",
            "ROUND({n}, {k})", "ROUNDUP({n}, {k})", "ROUNDDOWN({n}, {k})", "CEILING({n})",
            "FLOOR({n}, 0.1)", "INT({n})", "EVEN({n})", "ODD({n})", "MOD({n}, {m})",
            "MOD({k}, {n})", "SQRT({n})", "POWER({n}, 2)", "LEN({t})", "FIND({t}, {u})",
            "SEARCH({t}, {u})", "IF({b}, {n}, {m})", "IF({b}, {n})", "IF({b}, {c}, {n})",
            "SWITCH({n}, 1, {m}, 2, {n})", "SWITCH({t}, 'a', {m}, {n})", "YEAR({d})", "MONTH({w})",
            "DAY({w})", "HOUR({w})", "SECOND({w})", "WEEKDAY({d})", "WEEKDAY({w}, 'Monday')",
            "WEEKNUM({d})", "DATETIME_DIFF({d}, {e}, '{x}')", "DATETIME_DIFF({w}, {v}, '{x}')",
            "DATETIME_DIFF({w}, {d}, 'days')", "VALUE({t})", "WORKDAY_DIFF({d}, {e})",
            **kinds))  # fmt: skip
        text = st.one_of(text, some(
            "({t} & {u})", "({n} & {t})", "({t} & {b} & {d} & {w})", "({t} + {u})",
            "CONCATENATE({t}, {n}, {u})", "LEFT({t}, {k})", "RIGHT({t}, {k})", "LEFT({t}, {n})",
            "RIGHT({t}, {n})", "MID({t}, {n}, {m})", "TRIM({t})", "UPPER({t})", "LOWER({t})",
            "REPLACE({t}, {k}, {n}, {u})", "SUBSTITUTE({t}, 'o', {u})", "REPT({t}, {k})",
            "SUBSTITUTE({t}, 'a', '')", "T({t})", "T({n})", "IF({b}, {t}, {u})", "IF({b}, {t})",
            "SWITCH({t}, {u}, {t}, 'a', 'b', {u})", "DATESTR({w})", "TIMESTR({w})",
            "DATETIME_FORMAT({w}, '{f}')", "DATETIME_FORMAT({d}, '{f}')",
            "REGEX_REPLACE({t}, '[a-f]+', '<$&>')", "REGEX_EXTRACT({t}, '[0-9]+')",
            "ENCODE_URL_COMPONENT({t})", **kinds))  # fmt: skip
        truth = st.one_of(truth, some(
            "({n} {o} {m})", "({t} {o} {u})", "({d} {o} {e})", "({w} {o} {v})", "({b} = {c})",
            "({n} = {b})", "({t} = {n})", "({d} = BLANK())", "AND({b}, {c})", "OR({b}, {n}, {t})",
            "XOR({b}, {c}, {d})", "NOT({b})", "ISERROR({n})", "ISERROR({d})", "IS_BEFORE({d}, {e})",
            "IS_AFTER({w}, {v})", "IS_SAME({d}, {e})", "IS_SAME({w}, {d}, '{x}')",
            "REGEX_MATCH({t}, '^[a-z ]+$')", **kinds))  # fmt: skip
        day = st.one_of(day, some(
            "DATEADD({d}, {n}, 'days')", "DATEADD({d}, {k}, 'weeks')",
            "DATEADD({d}, {k}, 'months')", "DATEADD({d}, {k}, 'years')",
            "IF({b}, {d}, {e})", "IF({b}, {d})", "WORKDAY({d}, {k})", **kinds))  # fmt: skip
        moment = st.one_of(moment, some(
            "DATEADD({w}, {k}, 'hours')", "DATEADD({w}, {k}, 'seconds')", "IF({b}, {w}, {v})",
            **kinds))  # fmt: skip
    return st.one_of(number, text, truth, day, moment)


def compared_sources() -> list[str]:
    """Random typed expressions, and operators on the corners of doubles by hand."""
    sources = [
        f"{one} {sign} {other}"
        for sign in ("+", "-", "*", "/", "=", "<", ">=", "&")
        for one, other in (
            ("{Amount}", "{Whole}"),
            ("{金额}", "{Empty number}"),
            ("0.1", "{Whole}"),
        )
    ]

    @settings(max_examples=350, database=None, suppress_health_check=list(HealthCheck))
    @given(expressions())
    def collect(source: str) -> None:
        sources.append(source)

    collect()
    return sources


def test_both_databases_and_python_agree(make_database):
    sources = compared_sources()
    for kind, least in (("sqlite", 0.7), ("postgres", 0.4)):
        with opened(make_database(kind)):
            make_table()
            wrong = differing(sources)
            assert not wrong, "\n".join([kind, *wrong[:20]])
            plans = [plan(source, TABLE) for source in sources]
            missed = [one.source for one in plans if not filters_alike(one)]
            assert not missed, "\n".join([kind, *missed[:20]])
            having = sum(one.sql(column, now=NOW, zone=ZONE) is not None for one in plans)
            assert having > least * len(plans), f"{kind}: {having} of {len(plans)} have SQL"


NO_SQL = [
    "{Amount}" + " * {Whole}" * 20,  # a double could overflow
    "REPT({Name}, {Whole})",  # a text could grow without end
    'SUBSTITUTE(REPT("a", 50000), "a", "aaa")',
    "{Tags}",
    "{Name} * 2",
    "REGEX_MATCH({Name}, {Empty text})",
    'IF({Done}, 1, "x")',
    "DATEADD({Day}, 1, {Name})",
]


def test_what_may_differ_has_no_sql(make_database):
    with opened(make_database("sqlite")):
        assert [one for one in NO_SQL if plan(one, TABLE).sql(column)] == []


NESTED = [
    "IF({Amount} > 1, " * 60 + "1" + ")" * 60,
    "(" * 90 + "{Amount}" + " + 1)" * 90,
    "IF(" * 40 + "{Done}" + ", {Done}, {Whole})" * 40,
    "ABS(" * 90 + "{Amount}" + ")" * 90,
    "LEFT(" * 90 + "{Name}" + ", 3)" * 90,
    "ROUND(" * 30 + "{Amount}" + " / {Whole}, 2)" * 30,
    "ISERROR(" * 90 + "1 / {Whole}" + ")" * 90,
    " & ".join(["{Whole}"] * 900),
    "SWITCH({Whole}, " + ", ".join(f"{n}, {n}" for n in range(90)) + ")",
    "DATEADD(" * 60 + "{Day}" + ", 1, 'months')" * 60,
    "MAX(" + ", ".join(["{Amount}", "{Whole}"] * 60) + ")",
]


def test_deep_and_long_formulas_agree(make_database):
    """What a database could not parse, or only slowly, is computed in Python."""
    for kind in ("sqlite", "postgres"):
        with opened(make_database(kind)):
            make_table()
            assert differing(NESTED) == [], kind
