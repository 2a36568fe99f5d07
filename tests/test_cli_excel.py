"""Excel and back, and linked files, on the command line: dry unless told, JSON, sentences."""

from __future__ import annotations

import zipfile

import openpyxl

from tests.test_cli import VISITS, Terminal, terminal  # noqa: F401 - a fixture

PEOPLE = "id,name\np1,王芳\np2,李娜\np3,陈\n"
TRIPS = "no,person_id\n1,p1\n2,p1\n3,P 2\n4,p3\n5,p3\n6,p2\n"


def test_templates_out_and_back(terminal: Terminal):  # noqa: F811 - the fixture
    terminal("import", "走访/拜访", terminal.file("visits.csv", VISITS), "--create")
    path = terminal.folder / "out.xlsx"
    assert terminal("template", "走访/拜访", path, "--due", "Friday")["templates"] == 1
    book = openpyxl.load_workbook(path)
    sheet = book.worksheets[0]
    sheet["B3"] = "改了"
    sheet["D4"] = "哪天"
    sheet["B6"] = "新的"
    book.save(path)
    mend = terminal.folder / "mend.xlsx"
    told = terminal("handin", "走访/拜访", path, "--rejected", mend)
    counts = {key: told["files"][0][key] for key in ("changed", "new", "rejected", "same")}
    assert counts == {"changed": 1, "new": 1, "rejected": 1, "same": 1} and told["taken"] is None
    assert openpyxl.load_workbook(mend).worksheets[0]["B3"].value.startswith("日期")
    said = terminal.run("handin", "走访/拜访", path).stdout
    assert "一 → 改了" in said and "Nothing was written" in said
    assert terminal("query", "走访/拜访", "--count") == {"count": 3}
    taken = terminal("handin", "走访/拜访", path, "--take", "--mine", "--settle")["taken"]
    assert (taken["changed"], taken["new"], taken["rejected"]) == (1, 1, [])
    assert terminal("query", "走访/拜访", "--count") == {"count": 4}
    assert "--by" in terminal.fails("template", "走访/拜访", terminal.folder / "all.zip")
    wrong = ("template", "走访/拜访", path)
    assert "no field" in terminal.fails(*wrong, "--by", "标题", "--for", "x")
    assert "no view" in terminal.fails(*wrong, "--view", "x")
    assert "no table" in terminal.fails("handin", "x/y", path)


def test_one_for_each(terminal: Terminal):  # noqa: F811 - the fixture
    terminal("base", "install", "coordination")
    terminal(
        *("user", "add", "li@example.com", "--name", "李", "--department", "总部/华东/上海"),
        "--password-stdin",
        input="a good long password\n",
    )
    path = terminal.folder / "all.zip"
    found = ("template", "coordination/companies", path, "--by", "branch", "--level", "3")
    assert terminal(*found)["templates"] == 1
    with zipfile.ZipFile(path) as packed:
        assert packed.namelist() == ["上海.xlsx"]
    one = terminal.folder / "one.xlsx"
    whose = ("--by", "branch", "--for", "上海")
    assert terminal("template", "coordination/companies", one, *whose)["templates"] == 1
    told = terminal("handin", "coordination/companies", one)
    assert told["files"][0]["for"] == "上海"


def test_linked_files(terminal: Terminal):  # noqa: F811 - the fixture
    files = (terminal.file("people.csv", PEOPLE), terminal.file("trips.csv", TRIPS))
    terminal("import", "走访/拜访", terminal.file("visits.csv", VISITS), "--create")
    told = terminal("relate", "走访", *files, "--settle")
    (link,) = told["links"]
    assert (link["column"], link["key"], link["sure"]) == ("person_id", "id", {"P 2": "p2"})
    assert (
        "made" not in told and "Nothing was made" in terminal.run("relate", "走访", *files).stdout
    )
    told = terminal("relate", "走访", *files, "--settle", "--take")
    assert [one["created"] for one in told["made"]] == [3, 6] and told["lost"] == []
    assert terminal("query", "走访/trips", "--count") == {"count": 6}
    assert "already a table" in terminal.fails("relate", "走访", *files, "--take")
    assert "at least two" in terminal.fails("relate", "走访", files[0])
    assert "no base" in terminal.fails("relate", "nowhere", *files)
