"""Comments in words: who said what and when, with the names of people mentioned."""

from __future__ import annotations

import html
import re
from typing import Any

from automations import alerts
from tracker import comments, limits, models, publicids
from tracker.permissions import Viewer
from tracker.schema import Table
from views import history


def entries(
    viewer: Viewer, table: Table, record_id: int, *, before: int | None = None
) -> dict[str, Any]:
    """The latest comments, oldest first as they are read; ``before`` goes on to earlier ones."""
    found, further = comments.page(
        viewer, table, record_id, limit=limits.COMMENTS_SHOWN, before=before
    )
    names = _names(found)
    answers = alerts.of_comments(viewer, table, record_id, [one.id for one in found])
    own = viewer.person_id
    return {
        "list": [
            {
                "id": one.id,
                "who": one.author.name if one.author_id else "",
                "seed": one.author_id,
                "at": history.say_moment(one.created_at, viewer),
                "changed": one.updated_at is not None,
                "text": _typed(one.text, names),
                "mentions": _mentions(one.text, names),
                "html": shown(one.text, names),
                "question": answers[one.id].subject if one.id in answers else "",
                "mine": own is not None and one.author_id == own,
                "may_delete": one.author_id == own or viewer.coordinates_base(table.base_id),
            }
            for one in reversed(found)
        ],
        "before": further,
        "may_write": own is not None,
    }


People = dict[str, tuple[int, str]]  # by what stands for them in texts: id and name


def shown(text: str, names: People) -> str:
    """The text with its mentions as names; everything else is just text."""

    def name(found: re.Match[str]) -> str:
        known = names.get(found[1])
        return f'<b class="mention">@{html.escape(known[1])}</b>' if known else found[0]

    return comments.MENTION.sub(name, html.escape(text, quote=False))


def _typed(text: str, names: People) -> str:
    """The text as it is typed, to be changed."""
    return comments.MENTION.sub(
        lambda found: f"@{names[found[1]][1]}" if found[1] in names else found[0], text
    )


def _mentions(text: str, names: People) -> dict[str, int]:
    """Whom the names in it mean."""
    known = [names[ref] for ref in comments.MENTION.findall(text) if ref in names]
    return {name: person for person, name in known}


def _names(found: list[models.Comment]) -> People:
    """The people mentioned: one query."""
    refs = {ref for one in found for ref in comments.MENTION.findall(one.text)}
    ids = {ref: told[1] for ref in refs if (told := publicids.peek(publicids.PERSON, ref))}
    if not ids:
        return {}
    person = models.Person
    rows = person.select(person.id, person.name).where(person.id.in_(set(ids.values())))
    names = dict(rows.tuples())
    return {ref: (one, names[one]) for ref, one in ids.items() if one in names}
