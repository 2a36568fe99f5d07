"""A shared roster as a file: each entry with its standing, visits and fields, as on the page."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import render_template, send_file
from markupsafe import Markup

from tracker import limits
from tracker.errors import Missing, TooMuch
from tracker.query import Query
from tracker.schema import Field
from tracker.text import Text, _, label
from views.pages.exporting import TYPES
from views.shared.look import Look
from views.shared.sums import counting, roster_fields
from views.shared.windows import viewing_through

COUNTED = {"open": _("Open items"), "risk": _("At risk")}


def need_room(records: int) -> None:
    """Raises `TooMuch` for more records than a file from a link has."""
    if records > limits.SHARED_EXPORT_ROWS:
        most = f"{limits.SHARED_EXPORT_ROWS:,}"
        raise TooMuch(_("A file has at most {n} records. Search first.", n=most))


@dataclass(frozen=True)
class Rows:
    """The entries that the holder may export, page by page as the roster makes them."""

    look: Look
    query: Query
    fields: list[Field]
    counted: list[str]
    spelled: bool  # in a file without formats

    def __iter__(self) -> Iterator[list[Any]]:
        after, first = None, True
        while first or after:
            made = self.page(after)
            need_room(made["tally"].all)
            yield from self.lines(made["entries"])
            after, first = made["after"], False

    def page(self, after: str | None) -> dict[str, Any]:
        given = self.look.given
        asked = dict(self.look.held.params)
        asked |= {key: given[key] for key in ("by", "only") if key in given}
        asked |= {"after": after} if after else {}
        seen = counting(self.look, viewing_through(self.look.held), asked)
        made: dict[str, Any] = seen.kind.context(seen)
        return made

    def lines(self, entries: list[Any]) -> Iterator[list[Any]]:
        from tracker.transfer import exporting  # brings the workbook library

        viewer, spelled = self.query.viewer, self.spelled
        writers = [
            (one.id, exporting.writer_for(one, viewer, spelled=spelled)) for one in self.fields
        ]
        found = {one.id: one for one in self.query.fetch([one.line.id for one in entries])}
        for one in entries:
            record, count = found.get(one.line.id), one.line.count
            if record is None:
                continue
            told = render_template("_visit_state.html", line=one.line)
            yield [
                record.title,
                str(Markup(told).striptags()),  # noqa: S704 - a template escapes
                *(exporting.cell_of(record, key, write) for key, write in writers),
                *(
                    date.fromisoformat(day[:10]) if day else None
                    for day in (count.last, count.next)
                ),
                *(count.quarter, count.visits, *(one.counted.get(key, 0) for key in self.counted)),
            ]


def file(look: Look, format: str) -> Any:
    """The roster's entries as they are filtered, searched and ordered."""
    from tracker.transfer import exporting, writing

    through = viewing_through(look.held, export=True)
    if "by" in look.held.options:
        raise Missing
    fields, lang = roster_fields(through), look.held.viewer.context.lang
    counted = [one for one in COUNTED if look.held.options.get(one)]
    query = exporting.exportable(through.query.order([]).only(fields))
    title = through.table.title
    words: list[tuple[Text, str]] = [(_("Last visit"), "date"), (_("Next visit"), "date")]
    words += [(_("This quarter"), "number"), (_("All visits"), "number")]
    words += [(COUNTED[one], "number") for one in counted]
    columns = [writing.OutColumn(label(title, lang) if title else _("Name").to(lang))]
    columns.append(writing.OutColumn(_("Standing").to(lang)))
    columns += [exporting.column_of(one, query.viewer) for one in fields]
    columns += [writing.OutColumn(name.to(lang), kind) for name, kind in words]
    rows = Rows(look, query, fields, counted, format == "csv")
    target = tempfile.TemporaryFile()  # noqa: SIM115 - open until it is sent
    try:
        if format == "csv":
            writing.write_csv(target, columns, iter(rows))
        else:
            writing.write_xlsx(target, columns, rows, title=label(look.held.view, lang))
    except BaseException:
        target.close()
        raise
    target.seek(0)
    return send_file(target, mimetype=TYPES[format])
