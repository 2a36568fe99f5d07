"""Searching: the index finds what reading finds, for each viewer, whatever was written how."""

from __future__ import annotations

from functools import partial
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import world as worlds
from tracker import (
    bulk,
    grams,
    limits,
    permissions,
    records,
    retype,
    searchindex,
    searching,
    tables,
)
from tracker.computed import backlog, computing
from tracker.finding import find, parted
from tracker.folding import fold
from tracker.query import Query

SYSTEM = permissions.system()
LETTERS = "上海电气集团ab1Bé-_ %9ーの"
SOUGHT: list[str] = [
    "上海",
    "海",
    "电气",
    "shdq",
    "shanghaidian",
    "dq",
    "AB",
    "b1",
    "A-1",
    "1111",
    "%",
    "x_y",
]
SOUGHT += ["上海 续约", "续约 mo", "ng", "机密", "meeting", "没有这个词"]


@pytest.fixture
def world(database):
    return worlds.build()


@settings(max_examples=300)
@given(st.text(alphabet=LETTERS, max_size=14), st.data())
def test_any_part_of_a_text_is_found_by_its_grams(text, data):
    start = data.draw(st.integers(0, len(text)))
    part = text[start : data.draw(st.integers(start, len(text)))]
    kept = grams.grams(text)
    for piece in grams.pieces(part):
        assert piece.gram in kept or (piece.open and any(g.startswith(piece.gram) for g in kept))


def test_expressions_ask_for_nothing_when_a_part_cannot_be_asked():
    one, two = grams.Piece("a"), grams.Piece("b", open=True)
    assert grams.both([None, one]) == one and grams.both([None]) is None
    assert grams.either([one, None]) is None and grams.either([]) is None
    asked = grams.Both((one, grams.Either((one, two))))
    assert grams.fts5(asked) == '("a" AND ("a" OR "b"*))'
    assert grams.tsquery(asked) == "('a' & ('a' | 'b':*))"


def fill(world) -> None:
    east, south = world.departments["上海"].id, world.departments["华南"].id
    for title, notes, department in (
        ("上海电气", "meeting about AB1-x", east),
        ("上海电气", "续约 monday", south),
        ("拜访上海电气", "电话 13800001111", east),
        ("A-1 续约", "x_y 100%", east),
        ("b1上海", None, south),
        ("機密", "上海", east),
        ("重庆", "机密 " * 30, south),
    ):
        world.visit(title, notes=notes, department=department)


def by_reading(world, viewer, text: str) -> set[int]:
    """What the search should find, worked out from all that the viewer sees."""
    found = set()
    query = Query(viewer, world.visits)
    for record in query.page(100).records:
        values = [v for f, v in record.values.items() if world.visits.by_id[f].type != "number"]
        texts = [fold(one) for one in values if isinstance(one, str)]
        sound = searchindex.folding.initials(record.title)
        if all(
            any(fold(word) in one for one in texts) or (word.isascii() and fold(word) in sound)
            for word in text.split()
        ):
            found.add(record.id)
    return found


def test_the_index_finds_what_reading_finds_for_each_viewer(world):
    fill(world)
    assert searchindex.ready(world.visits) and searchindex.faults(world.visits) == 0
    viewers = [SYSTEM, world.viewer("owner"), world.viewer("colleague"), world.viewer("head")]
    right = {}
    for place, viewer in enumerate(viewers):
        query = Query(viewer, world.visits)
        for text in SOUGHT:
            expected = by_reading(world, viewer, text)
            assert set(query.search(text).ids()) == expected, (text, place)
            assert {hit.id for hit in find(query, text, 30).hits} == expected, (text, place)
            right[place, text] = expected
    assert right[0, "shdq"] == {1, 2, 3} and right[1, "上海 续约"] == set()
    assert len(right[0, "上海"]) > len(right[1, "上海"]) > 0
    with mock.patch.object(searchindex, "ready", lambda table: False):
        for place, viewer in enumerate(viewers):
            for text in SOUGHT:
                hits = find(Query(viewer, world.visits), text, 30).hits
                assert {hit.id for hit in hits} == right[place, text]
    with mock.patch.object(limits, "SEARCH_CANDIDATES", 1):
        assert set(Query(SYSTEM, world.visits).search("上海").ids()) == right[0, "上海"]


def test_titles_come_first_then_whole_words_then_parts_the_newest_first(world):
    wanted = [
        world.visit("电气"),
        world.visit("电气设备"),
        world.visit("上海电气"),
        world.visit("别的", notes="说到电气"),
    ]
    world.visit("无关")
    assert [hit.id for hit in find(Query(SYSTEM, world.visits), "电气", 9).hits] == wanted
    word = [
        world.visit("w", notes="cat"),
        world.visit("v", notes="a cat"),
        world.visit("u", notes="concat"),
    ]
    found = find(Query(SYSTEM, world.visits), "cat", 2)
    assert [hit.id for hit in found.hits] == [word[1], word[0]] and found.more
    for number in range(60):
        world.visit(f"x{number}", notes="电气 cat")
    best = [hit.id for hit in find(Query(SYSTEM, world.visits), "电气", 4).hits]
    assert best[:3] == wanted[:3] and best[3] > wanted[3]


def test_what_is_hidden_neither_finds_nor_ranks(world):
    east = world.departments["上海"].id
    shown = world.visit("东一", department=east, notes="夜航")
    world.visit("夜航", department=world.departments["华南"].id)
    with searchindex.db.write():
        for role in (world.roles["staff"], world.roles["head"]):
            worlds.models.FieldRight.create(
                role=role, field=world.visits.field("notes").id, level="hidden"
            )
        worlds.schema.changed()
    for name in ("owner", "head"):
        query = Query(world.viewer(name), world.visits)
        assert find(query, "夜航", 5).hits == [] and query.search("夜航").ids() == []
        assert [hit.id for hit in find(query, "东", 5).hits] == [shown]


def test_the_index_follows_every_way_of_writing(world):
    table = world.visits
    notes = table.field("notes")
    query = Query(SYSTEM, table)

    def found(text: str) -> list[int]:
        assert searchindex.faults(world.visits) == 0
        return sorted(Query(SYSTEM, world.visits).search(text).ids())

    one = world.visit("甲访", notes="续约")
    saved = records.update(SYSTEM, table, one, {"notes": "年会"}, via="t")
    assert found("续约") == [] and found("年会") == [one]
    assert saved.change_id
    records.undo(SYSTEM, saved.change_id)
    assert found("续约") == [one] and found("年会") == []
    records.delete(SYSTEM, table, one, via="t")
    assert found("续约") == []
    records.restore(SYSTEM, table, one, via="t")
    title = table.field("title").id
    made = bulk.insert_many(
        SYSTEM, table, [{title: f"批{n}", notes.id: "续约"} for n in range(3)], via="t"
    ).ids
    assert found("续约") == [one, *made]
    items = [bulk.Item(1, {notes.id: "年会"}, record_id=made[0])]
    bulk.update_many(SYSTEM, table, items, via="t")
    with mock.patch.object(searchindex, "CHUNK", 2):
        made += bulk.insert_many(SYSTEM, table, [{title: f"多{n}"} for n in range(3)], via="t").ids
        assert not searchindex.ready(world.visits) and found("duo") == sorted(made[3:])
        assert searchindex.catch_up(9) == 3 and found("duo1") == [made[4]]
    assert found("年会") == [made[0]] and found("piyi") == [] and found("pi1") == [made[1]]
    tables.delete_field(SYSTEM, notes)
    assert found("续约") == []
    records.update(SYSTEM, world.visits, one, {"title": "乙访"}, via="t")
    tables.restore_field(SYSTEM, notes.id)
    assert not searchindex.ready(world.visits) and found("续约") == [one, *made[1:3]]
    assert searchindex.catch_up(9) == 7 and searchindex.ready(world.visits)
    assert found("续约") == [one, *made[1:3]] and found("yif") == [one]
    retype.apply(SYSTEM, world.visits.field("kind"), "text")
    world.visit("丙", kind="视频会")
    searchindex.catch_up(9)
    assert found("视频") != [] and query.table.id in searchindex.states()


def test_kept_texts_and_titles_that_are_worked_out_are_found(world):
    """By the index, after whatever they follow; one that is broken does not turn it off."""
    medical = world.company("重庆医疗")
    one = world.visit("甲访", company=[medical], people=3)
    add = partial(tables.add_field, SYSTEM)
    firm = {"link": "company", "field": "name", "scope": "everyone"}
    add(world.visits, "lookup", "firm", key="firm", options=firm)
    label = {"formula": '{标题} & "·" & {firm} & "·" & IF({人数} > 4, "大团", "小组")'}
    label_id = add(world.visits, "formula", "label", key="label", options=label).id
    gone = add(world.visits, "number", "gone", key="gone")
    add(world.visits, "formula", "broken", key="broken", options={"formula": '{gone} & "x"'})
    tables.delete_field(SYSTEM, gone)
    tables.update_table(SYSTEM, world.visits, options={"title": label_id})
    searchindex.catch_up(9)

    def found(text: str) -> list[int]:
        query = Query(SYSTEM, world.visits)
        assert searchindex.ready(world.visits) and searchindex.faults(world.visits) == 0
        assert searching.needle(query.scope, [text]) is not None
        ids = sorted(query.search(text).ids())
        assert sorted(hit.id for hit in find(query, text, 99).hits) == ids
        return ids

    assert found("重庆") == found("小组") == found("jfcqylxz") == [one]
    two = world.visit("乙访", company=[medical], people=9)
    assert found("大团") == [two] and found("医疗") == [one, two]
    records.update(SYSTEM, world.visits, one, {"people": 5}, via="t")  # no word of its own
    assert found("大团") == [one, two] and found("小组") == found("jfcqylxz") == []
    records.update(SYSTEM, world.companies, medical, {"name": "成都医疗"}, via="t")
    assert found("重庆") == [] and found("成都") == found("cdyl") == [one, two]
    rows = [{"title": f"批{n}", "company": [medical]} for n in range(30)]  # by sets
    items = [{world.visits.field(key).id: row[key] for key in row} for row in rows]
    made = bulk.insert_many(SYSTEM, world.visits, items, via="t").ids
    assert found("批7·成都") == [made[7]] and found("成都") == [one, two, *made]
    records.update(SYSTEM, world.companies, medical, {"name": "西安医疗"}, via="t")
    assert found("成都") == [] and found("西安") == [one, two, *made]
    options = {"formula": '{标题} & "／" & {firm}'}
    tables.update_field(SYSTEM, world.visits.by_id[label_id], options=options)
    assert found("大团") == [] and found("批7／西安") == [made[7]]


def test_an_older_table_gets_its_index_and_a_wrong_one_is_seen(world):
    fill(world)
    table = world.visits
    with searchindex.db.write():
        searchindex.db.execute(f"DROP TABLE s{table.id}")
        searchindex.db.execute("DELETE FROM meta WHERE key = ?", f"search:{table.id}")
        worlds.schema.changed()
    world.visit("之前", notes="上海")
    expected = Query(SYSTEM, table).search("上海").ids()
    assert not searchindex.ready(table)
    searchindex.catch_up(9)
    assert searchindex.ready(table) and searchindex.faults(table) == 0
    assert Query(SYSTEM, table).search("上海").ids() == expected
    searchindex.db.execute(f"UPDATE t{table.id} SET f{table.title.id} = ? WHERE id = 1", "偷改")
    assert searchindex.faults(table) == 1
    searchindex.build(table)
    assert searchindex.faults(table) == 0


def test_records_with_too_many_grams_are_read_themselves(world):
    with mock.patch.object(limits, "SEARCH_GRAMS", 5):
        long = world.visit("长文", notes="一二三四五六七八九十")
    assert Query(SYSTEM, world.visits).search("七八").ids() == [long]
    assert find(Query(SYSTEM, world.visits), "九八", 5).hits == []


def test_what_is_found_is_shown_where_it_stands(world):
    assert parted("上海Ab海", ["海", "ab"]) == [
        ("上", False),
        ("海", True),
        ("Ab", True),
        ("海", True),
    ]
    world.visit("上海电气", notes="前" * 60 + "续约<b>" + "后" * 200)
    [hit] = find(Query(SYSTEM, world.visits), "续约", 5).hits
    assert hit.title == [("上海电气", False)] and hit.field and hit.field.key == "notes"
    assert hit.snippet[1] == ("续约", True) and hit.snippet[0][0].startswith("…前")
    [hit] = find(Query(SYSTEM, world.visits), "hdq", 5).hits
    assert hit.title == [("上", False), ("海电气", True)] and hit.snippet == []


def test_the_index_follows_a_field_that_is_worked_out_for_all_records_once(world):
    """Not chunk by chunk; until then searching reads the records, and finds the same."""
    for number in range(6):
        world.visit(f"访{number}", people=number)
    label = {"formula": '"第" & {人数} & "批"'}
    tables.add_field(SYSTEM, world.visits, "formula", "批", key="l", options=label)
    backlog.work()
    searchindex.catch_up(9)

    def found(text: str) -> int:
        return len(Query(SYSTEM, world.visits).search(text).ids())

    assert searchindex.ready(world.visits) and found("第3批") == 1
    for after in (0, 3):
        formula = f'"共" & ({{人数}} + {after}) & "批"'
        with (
            mock.patch.object(limits, "RECOMPUTED_AT_ONCE", 0),
            mock.patch.object(searchindex, "CHUNK", 2),
            mock.patch.object(computing, "CHUNK", 3),
        ):
            tables.update_field(SYSTEM, world.visits.field("l"), options={"formula": formula})
            assert backlog.step() and not searchindex.ready(world.visits)
            assert searchindex.catch_up(9) == 0  # not while more is to come
            backlog.work()
        assert found(f"共{after + 2}批") == 1
        assert searchindex.catch_up(9) == 6
        assert searchindex.ready(world.visits) and searchindex.faults(world.visits) == 0
        assert found(f"共{after + 2}批") == 1 and found("第3批") == 0
