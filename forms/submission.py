"""Filing a form: checked answers become one record, once per key, however often they arrive."""

from __future__ import annotations

from datetime import timedelta

from forms.build import Answers
from tracker import clock, db, limits, records
from tracker.errors import Forbidden, Refused, TooOften
from tracker.models import Attempt
from tracker.permissions import Viewer
from tracker.records import Saved
from tracker.text import _


def submit(viewer: Viewer, answers: Answers, *, key: str) -> Saved:
    """File the answers; the same ``key`` with the same answers is answered as the first time.

    Raises `Refused` with problems by field id, `Conflict` for the key of other answers, `TooOften`,
    and `Forbidden` when the form is closed or the role does not allow such a record.
    """
    definition = answers.definition
    request = {"form": definition.id, "typed": answers.typed()}

    def work() -> Saved:
        closed = definition.closed(viewer.context)
        if closed:
            raise Forbidden(closed)
        count_attempt(viewer)
        if not answers.validate():
            problems = answers.problems
            raise Refused(next(iter(problems.values())), problems)
        return records.create(
            viewer, definition.table, answers.given(), via=f"form:{definition.id}"
        )

    try:
        return records.once(viewer, f"form{definition.id}:{key}" if key else None, request, work)
    except Refused as refused:
        with db.write():  # the attempt of a refused submission counts too
            Attempt.create(bucket=bucket(viewer))
        raise answers.without_unseen(refused) from None


def bucket(viewer: Viewer) -> str:
    return f"form:{viewer.person_id}"


def count_attempt(viewer: Viewer) -> None:
    """One more submission of this person; `TooOften` when there were too many just now."""
    since = clock.now() - timedelta(seconds=limits.FORM_WINDOW)
    mine = Attempt.bucket == bucket(viewer)
    Attempt.delete().where(mine, Attempt.at <= since).execute()
    if Attempt.select().where(mine).count() >= limits.FORM_SUBMISSIONS:
        raise TooOften(
            _(
                "That is more than {n} submissions in a minute. "
                "Wait a little; what you typed is here.",
                n=limits.FORM_SUBMISSIONS,
            ),
            retry_after=limits.FORM_WINDOW,
        )
    Attempt.create(bucket=bucket(viewer))
