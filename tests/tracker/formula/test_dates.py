"""What formulas of days and moments give, computed in Python."""

from __future__ import annotations

from tests.tracker.formula.cases import check


def test_days():  # long: a table of cases
    check("""
        TODAY() → date(2026, 11, 22)
        NOW() → datetime(2026, 11, 22, 1, 30)
        HOUR(NOW()) → 9
        MINUTE(NOW()) → 30
        SECOND("2026-11-22 09:30:15") → 15
        YEAR("2026-11-22") → 2026
        MONTH("11/22/2026") → 11
        DAY("2026年11月22日") → 22
        WEEKDAY("2026-11-22") → 0
        WEEKDAY("2026-11-22", "Monday") → 6
        WEEKDAY("2026-11-22", "Tuesday") → ERR
        WEEKNUM("2026-01-01") → 1
        WEEKNUM("2026-01-04") → 2
        WEEKNUM("2026-01-04", "Monday") → 1
        WEEKNUM("2023-12-31") → 1
        DATEADD("2026-01-31", 1, "months") → date(2026, 2, 28)
        DATEADD(TODAY(), 1, "day") → date(2026, 11, 23)
        DATEADD(TODAY(), -1, "M") → date(2026, 10, 22)
        DATEADD(TODAY(), 2, "quarters") → date(2027, 5, 22)
        DATEADD(TODAY(), 1, "hours") → datetime(2026, 11, 21, 17)
        DATEADD(NOW(), 90, "m") → datetime(2026, 11, 22, 3)
        DATEADD(NOW(), 1e9, "years") → ERR
        DATEADD(NOW(), 1, "lunches") → ERR
        TODAY() + 1 → date(2026, 11, 23)
        TODAY() - 1 → date(2026, 11, 21)
        TODAY() - DATEADD(TODAY(), -7, "days") → 7
        DATETIME_DIFF("2026-11-22", "2026-11-01", "days") → 21
        DATETIME_DIFF("2026-11-01", "2026-11-22", "days") → -21
        DATETIME_DIFF("2026-11-22 10:00", "2026-11-21 11:00", "days") → 0
        DATETIME_DIFF("2026-11-21 11:00", "2026-11-22 10:00", "hours") → -23
        DATETIME_DIFF("2026-11-22 10:00", "2026-11-22 09:59:30") → 30
        DATETIME_DIFF("2026-11-22 10:00", "2026-11-22 09:59:30", "ms") → 30000
        DATETIME_DIFF("2026-11-22", "2026-11-01", "w") → 3
        DATETIME_DIFF("2026-02-28", "2026-01-31", "M") → 1
        DATETIME_DIFF("2026-02-27", "2026-01-31", "months") → 0
        DATETIME_DIFF("2026-11-22", "2020-11-23", "years") → 5
        DATETIME_DIFF("2020-11-23", "2026-11-22", "years") → -5
        DATETIME_DIFF("2026-11-22", "2026-01-01", "Q") → 3
        IS_BEFORE("2026-01-01", TODAY()) → True
        IS_AFTER(NOW(), TODAY()) → True
        IS_SAME(TODAY(), "2026-11-22") → True
        IS_SAME(TODAY(), "2026-11-01", "month") → True
        IS_SAME("2026-11-22", "2026-11-21", "week") → False
        IS_SAME(NOW(), TODAY(), "day") → True
        DATESTR(NOW()) → "2026-11-22"
        TIMESTR(NOW()) → "09:30:00"
        TODAY() & "" → "2026-11-22"
        NOW() & "" → "2026-11-22T01:30:00.000Z"
        FROMNOW(DATEADD(NOW(), 3, "days")) → "3 days"
        TONOW(DATEADD(NOW(), -1, "months")) → "a month"
        FROMNOW(NOW()) → "a few seconds"
        FROMNOW(SET_LOCALE(DATEADD(NOW(), 2, "hours"), "zh-cn")) → "2 小时"
        WORKDAY("2026-11-20", 1) → date(2026, 11, 23)
        WORKDAY("2026-11-20", 1, "2026-11-23, 2026-11-24") → date(2026, 11, 25)
        WORKDAY("2026-11-23", -1) → date(2026, 11, 20)
        WORKDAY("2026-11-20", 1e9) → ERR
        WORKDAY_DIFF("10/16/2023", "11/03/2023", "2023-10-16") → 14
        WORKDAY_DIFF("2026-11-20", "2026-11-16") → -5
        WORKDAY_DIFF("2026-11-21", "2026-11-22") → 0
        TODAY() = "2026-11-22" → True
        NOW() > TODAY() → True
    """)


def test_writing_and_reading_dates():
    check("""
        DATETIME_FORMAT("2026-11-22", "M/D/YYYY") → "11/22/2026"
        DATETIME_FORMAT("2026-11-22 09:05", "YYYY-MM-DD HH:mm:ss.SSS") → "2026-11-22 09:05:00.000"
        DATETIME_FORMAT("2026-11-22 15:05", "h:mm A, hh a, H, k") → "3:05 PM, 03 pm, 15, 15"
        DATETIME_FORMAT("2026-11-22", "dddd ddd dd d do E e") → "Sunday Sun Su 0 0th 7 0"
        DATETIME_FORMAT("2026-11-03", "MMMM MMM Mo Do Q Qo DDD DDDo")
            → "November Nov 11th 3rd 4 4th 307 307th"
        DATETIME_FORMAT("2021-02-11", "w W ww WW gggg GGGG") → "7 6 07 06 2021 2021"
        DATETIME_FORMAT("2026-11-22", "[Year] YYYY YY") → "Year 2026 26"
        DATETIME_FORMAT("2026-11-22 09:05", "LT | L | LL | lll")
            → "9:05 AM | 11/22/2026 | November 22, 2026 | Nov 22, 2026 9:05 AM"
        DATETIME_FORMAT("2026-11-22 08:00", "X Z ZZ") → "1795305600 +08:00 +0800"
        DATETIME_FORMAT("2026-11-22 08:00") → "2026-11-22T08:00:00+08:00"
        DATETIME_FORMAT(SET_LOCALE("2026-11-22", "zh-cn"), "LL dddd MMMM A")
            → "2026年11月22日 星期日 十一月 凌晨"
        DATETIME_FORMAT(SET_LOCALE("2026-11-22 14:05", "zh"), "LLLL")
            → "2026年11月22日星期日下午2点05分"
        DATETIME_FORMAT(SET_TIMEZONE("2026-11-22 08:00", "Europe/Berlin"), "HH:mm Z")
            → "01:00 +01:00"
        HOUR(SET_TIMEZONE(NOW(), "UTC")) → 1
        SET_TIMEZONE(NOW(), "Mars/Base") → ERR
        SET_LOCALE(NOW(), "tlh") → ERR
        DATETIME_PARSE("22.11.2026", "DD.MM.YYYY") → datetime(2026, 11, 21, 16)
        DATETIME_PARSE("Nov 3 2026 3:05 pm", "MMM D YYYY h:mm a") → datetime(2026, 11, 3, 7, 5)
        DATETIME_PARSE("2023-12-01T12:34:56.000Z") → datetime(2023, 12, 1, 12, 34, 56)
        DATETIME_PARSE("2026-11-22 08:00 +01:00", "YYYY-MM-DD HH:mm Z") → datetime(2026, 11, 22, 7)
        DATETIME_PARSE("2026年11月3日", "LL", "zh-cn") → datetime(2026, 11, 2, 16)
        DATETIME_PARSE("31.02.2026", "DD.MM.YYYY") → ERR
        DATETIME_PARSE("nonsense", "DD.MM.YYYY") → ERR
        DATETIME_PARSE("nonsense") → ERR
    """)
