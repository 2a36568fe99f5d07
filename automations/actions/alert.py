"""Ask for an answer: a question about a record that stays open until one of those asked answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from automations import alerts, channels, recipients, templates
from automations.actions import Action, Definition, registry
from automations.alerts import Question
from automations.messages import Message, Withdrawn, one_line
from automations.occasions import Occasion, Planned, Scene
from tracker import choices, limits
from tracker.context import Context
from tracker.errors import Refused
from tracker.models import Alert
from tracker.periods import short_day
from tracker.permissions import Viewer
from tracker.schema import Field, Table
from tracker.text import Text, _

STORES = ("text", "long_text", "single_choice")


@registry.register
class Ask(Action):
    """As notify, with ``{"answers": [words], "free": bool, "field": id | None, "tell": to | None,
    "days": int | None}``: what may be answered, where it is stored (None: as a comment), who is
    told of it, and within how many days it is asked for.
    """

    key = "alert"
    name = _("Ask for an answer")
    icon = "message-circle"
    order = 2

    def check(self, raw: Definition, scene: Scene) -> dict[str, Any]:
        if scene.table is None:
            raise Refused(_("A question is about a record: choose a table first."))
        answers = _check_answers(raw.get("answers"))
        free = bool(raw.get("free")) or not answers
        return {
            "kind": self.key,
            "to": recipients.check(raw.get("to"), scene),
            "channels": channels.check(raw.get("channels")),
            **templates.check(raw.get("subject"), raw.get("body"), scene.table),
            "answers": answers,
            "free": free,
            "field": _check_field(raw.get("field"), scene.table, answers, free),
            "tell": recipients.check(raw["tell"], scene) if raw.get("tell") else None,
            "days": _check_days(raw.get("days")),
        }

    def sentence(self, action: Definition, scene: Scene, context: Context) -> Text:
        said = _(
            "ask {who} {channels}: “{subject}”",
            who=recipients.say(action["to"], scene, context),
            channels=channels.say(action["channels"], context),
            subject=templates.say(action["subject"], scene.table, context),
        )
        if not action.get("tell"):
            return said
        whom = recipients.say(action["tell"], scene, context)
        return _("{asked}, and tell the answer to {whom}", asked=said, whom=whom)

    def offers(self, scene: Scene) -> dict[str, Any]:
        fields = scene.table.fields if scene.table else ()
        return {
            "fields": [one for one in fields if one.type in STORES],
            "most": limits.ALERT_ANSWERS,
            "days": limits.ALERT_DAYS,
        }

    def plan(self, action: Definition, occasion: Occasion, number: int) -> list[Planned]:
        people = recipients.resolve(action["to"], occasion)
        return self._planned(action, occasion, people, alert=0)

    def act(self, action: Definition, occasion: Occasion, number: int) -> list[Planned]:
        people = recipients.resolve(action["to"], occasion)
        if not people:
            return []
        asked = alerts.ask(action, occasion, number, people)
        return self._planned(asked.asked, occasion, people, alert=asked.id)

    def _planned(
        self, action: Definition, occasion: Occasion, people: list[int], *, alert: int
    ) -> list[Planned]:
        """The key names question, person and way: whoever is asked again is not told again."""
        payload = {"action": self.key, "alert": alert}
        base = occasion.automation.base_id
        return [
            Planned(f"alert:{alert}:{person}:{channel}", channel, person, payload, base)
            for person in people
            for channel in action["channels"]
        ]

    def compose(self, payload: Definition, recipient: Viewer, now: datetime) -> Message:
        alert = Alert.get_or_none(Alert.id == payload["alert"])
        if alert is None or alert.automation.deleted_at:
            raise Withdrawn(_("The automation was switched off or deleted."))
        found = alerts.read(recipient, [alert])
        if not found:
            raise Withdrawn(_("This person may not see the record, or it was deleted."))
        if payload.get("told"):
            return _answered(found[0], recipient.context)
        if alert.answered_at:
            raise Withdrawn(_("It has been answered."))
        if not alert.automation.enabled:
            raise Withdrawn(_("The automation was switched off or deleted."))
        return _asking(found[0], recipient.context)


def _asking(question: Question, context: Context) -> Message:
    lines, day = [question.body], question.alert.answer_by
    if question.answers:
        words = " / ".join(question.answers)
        lines.append(_("Answers: {answers}", answers=words).to(context.lang))
    if day is not None:
        said = _("Answer by {day}", day=short_day(day.isoformat(), context))
        lines.append(said.to(context.lang))
    body = "\n".join(line for line in lines if line)
    return Message(question.subject, body, alerts.link(question.alert))


def _answered(question: Question, context: Context) -> Message:
    alert = question.alert
    subject = _("{name} answered: {answer}", name=question.who, answer=alert.answer)
    body = question.subject
    if "\n" in alert.answer or len(alert.answer) > 120:
        body += f"\n\n{alert.answer}"
    link = f"/r/{alert.table_id}/{alert.record_id}"
    return Message(one_line(subject.to(context.lang)), body, link)


# ── definitions ──────────────────────────────────────────────────────────────


def _check_answers(raw: Any) -> list[str]:
    given = raw if isinstance(raw, list) else []
    words = [one_line(one) for one in given if isinstance(one, str)]
    kept = list(dict.fromkeys(one for one in words if one))
    if len(kept) > limits.ALERT_ANSWERS:
        raise Refused(_("At most {n} answers fit.", n=limits.ALERT_ANSWERS))
    if any(len(one) > limits.ALERT_WORDS for one in kept):
        raise Refused(_("An answer to choose has at most {n} characters.", n=limits.ALERT_WORDS))
    return kept


def _check_field(raw: Any, table: Table, answers: list[str], free: bool) -> int | None:
    """The field that takes the answer: a text, or a choice that has every answer there is."""
    if raw is None:
        return None
    found = table.find(raw)
    if found is None or found.type not in STORES:
        raise Refused(_("Choose a text or a choice field for the answer."))
    if found.type == "single_choice":
        _check_choices(found, answers, free)
    return found.id


def _check_choices(field: Field, answers: list[str], free: bool) -> None:
    if free:
        raise Refused(_("Into a choice field go chosen answers only. Take own words out."))
    unknown = [one for one in answers if choices.find(field, one) is None]
    if unknown:
        raise Refused(_("“{answer}” is no choice of the field.", answer=unknown[0]))


def _check_days(raw: Any) -> int | None:
    if raw is None:
        return None
    if type(raw) is not int or not 1 <= raw <= limits.ALERT_DAYS:
        raise Refused(_("An answer is asked for within 1 to {n} days.", n=limits.ALERT_DAYS))
    return raw
