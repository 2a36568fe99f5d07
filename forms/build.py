"""From a definition and a viewer to a WTForms class; from what was posted to checked answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import wtforms

from forms import attaching, inputs, measures, pickers, showif
from forms.definition import Definition, Question, default_value
from forms.inputs import Answer
from tracker import fieldtypes, permissions
from tracker.conditions import Condition
from tracker.errors import Problem, Refused
from tracker.permissions import Viewer
from tracker.text import Text, _

UNFILLABLE = _(
    "This table needs something that your role cannot fill in. Ask a coordinator of the base."
)
INPUTS: dict[str, type[Answer]] = {  # by the widget a field type names; others are a line of text
    "text": Answer,
    "long_text": inputs.LongText,
    "email": inputs.EmailAnswer,
    "phone": inputs.PhoneAnswer,
    "url": inputs.UrlAnswer,
    "number": inputs.NumberAnswer,
    "percent": measures.PercentAnswer,
    "progress": measures.ProgressAnswer,
    "rating": measures.RatingAnswer,
    "duration": measures.DurationAnswer,
    "barcode": measures.BarcodeAnswer,
    "location": measures.LocationAnswer,
    "recurrence": measures.RecurrenceAnswer,
    "attachment": attaching.FilesAnswer,
    "signature": attaching.SignatureAnswer,
    "date": inputs.DateAnswer,
    "datetime": inputs.DateTimeAnswer,
    "checkbox": inputs.CheckboxAnswer,
    "choice": inputs.Choosing,
    "stage": inputs.Choosing,
    "choices": inputs.ChoicesAnswer,
    "link": pickers.LinkAnswer,
    "person": pickers.PersonAnswer,
    "department": pickers.DepartmentAnswer,
}


class Answers(wtforms.Form):
    """The answers of one viewer to one form. Only its questions are read from what is posted."""

    definition: Definition
    viewer: Viewer

    def validate(self, extra_validators: Any = None) -> bool:
        """Check in order: what is hidden by the answers above it is neither checked nor kept."""
        values: dict[int, Any] = {}
        for answer in self:
            asked = answer.question
            answer.errors = ()
            answer.shown = showif.holds(asked.show_if, self.definition.table, values, self.viewer)
            if answer.shown:
                answer.validate(self)
                values[asked.field.id] = answer.value
        return not self.problems

    @property
    def problems(self) -> dict[int, Text]:
        """Field id → the sentence beside the answer."""
        return {one.question.field.id: one.errors[0] for one in self if one.errors}

    def given(self) -> dict[int, Any]:
        """Field id → what `records.create` parses, of the questions that are shown."""
        return {one.question.field.id: one.raw for one in self if one.shown}

    def typed(self) -> dict[str, list[str]]:
        """Everything typed, as it came: what a submission is recognised by."""
        return {one.name: [*one.typed, *getattr(one, "named", [])] for one in self}

    def put(self, refused: Refused) -> list[Text]:
        """Set each sentence beside its answer; those that have no question here are returned."""
        rest = dict(refused.problems)
        for answer in self:
            problem = rest.pop(answer.question.field.id, None)
            if problem is not None:
                answer.errors = [problem]
        return list(rest.values()) if refused.problems else [refused.text]

    def at(self, question: Question) -> Answer:
        """The answer to a question, for templates that walk through the sections."""
        answer: Answer = self[name_of(question)]
        return answer

    def unfillable(self) -> bool:
        """Whether a needed field is neither asked of this viewer nor has a default."""
        asked = {one.field.id for one in self.definition.questions}
        return any(
            one.required
            and one.id not in asked
            and fieldtypes.get(one).written
            and default_value(one, None, self.viewer) is None
            for one in self.definition.table.fields
        )

    def without_unseen(self, refused: Refused) -> Refused:
        """The refusal without the names of fields that do not exist for this viewer."""
        rights = permissions.access(self.viewer, self.definition.table)
        problems = {
            key: problem if not isinstance(key, int) or rights.level(key) else UNFILLABLE
            for key, problem in refused.problems.items()
        }
        text = next(iter(problems.values()), refused.text)
        return Refused(text, problems, **refused.context)

    def sees(self, condition: Condition) -> bool:
        """Whether everything the condition looks at is asked of this viewer."""
        return showif.fields_of(condition) <= {one.field.id for one in self.definition.questions}

    def decide(self) -> None:
        """Show and hide by what stands in the form, without finding fault."""
        if any(one.show_if is not None for one in self.definition.questions):
            self.validate()
            for answer in self:
                answer.errors = ()

    def show_if(self, question: Question) -> Any:
        """The question's condition for the browser; None when it is always asked."""
        asked = {one.field.id for one in self.definition.questions}
        return showif.for_browser(question.show_if, self.definition.table, asked, self.viewer)


def name_of(question: Question) -> str:
    return f"f{question.field.id}"


def form_class(definition: Definition, viewer: Viewer) -> type[Answers]:
    """The WTForms class of a form for one viewer."""
    fields: dict[str, Any] = {
        name_of(one): input_of(one)(one, viewer) for one in definition.questions
    }
    return type("FormAnswers", (Answers,), {**fields, "definition": definition, "viewer": viewer})


def input_of(question: Question) -> type[Answer]:
    return INPUTS.get(fieldtypes.get(question.field).widget, Answer)


def fresh(definition: Definition, viewer: Viewer, address: Mapping[str, str]) -> Answers:
    """Unanswered: defaults, and what the address brings along (``?f12=…``) where it fits."""
    start = {
        name_of(one): prefilled(one, viewer, address.get(name_of(one)))
        for one in definition.questions
    }
    answers = form_class(definition, viewer)(data=start)
    answers.decide()
    return answers


def prefilled(question: Question, viewer: Viewer, raw: str | None) -> Any:
    """The stored value a question begins with."""
    if raw is None:
        return question.default
    try:
        return fieldtypes.get(question.field).parse(raw, question.field, viewer.context)
    except Problem:
        return question.default


def posted(definition: Definition, viewer: Viewer, data: Any) -> Answers:
    """As typed; ``data`` is a multi-dict."""
    return form_class(definition, viewer)(data)
