"""A workbook of visits as a coordinator has one: 15 columns, dates, amounts, names."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random

from openpyxl import Workbook

from tests.bench.place import FIELDS, FIRST_DAY, WORDS

HEADER = [name for _kind, name, key, _options in FIELDS if key != "number"] + ["邮箱"]


def write(path: Path, rows: int) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("拜访")
    sheet.append(HEADER)
    random = Random(11)
    for number in range(rows):
        sheet.append(_row(random, number))
    book.save(path)


def _row(random: Random, number: int) -> list[str | int | float | bool | date | datetime]:
    day = FIRST_DAY + timedelta(days=random.randrange(1_000))
    words = random.choices(WORDS, k=2)
    return [
        f"{words[0]}{words[1]}",
        f"企业{random.randrange(20_000)}",
        day,
        datetime.combine(day, time(random.randrange(8, 18), 30)),
        random.choice(("上门", "电话", "线上")),
        random.choice(("IPO", "债券", "并购")),
        random.choice(("计划", "完成", "取消")),
        random.randrange(1, 20),
        random.randrange(0, 10_000_000) / 100,
        random.random() < 0.3,
        f"员工{random.randrange(300)}",
        f"营业部{random.randrange(88)}",
        f"第{number}次，谈了{words[0]}，下月再访。",
        f"138{random.randrange(10**8):08}",
        f"user{number}@example.com",
    ]
