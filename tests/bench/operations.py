"""What is measured: each operation as the product does it, and the bare SQL for the same answer."""

from __future__ import annotations

import html
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from tests.bench import overviews, place
from tests.bench.place import Place
from tracker import db, finding, grouping, permissions, records, schema
from tracker.models import Person
from tracker.query import Query
from views import cells

MONTH = ("2026-05-01", "2026-06-01")  # the day after the last
DAYS = ("2026-05-01", "2026-05-31")


@dataclass(frozen=True)
class Operation:
    """``ours`` against ``bare`` (if there is bare SQL for it); ``goal`` in words of the design."""

    name: str
    goal: str
    ours: Callable[[], Any]
    bare: Callable[[], Any] | None = None


class Operations:
    """The operations over one place, as the people in it do them."""

    def __init__(self, app: Flask, place: Place) -> None:
        self.app, self.place = app, place
        self.table = schema.current().table(place.visits)
        self.columns = {one.key: one.column for one in self.table.fields}
        self.counter = itertools.count(1)
        self.computed = 0.0  # seconds it took to work out the computed fields of all records

    def __iter__(self) -> Iterator[Operation]:
        yield from self.pages()
        yield from self.answers()
        yield from overviews.operations(self)
        yield from self.searches()
        yield from self.writes("nothing computed")
        self.computed = place.compute(self.table)
        place.index()  # with the words of the formulas
        self.table = schema.current().table(self.place.visits)
        yield from self.writes("four formulas and two rollups")

    # ── reading ──────────────────────────────────────────────────────────────

    def pages(self) -> Iterator[Operation]:
        newest = [{"field": self.place.fields["day"], "desc": True}]
        clerk, admin = self.viewer(self.place.clerk), self.viewer(self.place.admin)
        yield Operation(
            "first page of 100, newest first, a clerk of one branch",
            "≤ 3× bare SQL and rows",
            lambda: self.drawn(self.query(clerk).order(newest)),
            lambda: self.built(self.mine, order="day"),
        )
        yield Operation(
            "first page of 100, newest first, everything",
            "≤ 3× bare SQL and rows",
            lambda: self.drawn(self.query(admin).order(newest)),
            lambda: self.built("", order="day"),
        )
        after = self.deep(admin, newest)
        yield Operation(
            "page in the middle, by keyset",
            "as the first page",
            lambda: self.drawn(self.query(admin).order(newest), after),
            lambda: self.built(f"AND ({self.columns['day']}, id) < (?, ?)", *after, order="day"),
        )
        leaves = [
            {"field": self.place.fields["kind"], "op": "any_of", "value": [2]},
            {"field": self.place.fields["amount"], "op": "gt", "value": "90000"},
        ]
        kind, amount = self.columns["kind"], self.columns["amount"]
        chosen = f"likely({kind} IN (2))" if db.is_sqlite() else f"{kind} IN (2)"  # as `db.common`
        yield Operation(
            "filter on two fields, newest first",
            "≤ 3× bare SQL and rows",
            lambda: self.drawn(self.query(admin).where({"all": leaves}).order(newest)),
            lambda: self.built(f"AND {chosen} AND {amount} > 9000000", order="day"),
        )

    def answers(self) -> Iterator[Operation]:
        """Whole answers of the server, pages and data."""
        clerk, admin = (self.client(name) for name in ("clerk1", "admin"))
        span = f"start={MONTH[0]}&end={MONTH[1]}"
        view, calendar = f"/v/{self.place.grid}", f"/v/{self.place.calendar}/data/days?{span}"
        yield Operation("grid page over HTTP, a clerk", "≤ 15 ms CPU", lambda: get(clerk, view))
        yield Operation("grid page over HTTP, everything", "", lambda: get(admin, view))
        day = self.columns["day"]
        counts = f"SELECT {day}, count(*) FROM {self.table.sql_name} WHERE deleted_at IS NULL "
        within = f"{counts} AND {day} >= ? AND {day} < ? %s GROUP BY {day}"
        yield Operation(
            "calendar month, counts per day, a clerk",
            "≤ 10 ms",
            lambda: get(clerk, calendar),
            lambda: db.query(within % self.mine, *MONTH),
        )
        viewer = self.viewer(self.place.clerk)
        yield Operation(
            "rows of one branch in a month",
            "≤ 15 ms",
            lambda: self.query(viewer).where(self.in_month).page(500),
            lambda: self.rows(f"{self.mine} AND {day} >= ? AND {day} < ?", *MONTH, limit=500),
        )
        yield self.sums()

    def sums(self) -> Operation:
        head = self.viewer(self.place.head)
        by = [grouping.By(self.table.field("department"))]
        measure = grouping.Measure("sum", self.table.field("amount"))
        day, amount, place = (self.columns[one] for one in ("day", "amount", "department"))
        below = ", ".join(map(str, head.variable("my_departments_below")))
        bare = (
            f"SELECT {place}, sum({amount}) FROM {self.table.sql_name} WHERE deleted_at IS NULL "
            f"AND {day} >= ? AND {day} < ? AND {place} IN ({below}) GROUP BY {place}"
        )
        return Operation(
            "sum by branch for one month, a head's rule inside",
            "≤ 2× bare SQL",
            lambda: grouping.groups(self.query(head).where(self.in_month), by, measure),
            lambda: db.query(bare, *MONTH),
        )

    def searches(self) -> Iterator[Operation]:
        """The search box over the visits: words, a part of a name, initials."""
        for name, person in (("everything", self.place.admin), ("a clerk", self.place.clerk)):
            viewer = self.viewer(person)
            for text in ("合同", "东海科技", "dhkj"):
                yield Operation(
                    f"search “{text}”, {name}",
                    "≤ 100 ms",
                    partial(finding.find, self.query(viewer), text, 5),
                )

    # ── writing ──────────────────────────────────────────────────────────────

    def writes(self, beside: str) -> Iterator[Operation]:
        clerk = self.viewer(self.place.clerk)
        given = {"title": "回访", "day": "2026-05-06", "kind": 1, "owner": self.place.clerk}
        given |= {"department": self.place.branch, "amount": "12.50", "notes": "谈了并购"}
        given |= {"company": [1], "start": "2026-05-06 09:30"}
        made = records.create(clerk, self.table, given, via="bench").record_id
        yield Operation(
            f"create a record, history and event included; {beside}",
            "≤ 8 ms CPU",
            lambda: records.create(clerk, self.table, given, via="bench"),
            lambda: self.bare_insert(),
        )
        yield Operation(
            f"edit a record, history and event included; {beside}",
            "≤ 8 ms CPU",
            lambda: records.update(
                clerk, self.table, made, {"people": next(self.counter)}, via="bench"
            ),
            lambda: self.bare_update(made),
        )

    def bare_insert(self) -> None:
        columns = [self.columns[one] for one in ("title", "day", "kind", "department", "amount")]
        with db.write():
            db.execute(
                f"INSERT INTO {self.table.sql_name} (rev, created_at, updated_at, "
                f"{', '.join(columns)}) VALUES (1, ?, ?, ?, ?, ?, ?, ?)",
                *("2026-05-06 01:00:00", "2026-05-06 01:00:00", "回访", "2026-05-06", 1),
                *(self.place.branch, 1250),
            )

    def bare_update(self, record_id: int) -> None:
        with db.write():
            db.execute(
                f"UPDATE {self.table.sql_name} SET {self.columns['people']} = ? WHERE id = ?",
                *(next(self.counter), record_id),
            )

    # ── parts ────────────────────────────────────────────────────────────────

    def viewer(self, person_id: int) -> permissions.Viewer:
        return permissions.viewer_for(Person.get_by_id(person_id), lang="zh", zone="Asia/Shanghai")

    def query(self, viewer: permissions.Viewer) -> Query:
        return Query(viewer, self.table)

    def client(self, name: str) -> FlaskClient:
        client = self.app.test_client()
        client.set_cookie("rounds", self.place.cookies[name])
        return client

    @property
    def mine(self) -> str:
        return f"AND {self.columns['department']} IN ({self.place.branch})"

    @property
    def in_month(self) -> dict[str, Any]:
        return {
            "field": self.place.fields["day"],
            "op": "within",
            "value": ["2026-05-01", "2026-05-31"],
        }

    def drawn(self, query: Query, after: list[Any] | None = None) -> str:
        """A page of 100 as the grid draws it."""
        found = query.page(100, after)
        columns = [cells.Column.of(one) for one in query.fields]
        return cells.chunk([*found.records], columns, 0, context=query.viewer.context, base="/r/")

    def built(self, where: str, *params: Any, order: str = "") -> str:
        """The same page with SQL and joins alone: rows, names of what they link to, cells."""
        found = self.rows(where, *params, order=order)
        marks = ", ".join(str(row[0]) for row in found) or "0"
        link = self.table.field("company")
        names = db.query(
            f"SELECT src, name.title FROM l{link.options['junction']} "
            f"JOIN t{self.place.companies} name ON name.id = dst WHERE src IN ({marks})"
        )
        beside = dict(names)
        people = dict(db.query("SELECT id, name FROM person"))
        return "".join(
            '<div class="row">'
            + "".join([f'<div class="cell">{html.escape(str(cell))}</div>' for cell in row])
            + f'<div class="cell">{html.escape(str(beside.get(row[0])))}</div>'
            + f'<div class="cell">{people.get(row[-4], "")}</div></div>'
            for row in found
        )

    def rows(self, where: str, *params: Any, order: str = "", limit: int = 100) -> list[Any]:
        """The same columns as ours, read as they are."""
        columns = [one.column for one in self.table.fields if one.key in self.plain]
        by = f"ORDER BY {self.columns[order]} DESC NULLS LAST, id DESC" if order else "ORDER BY id"
        return db.query(
            f"SELECT id, rev, {', '.join(columns)} FROM {self.table.sql_name} "
            f"WHERE deleted_at IS NULL {where} {by} LIMIT {limit}",
            *params,
        )

    @property
    def plain(self) -> set[str]:
        return {one.key for one in self.table.fields if one.type != "link"}

    def deep(self, viewer: permissions.Viewer, order: list[dict[str, Any]]) -> list[Any]:
        """The key of the row in the middle."""
        day = self.columns["day"]
        half = db.query(f"SELECT count(*) FROM {self.table.sql_name}")[0][0] // 2
        found = db.query(
            f"SELECT {day}, id FROM {self.table.sql_name} ORDER BY {day} DESC NULLS LAST, "
            f"id DESC LIMIT 1 OFFSET {half}"
        )
        return list(found[0])


def get(client: FlaskClient, path: str) -> bytes:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])
    return answer.data
