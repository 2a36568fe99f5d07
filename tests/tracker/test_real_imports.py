"""Real files end as whole tables: no row lost, counts as in the file, each inspector their own."""

from __future__ import annotations

import csv
import io
from collections import Counter

import openpyxl
import pytest

from tracker import accounts, bulk, db, models, permissions, schema, stages, tables
from tracker.crossing import ALL, Cross
from tracker.crossing import cells as crossed
from tracker.errors import Refused
from tracker.grouping import By, Measure, groups, measured
from tracker.query import Query
from tracker.transfer import exporting, importing

SYSTEM = permissions.system().speaking("en", "Asia/Shanghai")
sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def base(database):
    return tables.create_base(SYSTEM, "真实")


def made_of(base, path, **how):
    report = importing.create_from(SYSTEM, base, path, path.stem[:60], **how)
    return schema.current().table(report.table_id or 0), report


def cells(path, column):
    sheet = openpyxl.load_workbook(path, read_only=True).worksheets[0]
    found = [row[column] for row in sheet.iter_rows(min_row=2, values_only=True)]
    sheet.parent.close()
    return found


def counts(viewer, table, name):
    found = groups(Query(viewer, table), [By(table.field(name))])
    return {group.keys[0]: group.count for group in found}


def test_white_house_visits_by_day(base, shared):
    path = shared / "data/whitehouse/wh_events_2023-01.xlsx"
    table, report = made_of(base, path)
    assert (report.rows, report.created, report.warned) == (8612, 8612, 0)
    days = Counter(cell.isoformat()[:10] for cell in cells(path, 1))
    assert counts(SYSTEM, table, "APPT_START_DATE") == days
    assert sum(counts(SYSTEM, table, "LOCATION").values()) == 8612


def test_each_inspector_has_exactly_their_own_inspections(base, shared):
    path = shared / "data/inspections/minneapolis_inspections_raw.xlsx"
    table, report = made_of(base, path)
    assert (report.rows, report.created, report.warned) == (26461, 26461, 0)
    per_person = Counter(cell for cell in cells(path, 9) if cell)
    assert len(per_person) == 23 and sum(per_person.values()) == 26461 - 26
    inspector = table.field("CCO")
    options = {one["name"]: one["id"] for one in inspector.options["choices"]}
    people = {}
    with db.write():
        for number, name in enumerate(per_person):
            people[name] = accounts.add_person(f"i{number}@example.com", name=name)
            role = models.Role.create(base=base.id, key=f"i{number}", name=name)
            models.RoleMember.create(role=role, person=people[name])
            rule = {"field": inspector.id, "op": "is", "value": options[name]}
            models.TableRight.create(
                role=role, table=table.id, read=rule, fields="read", export=True
            )
        schema.changed()
    for name, count in per_person.items():
        viewer = permissions.viewer_for(people[name])
        query = Query(viewer, table)
        assert query.count() == count
        assert counts(viewer, table, "CCO") == {options[name]: count}
        if count < 700:
            target = io.BytesIO()
            assert exporting.export(query.only(["CCO"]), "csv", target).rows == count
            lines = target.getvalue().decode("utf-8-sig").splitlines()
            assert lines == ["CCO", *[name] * count]


def test_candidates_on_their_way(base, shared):
    path = shared / "data/campaign/gop-candidate-visits-2024__candidate_visits.csv"
    table, report = made_of(base, path)
    assert (report.rows, report.created, report.warned) == (1741, 1741, 0)
    first = Query(SYSTEM, table).page(1).records[0]
    assert first.title == "Donald Trump" and first[table.field("Date")] == "2023-01-19"


@sqlite
def test_a_pipeline_adds_up_and_converts_as_its_file_says(base, shared):
    path = shared / "data/crm/sales_pipeline.csv"
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    table, report = made_of(base, path)
    assert (report.rows, report.created) == (8800, 8800)
    whole = Query(SYSTEM, table)
    closed, value = table.field("close_date"), table.field("close_value")
    by_month = measured(whole, [By(closed, "month")], [Measure(), Measure("sum", value)])
    months, won = Counter[str | None](), Counter[str | None]()
    for row in rows:
        month = row["close_date"][:7] or None
        months[month] += 1
        won[month] += int(row["close_value"] or 0)
    assert {one.keys[0]: one.count for one in by_month} == months
    assert {one.keys[0]: one.numbers[1] or 0 for one in by_month} == won
    stage = table.field("deal_stage")
    names = {one["id"]: one["name"] for one in stage.options["choices"]}
    sheet = crossed(whole, Cross((By(table.field("sales_agent")),), By(stage), (Measure(),)))
    agents = {one["id"]: one["name"] for one in table.field("sales_agent").options["choices"]}
    inner = {keys: one.count for keys, one in sheet.items() if ALL not in keys}
    told = {(agents[agent], names[at]): number for (agent, at), number in inner.items()}
    assert told == Counter((row["sales_agent"], row["deal_stage"]) for row in rows)
    totals = {names[at]: one.count for (agent, at), one in sheet.items() if agent == ALL != at}
    assert totals == Counter(row["deal_stage"] for row in rows)


@sqlite
def test_a_pipeline_replayed_gives_the_conversions_of_its_file(base, shared):
    """A deal begins as a prospect, is engaged if the file has a day for it, then won or lost."""
    path = shared / "data/crm/sales_pipeline.csv"
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    table = tables.create_table(SYSTEM, base, "商机", key="deals")
    order = ["Prospecting", "Engaging", "Won", "Lost"]
    tables.add_field(SYSTEM, table, "stage", "阶段", key="stage", options={"choices": order})
    table = schema.current().table(table.id)
    stage = table.field("stage")
    at = {one["name"]: one["id"] for one in stage.options["choices"]}
    title = table.fields[0].id
    new = ({title: row["opportunity_id"], stage.id: at["Prospecting"]} for row in rows)
    ids = bulk.insert_many(SYSTEM, table, new, via="import:1").ids
    pairs = list(zip(ids, rows, strict=True))
    engaged = [(one, row) for one, row in pairs if row["engage_date"]]
    ended = [(one, row) for one, row in engaged if row["deal_stage"] in {"Won", "Lost"}]
    for moved in (
        [bulk.Item(0, {stage.id: at["Engaging"]}, record_id=one) for one, _row in engaged],
        [bulk.Item(0, {stage.id: at[row["deal_stage"]]}, record_id=one) for one, row in ended],
    ):
        bulk.update_many(SYSTEM, table, moved, via="import:2")
    counted = Counter(row["deal_stage"] for row in rows)
    assert counts(SYSTEM, table, "stage") == {at[name]: number for name, number in counted.items()}
    first, second, last = stages.funnel(Query(SYSTEM, table), stage, [at[one] for one in order[:3]])
    assert (first.entered, first.went_on, first.reached) == (8800, len(engaged), counted["Won"])
    assert (second.entered, second.went_on, second.left) == (
        *(len(engaged), counted["Won"]),
        counted["Lost"],
    )
    assert (last.entered, first.skipped, second.came_back) == (counted["Won"], 0, 0)


# file → (records made, fields, rejected rows, cells with a warning), or what the refusal says
MESSY: dict[str, tuple[int, int, int, int] | str] = {
    "calamine_date_1904.xlsx": (3, 2, 0, 0),
    "calamine_date_iso.xlsx": (6, 1, 0, 0),
    "calamine_encoded_entities.xlsx": (1, 1, 0, 0),
    "calamine_has_x000D_.xlsx": (1, 1, 0, 0),
    "calamine_issue_174.xlsx": (1, 11, 0, 0),
    "calamine_minimal_package.xlsx": (193, 36, 0, 1),
    "calamine_no-header.xlsx": (2, 2, 0, 0),
    "calamine_picture.xlsx": "There is no data in this file",
    "calamine_temperature-in-middle.xlsx": (2, 2, 0, 0),
    "cn_universities_converted.xlsx": (2919, 7, 0, 0),
    "cn_universities_gbk.csv": (2919, 7, 0, 0),
    "csvkit_bad.csv": (1, 3, 2, 0),
    "csvkit_event-notification-rpt-lastmonth.csv": (72, 71, 0, 0),
    "csvkit_mac_newlines.csv": (2, 3, 0, 0),
    "csvkit_ne_1033_data.xlsx": (1036, 14, 0, 0),
    "csvkit_null_byte.csv": (1, 3, 0, 0),
    "csvkit_test_locale.csv": (1, 3, 0, 0),
    "csvkit_test_utf16_little.csv": (2, 3, 0, 0),
    "csvkit_test_utf8_bom.csv": (2, 3, 0, 0),
    "frictionless_defective-rows.csv": (0, 3, 2, 0),
    "frictionless_duplicate-headers.csv": (2, 5, 0, 0),
    "frictionless_issue-1066-largecellsize.csv": (19, 2, 0, 0),
    "frictionless_issue-811.csv": (7904, 26, 0, 0),
    "frictionless_multiline-headers.xlsx": (1, 4, 0, 0),
    "frictionless_table-with-accents.csv": (638, 8, 0, 0),
    "frictionless_wide.csv": "This table has 9074 columns; at most 500",
    "poi_54084_-_Greek_-_beyond_BMP.xlsx": (1, 1, 0, 0),
    "poi_57893-many-merges.xlsx": "There is no data in this file",
    "poi_SampleSS.strict.xlsx": (1, 2, 0, 0),
    "poi_SimpleMacro.xlsm": (1, 1, 0, 0),
    "poi_crash-274d6342e4842d61be0fb48eaadad6208ae767ae.xlsx": "This workbook is damaged",
    "poi_poc-shared-strings.xlsx": "A cell holds more than 1,000,000 characters",
    "poi_poc-xmlbomb.xlsx": "This workbook contains XML entities",
    "poi_protected_passtika.xlsx": "This workbook is protected with a password",
    "poi_sharedhyperlink.xlsx": (4, 1, 0, 0),
    "poi_xlsx-corrupted.xlsx": (2, 4, 0, 0),
    "poi_xxe_in_schema.xlsx": (1, 3, 0, 0),
    "readxl_big-texty-numbers-xlsx.xlsx": (6, 3, 0, 0),
    "readxl_dates-leap-year-1900-xlsx.xlsx": (7, 3, 0, 2),
    "readxl_deaths.xlsx": (10, 6, 0, 0),
    "readxl_names-need-repair-xlsx.xlsx": (2, 4, 0, 0),
    "readxl_skipping.xlsx": (2, 2, 0, 0),
    "readxl_style-only-cells.xlsx": (3, 4, 0, 0),
    "readxl_texty-dates-xlsx.xlsx": (2, 1, 0, 0),
    "readxl_type-me.xlsx": (10, 2, 0, 0),
    "readxl_whitespace-xlsx.xlsx": (5, 1, 0, 0),
    "roo_hidden_sheets.xlsx": (1, 1, 0, 0),
    "roo_implicit_coordinates.xlsx": (2, 3, 0, 0),
    "roo_number_with_zero_prefix.xlsx": (50, 20, 0, 0),
    "roo_type_excel.xlsx": (10, 6, 0, 0),
    "sheetjs_1904.xlsx": (5, 4, 0, 0),
    "sheetjs_Attendance.xlsx": (23, 9, 0, 0),
    "sheetjs_ErrorTypes.xlsx": (13, 10, 0, 20),
    "sheetjs_formula_stress_test.xlsx": (40, 15, 0, 2),
    "sheetjs_phonetic_text.xlsx": (1, 1, 0, 0),
}


@sqlite
def test_every_messy_file_is_imported_or_refused_in_words(base, shared):
    files = {path.name: path for path in (shared / "messy").iterdir()}
    assert {name for name in files if not name.startswith(("MANIFEST", "manifest"))} == set(MESSY)
    for name, wanted in MESSY.items():
        before = len(schema.current().tables)
        if isinstance(wanted, str):
            with pytest.raises(Refused) as refused:
                made_of(base, files[name])
            assert str(refused.value).startswith(wanted), name
            assert len(schema.current().tables) == before
            continue
        table, report = made_of(base, files[name])
        found = (report.created, len(table.fields), len(report.rejected), report.warned)
        assert found == wanted, (name, report.warnings[:3])
        assert Query(SYSTEM, table).count() == report.created
        assert report.rows == report.created + len(report.rejected)


@sqlite
def test_a_sheet_that_is_chosen(base, shared):
    path = shared / "messy/poi_SampleSS.strict.xlsx"
    _table, report = made_of(base, path, sheet="Sheet Number 2")
    assert report.created == 1
    _table, report = made_of(base, path, sheet="Sheet Number 2", header_row=0)
    assert report.created == 5
    with pytest.raises(Refused) as refused:
        made_of(base, path, sheet="没有")
    assert "There is no sheet called 没有." in str(refused.value)


@sqlite
def test_values_of_a_file_full_of_money_and_codes(base, shared):
    table, _report = made_of(base, shared / "messy/csvkit_ne_1033_data.xlsx")
    types = {one.name: one.type for one in table.fields}
    assert types["nsn"] == "text" and types["ship_date"] == "date"
    first = Query(SYSTEM, table).page(1).records[0]
    assert first[table.field("nsn")] == "1005-00-589-1271"
    assert Query(SYSTEM, table).where({"field": "ship_date", "op": "empty"}).count() == 0
