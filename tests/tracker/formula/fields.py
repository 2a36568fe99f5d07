"""A table in memory with a field of each kind that formulas meet."""

from __future__ import annotations

from typing import Any

from tracker.schema import Field, Table

CHOICES = {"choices": [{"id": 1, "name": "Won"}, {"id": 2, "name": "Lost"}]}
COLORS = {"choices": [{"id": 1, "name": "red"}, {"id": 2, "name": "blue"}]}


def field(number: int, key: str, name: str, kind: str, **options: Any) -> Field:
    return Field(number, 1, key, name, {}, kind, options, "", False, False, None, number)


FIELDS = (
    field(1, "name", "Name", "text"),
    field(2, "amount", "Amount", "number", precision=2),
    field(3, "whole", "Whole", "number", precision=0),
    field(4, "done", "Done", "checkbox"),
    field(5, "day", "Day", "date"),
    field(6, "moment", "Moment", "datetime"),
    field(7, "stage", "Stage", "single_choice", **CHOICES),
    field(8, "tags", "Tags", "multiple_choice", **COLORS),
    field(9, "money", "金额", "currency", precision=2),
    field(10, "empty_number", "Empty number", "number", precision=3),
    field(11, "empty_text", "Empty text", "long_text"),
    field(12, "empty_date", "Empty date", "date"),
    field(13, "odd", "Odd } name", "text"),
    field(14, "share", "Share", "percent", precision=1),
    field(15, "place", "Place", "location"),
    field(16, "code", "Code", "barcode"),
    field(17, "photos", "Photos", "attachment"),
    field(18, "time", "Time taken", "duration"),
)
TABLE = Table(
    1, 1, "b", "t", "T", {}, "table", {}, 1, FIELDS,
    {one.id: one for one in FIELDS}, {one.key: one for one in FIELDS},
)  # fmt: skip
VALUES: dict[str, Any] = {
    "name": "Ada",
    "amount": 1234,
    "whole": 42,
    "done": True,
    "day": "2026-11-22",
    "moment": "2026-11-22 01:30:00",
    "stage": 1,
    "tags": [1, 2, 1],
    "money": 500,
    "odd": "strange",
    "share": 125,
    "place": "31.2,121.5 Shanghai",
    "code": "12-34",
    "photos": [{"id": 1, "name": "a.jpg", "size": 1, "type": "image/jpeg"}],
    "time": 5400,
    "id": 7,
    "created_at": "2026-01-02 03:04:05",
    "updated_at": "2026-02-03 04:05:06",
}
