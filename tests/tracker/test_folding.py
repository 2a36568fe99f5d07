"""Names are found by pinyin as `pypinyin` reads them, phrases included."""

from __future__ import annotations

import csv

import pytest
from pypinyin import Style, lazy_pinyin

from tracker import folding

NAMES = [
    "重庆医疗",
    "长沙银行 A·B",
    "重庆医疗ABC(集团)-3号",
    "Müller 公司",
    "〇一",
    "䶮公司",
    "𠀀x",
    "行行行",
    "厦门ＡＢＣ",
    "ニホン",
    "朝阳区重庆路",
    "吕梁绿地",
    "",
]


def slowly(name: str) -> str:
    if name.isascii():
        return name.lower()

    def kept(rest: str) -> str:
        return "".join(letter for letter in rest if letter.isalnum())

    first = "".join(lazy_pinyin(name, style=Style.FIRST_LETTER, errors=kept))
    return f"{folding.fold(first)} {folding.fold(''.join(lazy_pinyin(name, errors=kept)))}"


@pytest.mark.parametrize("name", NAMES)
def test_initials_are_those_of_the_library(name):
    assert folding.initials(name) == slowly(name)


def test_initials_of_real_names(shared):
    with (shared / "data/china/cn_streets.csv").open(encoding="utf-8", newline="") as file:
        names = [row[1] for row in csv.reader(file)][1::20]
    assert len(names) > 2000
    assert [folding.initials(name) for name in names] == [slowly(name) for name in names]
