"""The notes sheet of a template: for whom, by when, how it is filled in, what is checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracker import clock, fieldtypes
from tracker.roundtrip.book import Column
from tracker.text import Text, _, label

if TYPE_CHECKING:
    from tracker.roundtrip.template import Holder, Maker

Line = tuple[Text | str, Text | str]
_NOTHING: Line = ("", "")


def notes(maker: Maker, holder: Holder | None, count: int) -> list[Line]:
    """Lines of two cells, in words."""
    context = maker.viewer.context
    wish = maker.wish
    lines: list[Line] = [(label(maker.table, context.lang), _("{n} records", n=count))]
    if holder is not None:
        lines.append((_("For"), holder.name))
    if wish.due:
        lines.append((_("By"), wish.due))
    made = clock.to_local(clock.now(), context.zone)
    lines.append((_("Made"), f"{made:%Y-%m-%d %H:%M} {maker.viewer.name}".strip()))
    if wish.note:
        lines.append((_("Note"), wish.note))
    lines += [_NOTHING, *_manual(maker), _NOTHING, (_("Column"), _("What belongs in it"))]
    lines += [(one.out.name, _column(one, context.lang)) for one in maker.columns]
    return lines


def _manual(maker: Maker) -> list[Line]:
    lines: list[Line] = [
        (
            _("Filling in"),
            _(
                "Change the cells that are open. Blue headings are to be filled in, grey ones "
                "only to be read."
            ),
        ),
    ]
    if maker.rights.may("create"):
        lines.append((_("New records"), _("Write them into the empty rows below the last one.")))
    lines += [
        (
            _("Deleting"),
            _("A row that is deleted here is not deleted in Rounds. Delete the record there."),
        ),
        (
            _("Please keep"),
            _(
                "Rows and columns may be sorted, hidden or added. The hidden first row and first "
                "column tell which record a row is: leave them."
            ),
        ),
        (
            _("Handing in"),
            _(
                "Upload the file in Rounds. Every difference is shown before anything is "
                "written; what others changed meanwhile is shown beside it, and all of it can "
                "be taken back."
            ),
        ),
    ]
    return lines


def _column(column: Column, lang: str) -> Text | str:
    """What a column takes, in a sentence or several."""
    one = column.field
    kind = fieldtypes.get(one)
    parts: list[Text | str] = []
    if column.locked:
        parts.append(_("Only to be read."))
    elif not column.changes:
        parts.append(_("Only for new records."))
    parts.append(kind.name)
    if one.required and not column.locked:
        parts.append(_("Needed."))
    if one.unique and not column.locked:
        parts.append(_("Each value only once."))
    if kind.family == "many" or (kind.family == "link" and not one.options.get("single")):
        parts.append(_("Several names: with commas between them."))
    if one.help:
        parts.append(one.help)
    gap = " " if lang == "en" else "　"
    return gap.join(part.to(lang) if isinstance(part, Text) else part for part in parts)
