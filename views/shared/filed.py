"""Files behind a link: those of the fields that its page shows of each record, and no others."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tracker import files
from tracker.errors import Missing
from tracker.models import File
from tracker.schema import Field
from views.shared import lists, sums, trees
from views.shared.look import Look
from views.shared.windows import viewing_through
from views.viewing import Viewing

SHOWN: dict[str, Callable[[Viewing], Iterable[Field]]] = {  # kinds whose pages open files
    "grid": lists.listed_fields,
    "gallery": lambda through: lists.gallery_face(through).needed,
    "kanban": lambda through: lists.kanban_face(through).needed,
    "hierarchy": trees.columns_of,
    "roster": sums.roster_fields,
}


def found(look: Look, file_id: str) -> File:
    """The file, where a record in the window holds it in a field that the page shows."""
    shown = SHOWN.get(look.held.view.kind)
    if shown is None:
        raise Missing
    through = viewing_through(look.held)
    file = files.seen(through.viewer, file_id)
    if all(one.id != file.field_id for one in shown(through)):
        raise Missing
    return file
