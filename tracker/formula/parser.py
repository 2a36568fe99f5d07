"""The parser: words → tree, by operator precedence, with a limit on nesting."""

from __future__ import annotations

import math

from tracker import limits
from tracker.errors import Refused
from tracker.formula.lexer import Word, words, wrong
from tracker.formula.nodes import Call, Chain, Negative, Node, Number, Reference, Step, String
from tracker.text import Text, _

LEVELS = (  # from the loosest to the tightest
    frozenset({"=", "!=", "<", "<=", ">", ">="}),
    frozenset({"&"}),
    frozenset({"+", "-"}),
    frozenset({"*", "/"}),
)
OPERATORS = frozenset().union(*LEVELS)


def parse(source: str) -> Node:
    """The tree of ``source``; `Refused` with the position in words."""
    return _Parser(source).formula()


class _Parser:
    def __init__(self, source: str) -> None:
        self.source = source
        self.words = words(source)
        self.place = 0
        self.depth = 0

    @property
    def word(self) -> Word:
        return self.words[self.place]

    def wrong(self, word: Word, text: Text) -> Refused:
        return wrong(self.source, word.at, text)

    def take(self) -> Word:
        word = self.word
        self.place += 1
        return word

    def sign(self, text: str) -> bool:
        """Whether the next word is this sign; it is taken then."""
        if self.word.kind != "operator" or self.word.text != text:
            return False
        self.place += 1
        return True

    def formula(self) -> Node:
        if self.word.kind == "end":
            raise self.wrong(self.word, _("Write a formula."))
        node = self.chain()
        if self.word.kind != "end":
            raise self.surplus()
        return node

    def surplus(self) -> Refused:
        word = self.word
        if word.text == ")" and word.kind == "operator":
            return self.wrong(word, _("This bracket closes nothing."))
        if word.text == ",":
            return self.wrong(word, _("A comma stands only between the arguments of a function."))
        return self.wrong(
            word, _("Put an operator such as & or + before “{text}”.", text=self.shown(word))
        )

    def shown(self, word: Word) -> str:
        return self.source[word.at : word.end][:40]

    def chain(self) -> Node:
        """Values with operators between them; no frame a precedence, so that nesting is cheap."""
        values, operators = [self.signed()], []
        while self.word.kind == "operator" and self.word.text in OPERATORS:
            operators.append(self.take())
            values.append(self.signed())
        for level in reversed(LEVELS):
            if any(operator.text in level for operator in operators):
                values, operators = _joined(values, operators, level)
        return values[0]

    def signed(self) -> Node:
        """A value with any number of signs before it."""
        start, negative = self.word, False
        while self.word.kind == "operator" and self.word.text in {"-", "+"}:
            negative ^= self.take().text == "-"
        node = self.value()
        return Negative(start.at, node) if negative else node

    def value(self) -> Node:
        word = self.take()
        match word.kind:
            case "number":
                return self.number(word)
            case "string":
                return String(word.at, word.text)
            case "field":
                return self.reference(word)
            case "name":
                return self.name(word)
        if word.kind == "operator" and word.text == "(":
            return self.bracket(word)
        raise self.absent(word)

    def absent(self, word: Word) -> Refused:
        if word.kind == "end":
            return self.wrong(word, _("The formula ends too early: a value is missing."))
        return self.wrong(word, _("A value is missing before “{sign}”.", sign=word.text))

    def number(self, word: Word) -> Node:
        value = float(word.text)
        if not math.isfinite(value):
            raise self.wrong(word, _("This number is too large."))
        return Number(word.at, value)

    def reference(self, word: Word) -> Node:
        if not word.text:
            raise self.wrong(word, _("Write the name of a field between the curly brackets."))
        return Reference(word.at, word.text, word.end, braced=True)

    def name(self, word: Word) -> Node:
        if self.word.kind == "operator" and self.word.text == "(":
            return Call(word.at, word.text.upper(), self.arguments(self.take()))
        return Reference(word.at, word.text, word.end, braced=False)

    def deeper(self, word: Word) -> None:
        self.depth += 1
        if self.depth > limits.FORMULA_DEPTH:
            raise self.wrong(
                word,
                _(
                    "Brackets and functions stand at most {limit} deep inside each other.",
                    limit=limits.FORMULA_DEPTH,
                ),
            )

    def bracket(self, word: Word) -> Node:
        self.deeper(word)
        node = self.chain()
        self.close(word)
        return node

    def close(self, opening: Word) -> None:
        if self.sign(")"):
            self.depth -= 1
        elif self.word.kind == "end":
            raise self.wrong(opening, _("This bracket is not closed."))
        else:
            raise self.surplus()

    def arguments(self, opening: Word) -> tuple[Node, ...]:
        self.deeper(opening)
        found: list[Node] = []
        if self.sign(")"):
            self.depth -= 1
            return ()
        while True:
            found.append(self.chain())
            if not self.sign(","):
                break
        if len(found) > limits.FORMULA_ARGUMENTS:
            raise self.wrong(
                opening,
                _("A function takes at most {limit} arguments.", limit=limits.FORMULA_ARGUMENTS),
            )
        self.close(opening)
        return tuple(found)


def _joined(
    values: list[Node], operators: list[Word], level: frozenset[str]
) -> tuple[list[Node], list[Word]]:
    """Runs of the operators of one level become chains; the others stay between them."""
    runs: list[list[Step]] = [[]]
    firsts, rest = [values[0]], []
    for operator, value in zip(operators, values[1:], strict=True):
        if operator.text in level:
            runs[-1].append(Step(operator.at, operator.text, value))
        else:
            rest.append(operator)
            firsts.append(value)
            runs.append([])
    joined = [
        Chain(first.at, first, tuple(steps)) if steps else first
        for first, steps in zip(firsts, runs, strict=True)
    ]
    return joined, rest
