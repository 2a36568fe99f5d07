"""Comments in words: who said what and when, with the names of people mentioned."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any

from automations import alerts
from tracker import comments, limits
from tracker.models import Person
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
    people = comments.mentions(*(one.text for one in found))
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
                "text": comments.plain(one.text, people),
                "mentions": _mentions(one.text, people),
                "html": shown(one.text, people),
                "question": answers[one.id].subject if one.id in answers else "",
                "mine": own is not None and one.author_id == own,
                "may_delete": one.author_id == own or viewer.coordinates_base(table.base_id),
            }
            for one in reversed(found)
        ],
        "before": further,
        "may_write": own is not None,
    }


def shown(text: str, people: Mapping[str, Person]) -> str:
    """The text with its mentions as names; everything else is just text."""

    def name(found: re.Match[str]) -> str:
        known = people.get(found[1])
        return f'<b class="mention">@{html.escape(known.name)}</b>' if known else found[0]

    return comments.MENTION.sub(name, html.escape(text, quote=False))


def _mentions(text: str, people: Mapping[str, Person]) -> dict[str, int]:
    """Whom the names in it mean."""
    known = [people[ref] for ref in comments.MENTION.findall(text) if ref in people]
    return {one.name: one.id for one in known}
