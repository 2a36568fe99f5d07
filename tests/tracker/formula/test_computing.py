"""What formulas give, function by function, computed in Python."""

from __future__ import annotations

import pytest

from tests.tracker.formula.cases import check
from tests.tracker.formula.fields import TABLE
from tracker.errors import Refused
from tracker.formula import plan


def test_operators():
    check("""
        1 + 2 * 3 → 7
        (1 + 2) * 3 → 9
        2 - 3 - 4 → -5
        -2 * -3 → 6
        --2 → 2
        7 / 2 → 3.5
        1 / 0 → DIV
        1.5e3 → 1500
        "a" & 1 & 2.5 → "a12.5"
        1 + 2 & 3 → "33"
        1 & 2 = "12" → True
        0.1 + 0.2 → 0.1 + 0.2
        "say \\"hi\\"" → 'say "hi"'
        'it\\'s' → "it's"
        'a' & /* and */ "b" → "ab"
        "a" + "b" → "ab"
        "a" * 2 → ERR
        1 = 1.0 → True
        "a" != "A" → True
        "a" <> "b" → True
        "a" < "b" → True
        "10" < "9" → True
        2 < 10 → True
        "5" = 5 → True
        1e300 * 1e300 → ERR
        1e21 & "" → "1e+21"
        0.0000001 & "" → "1e-7"
        0.00001 & "" → "0.00001"
        123456789012345680000 & "" → "123456789012345680000"
        -0 & "" → "0"
        TRUE() & FALSE() → "10"
        true() + 1 → 2
    """)


def test_blanks():
    check("""
        BLANK() → None
        "" → None
        BLANK() + 1 → 1
        1 - BLANK() → 1
        BLANK() & "x" → "x"
        BLANK() = "" → True
        BLANK() = 0 → True
        0 = "" → True
        BLANK() = FALSE() → True
        BLANK() != "a" → True
        BLANK() < 1 → True
        BLANK() > -1 → True
        BLANK() < "a" → True
        BLANK() > TODAY() → False
        BLANK() < TODAY() → True
        BLANK() = BLANK() → True
        BLANK() >= BLANK() → True
        1 / BLANK() → DIV
        IF(BLANK(), 1, 2) → 2
        IF("", 1, 2) → 2
        IF(0, 1, 2) → 2
        IF("0", 1, 2) → 1
        IF(-1, 1, 2) → 1
        IF(TODAY(), 1, 2) → 1
        {Empty number} + 1 → 1
        {Empty text} & "x" → "x"
        {Empty date} = BLANK() → True
        LEN(BLANK()) → 0
        YEAR(BLANK()) → ERR
        DATETIME_DIFF(TODAY(), {Empty date}, "days") → ERR
        IS_BEFORE({Empty date}, TODAY()) → ERR
        {Empty date} + 7 → ERR
        {Empty date} → None
        TRIM("   ") → None
    """)


def test_logic():
    check("""
        IF(1 > 2, "x") → None
        IF(TRUE(), 1, 1 / 0) → 1
        IF(1 / 0, 1, 2) → DIV
        IF(1, 5, "") & "" → "5"
        IF(1, 5, "five") → "5"
        IF(1, TRUE(), 5) → 1
        SWITCH(2, 1, "one", 2, "two") → "two"
        SWITCH(3, 1, "one", 2, "two") → None
        SWITCH(3, 1, "one", "many") → "many"
        SWITCH("b", "a", 1, "b", 2, 3) → 2
        SWITCH(1, 1, "one", 2, 1 / 0) → "one"
        AND(1, "a", TRUE()) → True
        AND(1, 0) → False
        OR(0, BLANK(), "") → False
        OR(0, 2) → True
        OR(1, 1 / 0) → DIV
        XOR(1, 1, 1) → True
        XOR(1, 1) → False
        NOT(0) → True
        TRUE() → True
        FALSE() → False
        ERROR() → ERR
        ISERROR(1 / 0) → True
        ISERROR(1) → False
        IF(ISERROR(1 / 0), "none", 1) → "none"
    """)


def test_text_functions():
    check("""
        CONCATENATE("a", 1, BLANK(), "b") → "a1b"
        LEFT("quick brown fox", 5) → "quick"
        LEFT("abc") → "a"
        LEFT("abc", -1) → None
        RIGHT("quick brown fox", 3) → "fox"
        RIGHT("abc", 0) → None
        RIGHT("abc", 9) → "abc"
        MID("quick brown fox", 7, 5) → "brown"
        MID("abc", 0, 2) → "ab"
        MID("abc", 3, 9) → "c"
        LEN("走访记录") → 4
        LEN(12.5) → 4
        LOWER("ÄBC") → "äbc"
        UPPER("äbc") → "ÄBC"
        TRIM("  a b  ") → "a b"
        FIND("fox", "quick brown fox") → 13
        FIND("o", "quick brown fox", 10) → 14
        FIND("x", "abc") → 0
        SEARCH("x", "abc") → None
        SEARCH("b", "abc") → 2
        REPLACE("database", 2, 5, "o") → "dose"
        REPLACE("abc", 9, 1, "d") → "abcd"
        SUBSTITUTE("gold mold", "old", "et") → "get met"
        SUBSTITUTE("gold mold", "old", "et", 2) → "gold met"
        SUBSTITUTE("gold mold", "old", "et", 3) → "gold mold"
        SUBSTITUTE("abc", "", "x") → "abc"
        SUBSTITUTE("a", "a", "") → None
        REPT("ab", 3) → "ababab"
        REPT("ab", 0) → None
        T("a") → "a"
        T(1) → None
        VALUE("$10,000") → 10000
        VALUE("12.5%") → 0.125
        VALUE("-3") → -3
        VALUE("abc") → ERR
        VALUE("") → None
        VALUE(7) → 7
        ENCODE_URL_COMPONENT("chicken & waffles") → "chicken%20%26%20waffles"
        ENCODE_URL_COMPONENT("-_.~") → "-_.~"
        REGEX_MATCH("Visit 12", "[0-9]+") → True
        REGEX_MATCH("Visit", "[0-9]") → False
        REGEX_EXTRACT("Visit 12", "[0-9]+") → "12"
        REGEX_EXTRACT("Visit 12", "(\\\\w+) \\\\d+") → "Visit"
        REGEX_EXTRACT("Visit", "[0-9]+") → ERR
        REGEX_REPLACE("2026-11-22", "-", "/") → "2026/11/22"
        REGEX_REPLACE("ab", "(a)(b)", "$2$1$$") → "ba$"
        REGEX_REPLACE("abc", "x*", "-") → "-a-b-c-"
        REGEX_MATCH("a1", "\\d") → True
        REGEX_MATCH("a", "(") → ERR
        UPPER("straße") → "STRAßE"
        REGEX_MATCH("走访", "^\\\\p{Han}+$") → True
    """)


def test_number_functions():
    check("""
        ABS(-5.5) → 5.5
        SUM(1, "a", BLANK(), 2.5, TRUE()) → 4.5
        AVERAGE(1, 2, BLANK(), 6) → 3
        AVERAGE("a") → DIV
        MAX(1, 7, 3) → 7
        MIN(-1, BLANK(), 3) → -1
        COUNT(1, "a", BLANK()) → 1
        COUNTA(1, "a", BLANK(), "") → 2
        COUNTALL(1, "a", BLANK()) → 3
        ROUND(2.5, 0) → 3
        ROUND(-2.5, 0) → -2
        ROUND(2.675, 2) → 2.68
        ROUND(1.005, 2) → 1.01
        ROUND(1234, -2) → 1200
        ROUND(1.5) → 2
        ROUND(5, 400) → 5
        ROUND(1e300, 5) → int(1e300)
        ROUNDUP(1.1, 0) → 2
        ROUNDUP(-1.1, 0) → -2
        ROUNDUP(1.111, 2) → 1.12
        ROUNDDOWN(1.9, 0) → 1
        ROUNDDOWN(-1.9, 0) → -1
        CEILING(1.01) → 2
        CEILING(1.01, 0.1) → 1.1
        CEILING(-1.9) → -1
        CEILING(5, 0) → 0
        FLOOR(1.99, 0.1) → 1.9
        FLOOR(-1.1) → -2
        FLOOR(7, 3) → 6
        INT(1.9) → 1
        INT(-1.1) → -2
        EVEN(1.5) → 2
        EVEN(-1.5) → 0
        EVEN(-3) → -2
        ODD(1.5) → 3
        ODD(-1.5) → -3
        ODD(2) → 3
        ODD(0) → 1
        MOD(7, 3) → 1
        MOD(-7, 3) → 2
        MOD(7, -3) → -2
        MOD(5.5, 2) → 1.5
        MOD(1, 0) → DIV
        POWER(2, 10) → 1024
        POWER(2, -1) → 0.5
        POWER(0, -1) → DIV
        POWER(-8, 0.5) → ERR
        POWER(10, 400) → ERR
        EXP(0) → 1
        EXP(1000) → ERR
        SQRT(16) → 4
        SQRT(-1) → ERR
        LOG(1000) → 3
        LOG(1024, 2) → 10
        LOG(0) → ERR
        LOG(9, 3) → 2
    """)


def test_fields_and_lists():
    check("""
        {Amount} * 2 → 24.68
        Amount → 12.34
        {金额} → 5
        {Whole} & "" → "42"
        {Name} & "!" → "Ada!"
        {Done} → True
        IF({Done}, "yes", "no") → "yes"
        {Stage} = "Won" → True
        {Stage} & "" → "Won"
        {Day} → date(2026, 11, 22)
        {Moment} → datetime(2026, 11, 22, 1, 30)
        HOUR({Moment}) → 9
        DATETIME_DIFF({Moment}, {Day}, "minutes") → 570
        {Tags} → ["red", "blue", "red"]
        {Tags} & "" → "red, blue, red"
        ARRAYJOIN({Tags}, "; ") → "red; blue; red"
        ARRAYJOIN({Tags}) → "red, blue, red"
        ARRAYUNIQUE({Tags}) → ["red", "blue"]
        ARRAYCOMPACT({Tags}) → ["red", "blue", "red"]
        ARRAYFLATTEN({Tags}, "x") → ["red", "blue", "red", "x"]
        ARRAYSLICE({Tags}, 2, 3) → ["blue", "red"]
        ARRAYSLICE({Tags}, -2) → ["blue", "red"]
        ARRAYSLICE({Tags}, 9) → None
        COUNTA({Tags}) → 3
        FIND("blue", {Tags}) → 6
        IF({Tags}, 1, 0) → 1
        {Share} → 0.125
        FIND("Shanghai", {Place}) > 0 → True
        {Code} & "" → "12-34"
        ARRAYJOIN({Photos}) → "a.jpg"
        IF({Photos}, 1, 0) → 1
        {Time taken} / 60 → 90
        RECORD_ID() → "7"
        CREATED_TIME() → datetime(2026, 1, 2, 3, 4, 5)
        LAST_MODIFIED_TIME({Name}) → datetime(2026, 2, 3, 4, 5, 6)
    """)


def refusal(source: str) -> str:
    with pytest.raises(Refused) as refused:
        plan(source, TABLE)
    return refused.value.to("en")


UNREADABLE = [  # source, line, character, sentence
    ("", 1, 1, "Write a formula."),
    ("1 +", 1, 4, "The formula ends too early: a value is missing."),
    ("1 +\n * 2", 2, 2, "A value is missing before “*”."),
    ("(1", 1, 1, "This bracket is not closed."),
    ("1)", 1, 2, "This bracket closes nothing."),
    ("LEFT(1 2)", 1, 8, "Put an operator such as & or + before “2”."),
    ("1, 2", 1, 2, "A comma stands only between the arguments of a function."),
    ('"abc', 1, 1, "A text that begins with a quotation mark here does not end."),
    ("{abc", 1, 1, "A field name that begins with a curly bracket here does not end."),
    ("1 /* x", 1, 3, "A comment that begins here does not end."),
    ("“a”", 1, 1, "Write straight quotation marks around a text."),
    ("LEFT（1）", 1, 5, "“（” is a full-width sign; type it half-width."),
    ("1 § 2", 1, 3, "“§” has no meaning here."),
    ("{}", 1, 1, "Write the name of a field between the curly brackets."),
    ("{Nobody}", 1, 1, "There is no field called “Nobody”."),
    ("{NAME}", 1, 1, "There is no field called “NAME”; there is “Name”."),
    ("{fld:999}", 1, 1, "The field that stood here was deleted."),
    ("1 + true", 1, 5, "Write TRUE() with brackets."),
    ("SUMM(1)", 1, 1, "There is no function SUMM; there is SUM."),
    ("QQQQ(1)", 1, 1, "There is no function QQQQ."),
    ("LEFT()", 1, 1, "LEFT is written LEFT(text, [count])."),
    ("NOW(1)", 1, 1, "NOW is written NOW()."),
    ("1e999", 1, 1, "This number is too large."),
    ("(" * 10_000, 1, 101, "Brackets and functions stand at most 100 deep inside each other."),
    ("NOT(" * 2_000, 1, 404, "Brackets and functions stand at most 100 deep inside each other."),
    ("SUM(" + "1," * 300 + "1)", 1, 4, "A function takes at most 200 arguments."),
]


def test_what_cannot_be_read_is_a_sentence_with_its_place():
    for source, line, character, sentence in UNREADABLE:
        assert refusal(source) == f"Line {line}, character {character}: {sentence}", source[:40]
    assert refusal("1 + " + "x" * 20_000) == "A formula has at most 10000 characters."
